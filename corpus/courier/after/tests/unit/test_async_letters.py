# -*- coding: utf-8 -*-
"""Letters, sent over."""

from unittest import mock

import pytest

from courier import Post, parse


async def test_mocked():
    post = Post()
    post.deliver = mock.AsyncMock()
    await post.deliver("x")
    post.deliver.assert_awaited_once_with("x")


# one task each
@pytest.mark.parametrize(
    "line",
    ["ada: hi", "bob: hi", "eve: hi"],
)
async def test_one_line(box, line):
    await Post().send_lines(box, [line])
    assert await box.take() == parse(line)


@pytest.mark.slow
async def test_many_lines(box):
    lines = [f"ada: {number}" for number in range(100)]
    await Post().send_lines(box, lines)
    assert len(box) == len(lines)


@pytest.mark.skip(reason="no network")
async def test_far_away():
    raise AssertionError


@pytest.mark.xfail(strict=True, reason="there is no bob")
async def test_nobody(post):
    assert "bob" in post.delivered
