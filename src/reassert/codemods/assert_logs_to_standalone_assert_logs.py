"""``assertLogs`` and ``assertNoLogs`` keep their exact meaning on an instance of their own (spec A.7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.assertions import assertion_calls
from reassert.syntax.context import Context
from reassert.syntax.standalone import on_its_own

_NAMES = frozenset({"assertLogs", "assertNoLogs"})


class AssertLogsToStandaloneAssertLogs(Codemod[Context]):
    """https://docs.python.org/3/library/unittest.html#unittest.TestCase.assertLogs."""

    title = "assertLogs moves to an instance of its own"
    mentions = (b"assertLogs", b"assertNoLogs")
    refusals: ClassVar[Mapping[str, str]] = {
        "A-EXPR": "the assertion is used as a value",
        "A-RECEIVER": "not called on the test instance itself",
        "A-TYPEFUNC": "the class defines the assertion itself",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Replace the receiver of each call; all else stays."""
        calls, refusals = assertion_calls(context, self.id, _NAMES)
        edits = tuple(on_its_own(call, self.id) for call in calls)
        return Rewrite(edits, tuple(refusals), handled=frozenset(id(call.attribute) for call in calls))
