# -*- coding: utf-8 -*-
"""Letters, sent over."""

from unittest import mock

import pytest

from courier import Post, parse


@pytest.mark.asyncio
async def test_mocked():
    post = Post()
    post.deliver = mock.AsyncMock()
    await post.deliver("x")
    post.deliver.assert_awaited_once_with("x")


@pytest.mark.asyncio  # one task each
@pytest.mark.parametrize(
    "line",
    ["ada: hi", "bob: hi", "eve: hi"],
)
async def test_one_line(box, line):
    await Post().send_lines(box, [line])
    assert await box.take() == parse(line)


@pytest.mark.slow
@pytest.mark.asyncio()
async def test_many_lines(box):
    lines = [f"ada: {number}" for number in range(100)]
    await Post().send_lines(box, lines)
    assert len(box) == len(lines)


@pytest.mark.asyncio
@pytest.mark.skip(reason="no network")
async def test_far_away():
    raise AssertionError


@pytest.mark.asyncio
@pytest.mark.xfail(strict=True, reason="there is no bob")
async def test_nobody(post):
    assert "bob" in post.delivered
