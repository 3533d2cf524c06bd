"""Values that are compared as a whole, where parts of them were asked for before.

``assert user == {"name": "a"}`` asks what ``"name" in user`` and ``user["name"] == "a"`` do, and
``mock.assert_called_once_with(1)`` what its ``call_count`` and ``call_args`` tell. That the value is the
same one and has not changed in between is not proved, so a reader is told.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from reassert.model.runs import Executed
from reassert.workflow.certifying.forms import ASSERT

Counts = Mapping[Executed, int]
_DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.Tuple)
_OF_CALLS = frozenset({"assert_called_with", "assert_called_once_with"})
_COMPARED = 2  # the first arguments of an assertion are what it is about


class Covered(NamedTuple):
    """Old places that ask for parts of values that only the new side compares as a whole, and its places."""

    parts: frozenset[Executed] = frozenset()
    wholes: frozenset[Executed] = frozenset()


def covered(before: Counts, after: Counts) -> Covered:
    """Look for parts and wholes; nothing if a whole stands for no part."""
    wholes = _wholes(after)
    wholes.subtract(_wholes(before))
    added = {subject: number for subject, number in wholes.items() if number > 0}
    if not added:
        return Covered()
    parts: dict[Executed, set[str]] = {}
    for place, number in before.items():
        subjects = {part for part in _parts(place.form, place.text) if added.get(part, 0) >= number}
        if subjects:
            parts[place] = subjects
    used = frozenset[str]().union(*parts.values())
    return Covered(frozenset(parts), frozenset(p for p in after if _whole(p.form, p.text) in used))


def _wholes(counts: Counts) -> Counter[str]:
    found: Counter[str] = Counter()
    for place, number in counts.items():
        if subject := _whole(place.form, place.text):
            found[subject] += number
    return found


@lru_cache(maxsize=4096)
def _whole(form: str, text: str) -> str:
    """Give the value that is compared with one that is written out, in one form; empty if none is."""
    asked = _asked(form, text)
    if form in _OF_CALLS:
        return ast.dump(asked[0]) if asked else ""
    if form == ASSERT and len(asked) == 1 and isinstance(asked[0], ast.Compare):
        comparison = asked[0]
        if len(comparison.ops) != 1 or not isinstance(comparison.ops[0], ast.Eq):
            return ""
        asked = (comparison.left, comparison.comparators[0])
    elif form == ASSERT or not form.endswith("Equal"):
        return ""
    values = [each for each in asked if not isinstance(each, _DISPLAYS)]
    return ast.dump(values[0]) if len(asked) == _COMPARED and len(values) == 1 else ""


@lru_cache(maxsize=4096)
def _parts(form: str, text: str) -> frozenset[str]:
    """Give all values that what is asked belongs to, each in one form."""
    if form.startswith("assert_called") or _whole(form, text):
        return frozenset()
    return frozenset(ast.dump(value) for asked in _asked(form, text) for value in _owners(asked))


def _asked(form: str, text: str) -> tuple[ast.expr, ...]:
    """Give the expressions that an assertion is about."""
    call = form != ASSERT and form not in _OF_CALLS
    try:
        found = ast.parse(f"_({text}\n)" if call else f"({text}\n)", mode="eval").body if text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    if found is None:
        return ()
    return tuple(found.args[:_COMPARED]) if call and isinstance(found, ast.Call) else (found,)


def _owners(node: ast.expr) -> Iterator[ast.expr]:
    yield node
    if isinstance(node, ast.Compare):
        for operand in (node.left, *node.comparators):
            yield from _owners(operand)
    elif isinstance(node, ast.UnaryOp):
        yield from _owners(node.operand)
    elif isinstance(node, (ast.Attribute, ast.Subscript)):
        yield from _owners(node.value)
    elif isinstance(node, ast.Call):
        yield from _owners(node.func)
        if isinstance(node.func, ast.Name) and node.args:
            yield from _owners(node.args[0])
