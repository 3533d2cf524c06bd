import asyncio

import pytest

from courier import Box, Letter, Post


async def test_deliver(letter):
    post = Post()
    await post.deliver(letter)
    assert post.delivered == {"ada": ["hello"]}


async def test_empty(post, box):
    assert await post.empty(box) == 2
    assert post.delivered == {"ada": ["hi"], "bob": ["now"]}


async def test_empty_twice(post, box):
    await post.empty(box)
    assert await post.empty(box) == 0


async def test_send_lines():
    async with Box() as box:
        await Post().send_lines(box, ["a: 1", "b: 2", "c: 3"])
        assert len(box) == 3


async def test_a_line_that_is_wrong(box):
    with pytest.raises(ValueError, match="no address"):
        await Post().send_lines(box, ["a: 1", "b"])
    assert len(box) == 1


async def test_both_at_once(letter):
    post = Post()
    await asyncio.gather(post.deliver(letter), post.deliver(Letter("bob", "x")))
    assert sorted(post.delivered) == ["ada", "bob"]
