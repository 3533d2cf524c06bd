import asyncio

from courier.letters import Letter


class Closed(Exception):
    pass


class Box:
    def __init__(self, size: int = 0) -> None:
        self._queue: asyncio.Queue[Letter] = asyncio.Queue(size)
        self.is_open = False

    async def __aenter__(self) -> "Box":
        self.is_open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_open = False

    def __len__(self) -> int:
        return self._queue.qsize()

    async def put(self, letter: Letter) -> None:
        if not self.is_open:
            raise Closed
        await self._queue.put(letter)

    async def take(self, timeout: float | None = None) -> Letter:
        return await asyncio.wait_for(self._queue.get(), timeout)

    async def drain(self) -> list[Letter]:
        found = []
        while len(self):
            found.append(await self.take())
        return sorted(found, key=lambda letter: not letter.urgent)
