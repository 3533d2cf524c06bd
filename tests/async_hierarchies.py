"""Random hierarchies of asynchronous test classes as source."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace

from hierarchies import TRAIL, Generator, Hierarchy, Klass, Member

ASYNC_TRAIL = (
    TRAIL
    + '''

async def pause(*words):
    """What an asynchronous test does, with a turn of the loop in between."""
    log("pause", *words)
    await asyncio.sleep(0)
    log("go on", *words)


@contextlib.asynccontextmanager
async def async_place(name):
    await pause("enter", name)
    yield name
    await pause("leave", name)


def async_logged(function):
    @functools.wraps(function)
    async def wrapper(self):
        log("logged", self.ident)
        return await function(self)

    return wrapper


def current_loop():
    return asyncio.get_event_loop()


def same_loop(test):
    """Whether the loop is that of the set-up, if there was one."""
    log("same loop", getattr(test, "loop", None) in (None, asyncio.get_event_loop()))
'''
).replace("import contextlib\n", "import asyncio\nimport contextlib\n", 1)
_HELPERS = ("async_logged", "async_place", "current_loop", "pause", "same_loop")
_STYLES = ("sync", "async")


class AsyncGenerator(Generator):
    """One random hierarchy a seed: most classes have synchronous and asynchronous parts."""

    root = "unittest.IsolatedAsyncioTestCase"
    set_ups: Mapping[str, float] = {
        "setUp": 0.4,
        "asyncSetUp": 0.5,
        "asyncTearDown": 0.35,
        "tearDown": 0.3,
        "setUpClass": 0.15,
        "tearDownClass": 0.1,
    }
    rare = ("self.setUp()", "await self.asyncSetUp()", "await self.asyncTearDown()", "self.helper()")

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.one_style = self.some(0.5)  # set-up is either synchronous or asynchronous, not both
        style = self.random.choice(_STYLES)
        if self.one_style:
            other = ("asyncSetUp", "asyncTearDown") if style == "sync" else ("setUp", "tearDown")
            self.set_ups = {name: chance for name, chance in self.set_ups.items() if name not in other}
        self.is_async = False

    def hierarchy(self) -> Hierarchy:
        return replace(super().hierarchy(), helpers=_HELPERS)

    def _set_up(self, klass: Klass, name: str) -> Member:
        self.is_async = name.startswith("async")
        made = super()._set_up(klass, name)
        return self._as_coroutine(made) if self.is_async else made

    def _super(self, klass: Klass, name: str, receiver: str) -> str:
        call = super()._super(klass, name, receiver)
        return f"await {call}" if name.startswith("async") else call

    def _test(self, klass: Klass, name: str) -> Member:
        self.is_async = self.some(0.8)
        made = super()._test(klass, name)
        return self._as_coroutine(made) if self.is_async else made

    def _as_coroutine(self, member: Member) -> Member:
        *decorators, header = (row.replace("@logged", "@async_logged") for row in member.header)
        return Member((*decorators, f"async {header}"), member.body)

    def _body(self, what: str, kind: str) -> tuple[str, ...]:
        if kind == "helper":
            self.is_async = False
        return super()._body(what, kind)

    def _statement(self, what: str, kind: str) -> str:
        if self.is_async and self.some(0.35):
            return self.random.choice(
                [f'await pause("{what}")', "same_loop(self)", "self.loop = current_loop()"]
            )
        if self.cleans and self.some(0.35):
            return self._async_cleanup(what)
        if self.some(0.1):
            return "same_loop(self)"
        made = super()._statement(what, kind)
        return "same_loop(self)" if made.startswith("await ") and not self.is_async else made

    def _async_cleanup(self, what: str) -> str:
        choices = [f'self.addAsyncCleanup(pause, "{what}")', f'self.addCleanup(log, "{what}", "cleanup")']
        if self.is_async and sys.version_info >= (3, 11):
            choices.append(f'await self.enterAsyncContext(async_place("{what}"))')
        return self.random.choice(choices)
