"""setUp and tearDown that stay methods, because fixtures would not resolve as methods do.

*xunit*: pytest calls ``setup_method`` and ``teardown_method`` itself. *called*: one autouse fixture at the
end of every MRO calls ``set_up`` and ``tear_down`` around the test, as ``TestCase.run`` does
(Lib/unittest/case.py), also for a setUp that fails: no tearDown, but the cleanups, whose ExitStack has a
fixture that this one requests.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reassert.syntax.classes import ClassInfo, SuperUse, Use
from reassert.syntax.hierarchy import (
    Reach,
    hidden_classes,
    last_of_all,
    reach_of_own,
    reached,
    starting_class,
    super_statement,
)
from reassert.syntax.setup_chain import XUNIT, Chain, Problem

CALLED = {
    "setUp": "set_up",
    "asyncSetUp": "async_set_up",
    "asyncTearDown": "async_tear_down",
    "tearDown": "tear_down",
}
RUNNER = "_run_set_up"


@dataclass
class MethodForm:
    """Methods under new ``names``; a ``host`` has the fixture that calls them and their empty ends.

    ``silenced``: statements that only called TestCase's empty methods. ``ends``: names that the host lacks.
    """

    names: Mapping[str, str]
    host: ClassInfo | None = None
    silenced: dict[ast.stmt, ClassInfo] = field(default_factory=dict)
    ends: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def xunit_form(chain: Chain) -> MethodForm:
    """``setup_method`` and ``teardown_method``."""
    form = MethodForm(XUNIT)
    form.problems = (*_handed_the_test(chain), *_found_behind(chain), *_unreached(chain, form))
    return form


def called_form(chain: Chain) -> MethodForm:
    """``set_up`` and ``tear_down``, called by one fixture; its problems are those of a missing host."""
    host = last_of_all(chain.component)
    form = MethodForm(CALLED, host)
    if host is None:
        node = chain.component[0].node
        reason = "no class stands at the end of every line of inheritance"
        form.problems = (Problem(chain.component[0], "B-MRO", node, reason),)
        return form
    form.problems = (*_taken(chain, host), *_found_behind(chain), *_unreached(chain, form))
    used = {name for c in chain.component for name in c.methods}
    form.ends = tuple(n for n in chain.parts if n in used and (n not in host.methods or host in chain.empty))
    return form


def is_whole(form: MethodForm, name: str) -> bool:
    """Whether the form has anything to call under ``name``."""
    return form.host is not None and (name in form.host.methods or name in form.ends)


def _taken(chain: Chain, host: ClassInfo) -> Iterator[Problem]:
    for name in (*(CALLED[name] for name in chain.parts), RUNNER):
        if name in chain.component.attributes:
            yield Problem(host, "B-NAME", host.node, f"the hierarchy has a {name} already")


def _handed_the_test(chain: Chain) -> Iterator[Problem]:
    """Methods with further parameters: pytest hands them the test function, through a decorator as well."""
    for link in chain.links.values():
        for function in link.functions:
            if function.decorator_list or len(function.args.posonlyargs) + len(function.args.args) > 1:
                reason = f"a decorated {function.name} that cannot be a fixture"
                yield Problem(link.owner, "B-PATCHMULTI", function, reason)


def _found_behind(chain: Chain) -> Iterator[Problem]:
    """Methods of mixins that TestCase's own empty ones hide, and that pytest would find without it."""
    for info in chain.component:
        hidden = [c for c in hidden_classes(info) if c in chain.links]
        for name in chain.parts:
            own = any(name in c.methods for c in info.visible if c not in chain.empty)
            if not own and any(name in c.methods for c in hidden):
                reason = f"TestCase stands before a mixin whose {name} it hides"
                yield Problem(info, "B-MRO", info.node, reason)


def _unreached(chain: Chain, form: MethodForm) -> Iterator[Problem]:
    gone = {f for link in chain.empty.values() for f in link.functions}
    for info in chain.component:
        uses: list[SuperUse | Use] = [*chain.supers(info), *chain.calls(info)]
        for use in uses:
            if use.method not in gone:
                yield from _call(chain, form, info, use)


def _call(chain: Chain, form: MethodForm, info: ClassInfo, use: SuperUse | Use) -> Iterator[Problem]:
    found = _reach(chain, form, info, use)
    statement = super_statement(info, use) if isinstance(use, SuperUse) else None
    if found is Reach.NOTHING and statement is not None:
        form.silenced[statement] = info
    elif found is not Reach.ALWAYS:
        yield Problem(
            info, "B-MRO", use.node, f"what this call of {use.name} reaches differs between classes"
        )


def _reach(chain: Chain, form: MethodForm, info: ClassInfo, use: SuperUse | Use) -> Reach:
    if isinstance(use, Use):
        own = reach_of_own(chain.classes, info, use.name, chain.empty)
        return Reach.ALWAYS if form.host else own
    found = reached(chain.classes, info, use, chain.empty)
    start = starting_class(info, use)
    if found is Reach.SOMETIMES and form.host and start is not None and start is not form.host:
        return Reach.ALWAYS
    return found
