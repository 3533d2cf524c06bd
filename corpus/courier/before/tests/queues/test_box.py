import asyncio

import pytest

from courier import Box, Closed, Letter


class TestOpen:
    pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("error")]

    async def test_is_open(self, box):
        assert box.is_open

    async def test_is_closed_afterwards(self):
        async with Box() as box:
            pass
        assert not box.is_open

    async def test_put_needs_an_open_one(self, letter):
        with pytest.raises(Closed):
            await Box().put(letter)

    async def test_has_no_letters(self, box):
        assert len(box) == 0


@pytest.mark.asyncio
class TestTaking:
    async def test_what_was_put(self, box, letter):
        await box.put(letter)
        assert await box.take() is letter

    async def test_in_order(self, box):
        for name in "abc":
            await box.put(Letter(name, ""))
        assert [(await box.take()).to for _ in range(3)] == ["a", "b", "c"]

    async def test_waits(self, box, letter):
        taking = asyncio.ensure_future(box.take())
        await asyncio.sleep(0)
        assert not taking.done()
        await box.put(letter)
        assert await taking is letter

    async def test_not_for_ever(self, box):
        with pytest.raises(asyncio.TimeoutError):
            await box.take(timeout=0.001)

    def test_a_sync_one(self):
        assert len(Box()) == 0


class TestSmall:
    @pytest.mark.asyncio
    async def test_takes_some(self, small_box, letter):
        await small_box.put(letter)
        assert len(small_box) == 1

    @pytest.mark.asyncio
    async def test_is_full(self, small_box, letter):
        while len(small_box) < 3 and not small_box._queue.full():
            await small_box.put(letter)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(small_box.put(letter), 0.001)


@pytest.mark.asyncio(loop_scope="class")
class TestTogether:
    box = Box()

    async def test_first(self, letter):
        TestTogether.loop = asyncio.get_running_loop()
        async with self.box:
            await self.box.put(letter)

    async def test_second(self):
        assert asyncio.get_running_loop() is TestTogether.loop
        assert len(self.box) == 1

    @pytest.mark.asyncio
    async def test_alone(self):
        assert asyncio.get_running_loop() is not TestTogether.loop
