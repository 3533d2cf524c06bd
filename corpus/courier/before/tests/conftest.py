"""Fixtures for all tests."""

import pytest
import pytest_asyncio

from courier import Box, Letter, Post


@pytest.fixture
def letter():
    return Letter("ada", "hello")


@pytest_asyncio.fixture
async def box():
    async with Box() as opened:
        yield opened
    assert not opened.is_open


@pytest_asyncio.fixture(params=[1, 3], ids=["one", "three"])
async def small_box(request):
    async with Box(request.param) as opened:
        yield opened


@pytest_asyncio.fixture()
async def post(box):
    made = Post()
    await made.send_lines(box, ["ada: hi", "bob: !now"])
    return made
