"""Which package a class takes its base from, where two bases mean much the same in what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reassert.syntax.classes import ClassInfo
from reassert.syntax.module import Module, imported_names

AIOUNITTEST = ("aiounittest.AsyncTestCase", "aiounittest.case.AsyncTestCase")
# The rule without which a class of asynctest stays.
ASYNCTEST_RULE = "asynctest_to_async_tests"
ASYNCTEST = ("asynctest.TestCase", "asynctest.case.TestCase")


def names_base(info: ClassInfo, bases: Iterable[str]) -> bool:
    """Whether a class itself has one of these bases, by the name that it is imported as."""
    imported = dict(raw_imports(info.module))
    for base in info.node.bases:
        head, _, rest = info.module.text(base).partition(".")
        target = imported.get(head, "")
        if (f"{target}.{rest}" if rest else target) in bases:
            return True
    return False


def raw_imports(module: Module) -> Iterator[tuple[str, str]]:
    """(local name, dotted target as written) of every import."""
    for node in module.import_nodes:
        yield from imported_names(node)
