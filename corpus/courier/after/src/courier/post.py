import asyncio
from collections import defaultdict

from courier.box import Box
from courier.letters import Letter, parse


class Post:
    def __init__(self) -> None:
        self.delivered: defaultdict[str, list[str]] = defaultdict(list)

    async def deliver(self, letter: Letter) -> None:
        await asyncio.sleep(0)
        self.delivered[letter.to].append(letter.text)

    async def empty(self, box: Box) -> int:
        letters = await box.drain()
        await asyncio.gather(*map(self.deliver, letters))
        return len(letters)

    async def send_lines(self, box: Box, lines: list[str]) -> None:
        for line in lines:
            await box.put(parse(line))
