"""setUp, tearDown and cleanups become one autouse fixture a class, or xunit methods where only these fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.context import Context
from reassert.syntax.set_up_text import set_up_rewrite


class SetupToFixture(Codemod[Context]):
    """See the page."""

    title = "setUp, tearDown and cleanups become fixtures"
    runs_after = ("testcase_settings_to_nothing",)
    mentions = (b"setUp", b"tearDown", b"addCleanup", b"enterContext")
    refusals: ClassVar[Mapping[str, str]] = {
        "B-MRO": "set-up of several bases, or cleanups that no form of fixture keeps in their order",
        "B-INTERNALS": "setUp or tearDown is not a plain method of one parameter, or does not come first",
        "B-DYNAMIC": "setUp or tearDown is defined conditionally or twice",
        "B-GENTEST": "setUp or tearDown is a generator: unittest never ran its body",
        "B-PATCHMULTI": "setUp or tearDown is decorated in a way that no fixture keeps",
        "B-NAME": "the class has methods that pytest calls by name, or uses the name of a fixture",
        "C-VACUOUS": "setUp or tearDown is a coroutine that unittest never awaited",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """One component of inheritance after the other."""
        return set_up_rewrite(context, self.id, is_async=False)
