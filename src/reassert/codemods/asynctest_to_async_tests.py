"""asynctest's TestCase and its mocks become async tests of pytest-asyncio and ``unittest.mock``.

What asynctest does was read in its source, version 0.13; Python 3.11 and later cannot import it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import Refusal, Safety
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.base_names import ASYNCTEST, names_base, raw_imports
from reassert.syntax.classes import ClassInfo
from reassert.syntax.cleanups import arrange
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.setup_chain import awaits_set_up

_MOCK = "unittest.mock."
_SETTINGS = ("use_default_loop", "forbid_get_event_loop")
# What only its mocks have: an event that tells when a coroutine is awaited.
_EVENT = "awaited"


class AsynctestToAsyncTests(Codemod[Context]):
    """https://asynctest.readthedocs.io/en/latest/."""

    title = "asynctest's TestCase becomes async tests, its mocks those of unittest.mock"
    safety = Safety.UNSAFE
    mentions = (b"asynctest",)
    refusals: ClassVar[Mapping[str, str]] = {
        "B-COMPONENT": "related classes are of asynctest and of unittest",
        "C-CTXVAR": "the file has context variables, which asynctest keeps from test and set-up",
        "C-LOOP": "the class says which loop it uses, or its set-up cannot be one fixture",
        "MOCK-AWAITED": "unittest's mocks have no event that tells when one is awaited",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Say which classes stay; the rule for IsolatedAsyncioTestCase converts the others."""
        if not context.config.unsafe_fixes:
            return Rewrite()
        blocked: dict[str, tuple[Refusal, ...]] = {}
        for info in context.classes.all:
            component = context.classes.component(info)
            if component.is_async and any(names_base(c, ASYNCTEST) for c in component):
                found = [
                    context.refusal(self.id, code, info.node, info.qualname, words)
                    for code, words in self._problems(context, info)
                ]
                if found:
                    blocked[info.qualname] = tuple(found)
        reason = "only the mocks of asynctest have this"
        events = context.module.attributes_named(_EVENT) if _uses_asynctest(context) else []
        refusals = tuple(context.refusal(self.id, "MOCK-AWAITED", e, "<module>", reason) for e in events)
        edits = () if events else tuple(self._mocks(context))
        return Rewrite(edits, refusals, blocked=blocked)

    def _problems(self, context: Context, info: ClassInfo) -> Iterator[tuple[str, str]]:
        component = context.classes.component(info)
        if not awaits_set_up(component):
            yield "B-COMPONENT", "related classes are of asynctest and of unittest"
        for name in _SETTINGS:
            if name in info.defines:
                yield "C-LOOP", f"the class sets {name}"
        if any("contextvars" in targets for targets in context.module.imports.values()):
            yield "C-CTXVAR", "the file has context variables, which asynctest keeps from test and set-up"
        methods = (info.methods.get(name) for name in ("setUp", "tearDown"))
        if arrange(context, component).methods and any(isinstance(m, ast.AsyncFunctionDef) for m in methods):
            yield "C-LOOP", "its asynchronous set-up cannot be one fixture"

    def _mocks(self, context: Context) -> Iterator[Edit]:
        """Every name that asynctest takes from unittest.mock, or has in its place."""
        module, unit = context.module, Unit(self.id, "<module>")
        imported = {local: raw for local, raw in raw_imports(module) if raw.partition(".")[0] == "asynctest"}
        for local in imported:
            for name in module.names.get(local, ()):
                node: ast.expr = name
                while not (module.resolve(node) or "").startswith(_MOCK):
                    parent = module.parents[node]
                    if not isinstance(parent, ast.Attribute):
                        break
                    node = parent
                dotted = module.resolve(node) or ""
                if dotted.startswith(_MOCK):
                    new = imported_as(context, dotted)
                    yield context.replace(node, [new], unit, imports=[dotted])


def _uses_asynctest(context: Context) -> bool:
    return any(raw.partition(".")[0] == "asynctest" for _, raw in raw_imports(context.module))
