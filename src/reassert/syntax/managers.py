"""``with self.assertX(expected[, pattern], msg=...)``: the arguments of the context manager form."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import NamedTuple

from reassert.model.edits import Part
from reassert.syntax.arguments import Argument, is_pure
from reassert.syntax.assertions import AssertionCall
from reassert.syntax.calling import keyword_row, pushed, renamed_call, substituted
from reassert.syntax.module import Module

_NAMES = {"expected_exception": 0, "expected_warning": 0, "expected_regex": 1}


class Misfit(NamedTuple):
    """Arguments that have no counterpart: a refusal's code and reason."""

    code: str
    reason: str


@dataclass(frozen=True)
class Manager:
    """The arguments, in source order; ``pattern`` and ``message`` are set where they are given."""

    items: tuple[Argument, ...]
    pattern: Argument | None = None
    message: ast.expr | None = None


def read_manager(call: AssertionCall, fixed: int) -> Manager | Misfit:
    """Bind the arguments of the context manager form, which takes ``fixed`` of them and ``msg``."""
    if call.arguments.starred:
        return Misfit("A-RECEIVER", "starred arguments may hold anything")
    found: dict[int, Argument] = {}
    message: ast.expr | None = None
    for index, item in enumerate(call.arguments.items):
        if item.keyword == "msg":
            message = item.node
            continue
        place = index if item.keyword is None else _NAMES.get(item.keyword, fixed)
        if place >= fixed or place in found:
            return Misfit("A-RECEIVER", "the arguments do not fit")
        found[place] = item
    if len(found) < fixed:
        return Misfit("A-RECEIVER", "the arguments do not fit")
    if message is not None and not is_pure(message):
        return Misfit("A-EXPR", "the message does something, and pytest has no place for it")
    return Manager(call.arguments.items, found.get(1), message)


def manager_parts(call: AssertionCall, head: bytes, manager: Manager | None) -> list[Part]:
    """``head(...)`` with the same arguments: the pattern as ``match=``, without the message."""
    parts = renamed_call(call.context, call.call, head)
    if manager is None:
        return parts
    if manager.items[0].keyword in ("expected_exception", "expected_warning"):
        start = call.context.module.span(call.call.keywords[0]).start
        parts = substituted(parts, start, manager.items[0].span.start, b"")
    if manager.message is not None:
        parts = _without_message(call, parts, manager)
    if manager.pattern is not None:
        parts = _matching(call.context.module, parts, manager.pattern)
    return parts


def _matching(module: Module, parts: list[Part], pattern: Argument) -> list[Part]:
    if pattern.keyword is None:
        if _hangs(module, pattern):
            parts = pushed(parts, *pattern.span, len(b"match="))
        name, _, close = keyword_row(b"match", pattern)
        parts = substituted(parts, pattern.span.end, pattern.span.end, close)
        return substituted(parts, pattern.span.start, pattern.span.start, name)
    start = module.source.buffer.rindex(pattern.keyword.encode(), 0, pattern.span.start)
    return substituted(parts, start, start + len(pattern.keyword), b"match")


def _hangs(module: Module, pattern: Argument) -> bool:
    """Whether further lines of the pattern are aligned with its beginning, which moves to the right."""
    start, end = pattern.span
    before = module.source.buffer[:start].rpartition(b"\n")[2]
    lines = module.source.buffer[start:end].split(b"\n")[1:]
    return bool(before.strip()) and all(len(line) - len(line.lstrip()) == len(before) for line in lines)


def _without_message(call: AssertionCall, parts: list[Part], manager: Manager) -> list[Part]:
    """Leaves out ``, msg=...``, from the argument before it if there are no comments between the two."""
    index = next(i for i, a in enumerate(manager.items) if a.keyword == "msg")
    item = manager.items[index]
    keyword = next(k for k in call.call.keywords if k.arg == "msg")
    start = call.context.module.span(keyword).start
    if index and not (item.before or manager.items[index - 1].after):
        return substituted(parts, manager.items[index - 1].span.end, item.span.end, b"")
    if index + 1 < len(manager.items) and not (item.after or manager.items[index + 1].before):
        following = call.context.module.span(call.call.keywords[call.call.keywords.index(keyword) + 1])
        return substituted(parts, start, following.start, b"")
    return substituted(parts, start, _behind_comma(call.context.module, item.span.end), b"")


def _behind_comma(module: Module, end: int) -> int:
    rest = module.source.buffer[end:]
    gap = len(rest) - len(rest.lstrip())
    return end + gap + 1 if rest[gap : gap + 1] == b"," else end
