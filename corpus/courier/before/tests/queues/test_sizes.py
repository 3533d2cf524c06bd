import pytest

from courier import Box

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("size", range(1, 5))
async def test_sizes(size, letter):
    async with Box(size) as box:
        for _ in range(size):
            await box.put(letter)
        assert len(box) == size


async def test_closes_on_errors():
    with pytest.raises(KeyError):
        async with Box() as box:
            raise KeyError
    assert not box.is_open
