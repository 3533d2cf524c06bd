"""Draining: urgent letters come first."""

import pytest

from courier import Letter


@pytest.fixture(name="filled")
async def filled_box(box):
    for number in range(4):
        await box.put(Letter("ada", str(number), urgent=number % 2 == 1))
    return box


async def test_urgent_first(filled):
    letters = await filled.drain()
    assert [letter.urgent for letter in letters] == [True, True, False, False]


async def test_all_of_them(filled):
    assert {letter.text for letter in await filled.drain()} == set("0123")


async def test_nothing_left(filled):
    await filled.drain()
    assert not len(filled)


async def test_nothing_twice(filled):
    await filled.drain()
    assert await filled.drain() == []


async def test_order_is_kept(filled):
    assert [letter.text for letter in await filled.drain()] == ["1", "3", "0", "2"]


async def test_after_one_was_taken(filled):
    await filled.take()
    assert len(await filled.drain()) == 3


async def test_with_a_late_one(filled):
    await filled.put(Letter("eve", "late", urgent=True))
    assert (await filled.drain())[2].to == "eve"


async def test_takes_no_more(filled):
    await filled.drain()
    await filled.put(Letter("eve", "x"))
    assert len(filled) == 1


async def test_the_same_box(filled):
    assert filled.is_open
    assert filled == filled


async def test_only_one_left(filled):
    for _ in range(3):
        await filled.take()
    assert [letter.text for letter in await filled.drain()] == ["3"]


async def test_to_whom(filled):
    assert {letter.to for letter in await filled.drain()} == {"ada"}
