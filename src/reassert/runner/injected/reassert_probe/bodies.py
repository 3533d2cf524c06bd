"""Notices test methods whose body never ran: they gave a coroutine or generator that nobody started."""

from __future__ import annotations

import functools
import inspect
import sys
import unittest
from typing import Any

__unittest = True

_found = ""
_watched: set[Any] = set()


def take() -> str:
    """Which kind of body never ran since the last call: ``coroutine``, ``generator`` or neither."""
    global _found
    found, _found = _found, ""
    return found


def watch() -> None:
    """Watch unittest's classes that are there by now; asyncio's costs time to import, and is not forced."""
    classes = [unittest.TestCase]
    if "unittest.async_case" in sys.modules:
        classes.append(unittest.IsolatedAsyncioTestCase)
    for case in classes:
        if case not in _watched:
            _watched.add(case)
            _watch(case)


def _watch(case: Any) -> None:
    original = case._callTestMethod

    def _callTestMethod(self: Any, method: Any) -> Any:  # noqa: N802 - unittest's name
        if case is not unittest.TestCase and inspect.iscoroutinefunction(method):
            return original(self, method)  # it will be awaited
        call = _Call(method)
        try:
            return original(self, call)
        finally:
            _note(call.result())

    case._callTestMethod = _callTestMethod


class _Call:
    """A test method that keeps what it returned, for as long as unittest is at it.

    What calls it is written in C, so that the test finds unittest in the frame above its own, as ever.
    """

    __slots__ = ("__call__",)

    def __init__(self, method: Any) -> None:
        self.__call__ = functools.lru_cache(maxsize=None)(method)

    def __repr__(self) -> str:
        return repr(self.__call__.__wrapped__)

    def result(self) -> Any:
        """Give what the method returned, None if it did not return, and forget it."""
        returned = self.__call__() if self.__call__.cache_info().currsize else None
        self.__call__.cache_clear()
        return returned


def _note(result: Any) -> None:
    global _found
    if inspect.iscoroutine(result) and inspect.getcoroutinestate(result) == inspect.CORO_CREATED:
        _found = "coroutine"
    elif inspect.isasyncgen(result) or _is_new_generator(result):
        _found = "generator"


def _is_new_generator(result: Any) -> bool:
    return inspect.isgenerator(result) and inspect.getgeneratorstate(result) == inspect.GEN_CREATED
