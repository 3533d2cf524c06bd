"""The text that opens and closes the ExitStack of class-level cleanups."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reassert.model.edits import Edit, Part, Unit
from reassert.syntax.class_cleanups import CALLED, METHODS, STACK, XUNIT, ClassStack, may_fail_later
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.module import FunctionNode
from reassert.syntax.statements import (
    at_the_top,
    function_body,
    header_end,
    insertion,
    is_docstring,
    line_stop,
    reindented,
)
from reassert.syntax.uses import receiver_name


@dataclass(frozen=True)
class StackText:
    """Edits for one class; ``set_up`` and ``tear_down`` are its methods as far as they stay."""

    context: Context
    stack: ClassStack
    owner: ClassInfo
    unit: Unit
    set_up: FunctionNode | None
    tear_down: FunctionNode | None
    gone: Sequence[ast.stmt] = ()

    def edits(self) -> Iterator[Edit]:
        """What replaces the calls, and what the keeper or the host of the stack gets."""
        for cleanup in self.stack.uses:
            if cleanup.owner is self.owner:
                receiver = self.context.module.text(cleanup.use.node.value)
                new = f"{receiver}.{STACK}.{METHODS[cleanup.use.name]}".encode()
                yield self.context.replace(cleanup.use.node, [new], self.unit, requires=self.owner)
        if self.owner is self.stack.host:
            yield self._top([*self._called_set_up(), *self._called_tear_down(), *self._ends()])
        elif self.owner in self.stack.keepers:
            yield from self._kept()

    # -- one class does it for all ---------------------------------------------------------------------------

    def _called_set_up(self) -> Iterator[str]:
        yield from ("@classmethod", "def setup_class(cls):", f"\tcls.{STACK} = {self._new_stack()}")
        if self._is_defined("setUpClass"):
            yield from ("\ttry:", f"\t\tcls.{CALLED['setUpClass']}()", "\texcept BaseException:")
            yield from (f"\t\tcls.{STACK}.close()", "\t\traise")
        yield ""

    def _called_tear_down(self) -> Iterator[str]:
        yield from ("@classmethod", "def teardown_class(cls):")
        if self._is_defined("tearDownClass"):
            yield from ("\ttry:", f"\t\tcls.{CALLED['tearDownClass']}()", "\tfinally:")
            yield f"\t\tcls.{STACK}.close()"
        else:
            yield f"\tcls.{STACK}.close()"
        yield ""

    def _ends(self) -> Iterator[str]:
        """The empty methods where every ``super()`` call ends."""
        for name, method in (("setUpClass", self.set_up), ("tearDownClass", self.tear_down)):
            if method is None and self._is_defined(name):
                yield from ("@classmethod", f"def {CALLED[name]}(cls):", "\tpass", "")

    def _is_defined(self, name: str) -> bool:
        return any(name in c.methods for c in self.context.classes.component(self.owner))

    # -- a class with set-up of its own ----------------------------------------------------------------------

    def _kept(self) -> Iterator[Edit]:
        rows: list[str] = []
        if self.set_up is None:
            rows += [
                "@classmethod",
                f"def {XUNIT['setUpClass']}(cls):",
                f"\tcls.{STACK} = {self._new_stack()}",
                "",
            ]
            if self.tear_down is None:
                rows += ["@classmethod", f"def {XUNIT['tearDownClass']}(cls):", f"\tcls.{STACK}.close()", ""]
            yield self._top(rows)
        else:
            yield self._opened(self.set_up)
            if self.tear_down is None:
                yield self._closed_behind(self.set_up)
        if self.tear_down is not None:
            yield self._wrapped(
                self.tear_down, [], ["finally:", f"\t{self._receiver(self.tear_down)}.{STACK}.close()"]
            )

    def _opened(self, set_up: FunctionNode) -> Edit:
        receiver = self._receiver(set_up)
        opening = [f"{receiver}.{STACK} = {self._new_stack()}"]
        if not may_fail_later(self.stack, set_up, self.owner):
            return self._wrapped(set_up, opening, [])
        return self._wrapped(
            set_up, opening, ["except BaseException:", f"\t{receiver}.{STACK}.close()", "\traise"]
        )

    def _wrapped(self, function: FunctionNode, opening: list[str], closing: list[str]) -> Edit:
        """The body with ``opening`` before it, inside of a ``try`` if something closes it."""
        context = self.context
        outside = [*self.gone, *(s for s in function.body[:1] if is_docstring(s))]
        body = function_body(context, function, outside)
        newline = context.source.newline.encode()
        indent = body.indent or context.layout(function).indent + self._step()
        lines = [indent + row.encode() + newline for row in [*opening, *(["try:"] if closing else [])]]
        inner = reindented(body, indent + self._step() if closing else indent)
        end = [newline + indent + row.encode().replace(b"\t", self._step()) for row in closing]
        parts: list[Part] = [newline, *lines] if body.inline else [*lines]
        return Edit(
            header_end(context, function) if body.inline else body.span.start,
            body.span.end,
            (*parts, *inner, *end),
            self.unit,
            self.owner.qualname,
            frozenset({"contextlib"} if opening else ()),
        )

    def _closed_behind(self, set_up: FunctionNode) -> Edit:
        """A teardown_class behind setup_class."""
        context = self.context
        buffer, newline = context.source.buffer, context.source.newline.encode()
        indent, receiver = context.layout(set_up).indent, self._receiver(set_up)
        left = [s for s in set_up.body if s not in self.gone] or set_up.body
        end = context.module.span(left[-1]).end
        stop = line_stop(context, end)
        while stop > end and buffer[stop - 1 : stop] in (b"\n", b"\r"):
            stop -= 1
        rows = ["@classmethod", f"def {XUNIT['tearDownClass']}({receiver}):"]
        lines = [newline, *(newline + indent + row.encode() for row in rows)]
        lines.append(newline + indent + self._step() + f"{receiver}.{STACK}.close()".encode())
        return insertion(stop, [b"".join(lines)], self.unit, self.owner)

    def _receiver(self, function: FunctionNode) -> str:
        return receiver_name(function) or "cls"

    def _step(self) -> bytes:
        body = self.owner.node.body
        return b"\t" if self.context.layout(body[-1]).indent.endswith(b"\t") else b"    "

    def _new_stack(self) -> str:
        return f"{imported_as(self.context, 'contextlib').decode()}.ExitStack()"

    def _top(self, rows: Sequence[str]) -> Edit:
        return at_the_top(self.context, self.owner, rows, self.unit, "contextlib")
