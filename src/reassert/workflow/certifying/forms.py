"""Which assertion may stand for which: the after-forms that ask at least what the before-form asked.

Sources: the equivalences of https://docs.python.org/3/library/unittest.html#assert-methods, and the pages
in ``codemods``, whose cases are all tested against this table. Stricter forms are accepted, as by hand they
are often written (``is None`` for ``assertEqual(x, None)``); weaker ones are not (truthiness for an equality,
sets for ``assertCountEqual``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from reassert.model.runs import Executed
from reassert.syntax.asserted import (
    UNKNOWN,
    Shape,
    bound,
    conjuncts,
    first_argument,
    negated,
    operands,
    shape_of,
    tolerance,
)
from reassert.syntax.testcase_api import ALIASES

ASSERT = "assert"
_MATCH = "; match"
_KNOWN = "known"
_SOME_TEXT = "?"  # a condition of which nothing is known: what is asked of a message
NEVER_PASSES = frozenset({"fail", "pytest.fail"})
TYPED = frozenset(
    {
        "assertListEqual",
        "assertTupleEqual",
        "assertSetEqual",
        "assertDictEqual",
        "assertMultiLineEqual",
        "assertSequenceEqual",
    }
)
_Test = Callable[[Shape], bool]


class Kind(NamedTuple):
    """What is compared of an executed assertion: its form, its condition's shape, and what else is known.

    ``shape`` is that of an ``assert``, or of the argument of ``assertTrue`` and ``assertFalse`` where the run
    tells it; ``text`` what ``raises`` and ``warns`` expect (``Expected``), and the tags of what an equality
    compares, where the run tells that. ``limit`` is how far it lets values go (see ``Shape``), ``caught``
    and ``around`` are as in ``Executed``.
    """

    form: str
    shape: Shape | None = None
    text: str = ""
    limit: float | None = None
    caught: bool = False
    around: int = 0


@lru_cache(maxsize=8192)
def kind_of(form: str, text: str) -> Kind:
    """Classify an executed assertion by its form and text."""
    name = ALIASES.get(form, form)
    if name == ASSERT:
        shape = shape_of(text)
        return Kind(name, shape, limit=shape.limit)
    if name in ("assertTrue", "assertFalse") and (argument := first_argument(text)):
        shape = shape_of(argument)
        shape = shape if name == "assertTrue" else negated(shape)
        return Kind(name, shape, limit=shape.limit)
    if (name == "assertEqual" or name in TYPED) and (both := operands(text)):
        tags = shape_of("({}) == ({})".format(*both)).tags
        return Kind(name, None, " ".join(sorted(tags | {_KNOWN})))
    if name == "assertAlmostEqual" and text:
        return Kind(name, limit=tolerance(text))
    if name in _BOUNDED and text:
        return Kind(name, limit=bound(text, _ASKED[name]))
    return Kind(name, None, text if name in _EXPECTING else "")


# What `self.fail` raises, and what `pytest.fail` does in its place.
_ALSO = {"AssertionError": "Failed"}


class Expected(NamedTuple):
    """What ``raises`` or ``warns`` was given: classes, each with its bases behind it, and whether a text."""

    classes: tuple[tuple[str, ...], ...]
    match: bool

    @classmethod
    def of(cls, text: str) -> Expected:
        """Read what the run has told."""
        classes = text.removesuffix(_MATCH).split(", ")
        return cls(tuple(tuple(each.split(" < ")) for each in classes), text.endswith(_MATCH))

    def asks_for(self, other: Expected) -> bool:
        """Whether nothing else can satisfy this than what satisfies ``other``, as far as names tell."""
        wanted = {name for bases in other.classes for name in (bases[0], _ALSO.get(bases[0], ""))}
        return self.match >= other.match and all(wanted & {*bases} for bases in self.classes)

    def __str__(self) -> str:
        """The names of the classes, as the code has them."""
        return ", ".join(bases[0] for bases in self.classes) + (" with a text" if self.match else "")


def asks_for_a_text(form: str, text: str) -> bool:
    """Whether an exception or a warning with a certain text is expected."""
    return ALIASES.get(form, form) in _EXPECTING and text.endswith(_MATCH)


@lru_cache(maxsize=8192)
def parts_of(form: str, text: str) -> tuple[tuple[str, str], ...]:
    """Give the forms and texts that an executed assertion is as good as; empty if it cannot be taken apart.

    A condition may be several that must all hold; an exception and its text may be asked for one by one.
    """
    name = ALIASES.get(form, form)
    if asks_for_a_text(form, text):
        return (name.removesuffix("Regex"), text.removesuffix(_MATCH)), (ASSERT, _SOME_TEXT)
    asked = text if name == ASSERT else first_argument(text) if name in ("assertTrue", "assertFalse") else ""
    found = conjuncts(asked, truth=name != "assertFalse") if asked else ()
    return tuple((ASSERT, each) for each in found) if len(found) > 1 else ()


def kind(executed: Executed) -> Kind:
    """Classify an executed assertion."""
    known = kind_of(executed.form, executed.text)
    if not executed.caught and not executed.around:
        return known
    return known._replace(caught=executed.caught, around=executed.around)


def told(executed: Executed) -> str:
    """Give what a reader is shown of an assertion beside its form: the condition, or what is expected."""
    caught = " (where a failure is caught)" if executed.caught else ""
    if executed.form in _EXPECTING:
        around = f" around {executed.around} statements" if executed.around > 1 else ""
        return (str(Expected.of(executed.text)) if executed.text else "") + around + caught
    return (executed.text if executed.form == ASSERT or executed.form in _BOUNDED else "") + caught


def _ops(*names: str, tags: frozenset[str] = frozenset(), without: frozenset[str] = frozenset()) -> _Test:
    """Accept some operators: with one of ``tags`` if there are any, and with none of ``without``."""

    def accepts(shape: Shape) -> bool:
        wanted = bool(shape.tags & tags) if tags else True
        return shape.op in names and wanted and not shape.tags & without

    return accepts


def _any_of(*tests: _Test) -> _Test:
    return lambda shape: any(test(shape) for test in tests)


def _anything(shape: Shape) -> bool:
    """Whether a condition can fail at all: a tuple is always true."""
    return shape.op != "tuple"


_CLOSE = frozenset({"approx", "abs", "round"})
_SEARCH = frozenset({"search"})
_SIZES = frozenset({"set", "frozenset", "len"})
# What lets more values pass as equal, where it is done to one of them or both.
_LOOSENING = frozenset(
    {"approx", "round", "sorted", "Counter", "keys", "lower", "upper", "casefold", "strip"}
)
_LOOSENING |= {"str", "repr", "bool", "int"}
_LOOSER = _SIZES | {"approx", "round", "same"}
# What an equality must not have come by: both sides have become sizes or sets, or one and the same.
_EMPTIER = _LOOSENING | {"same", "sizes"}
_BOUNDED = frozenset({"assertGreater", "assertGreaterEqual", "assertLess", "assertLessEqual"})
_SLACK = 1e-9  # for numbers that are written differently
_STRICTER = {
    "==": ("is", "is None"),
    "truth": ("is", "==", "any", "all"),
    "not truth": ("is", "==", "is None"),
    "is not None": ("truth", "isinstance"),
}
_EQUAL = _ops("==", "is", "is None")
_LOGGED = lambda shape: "caplog" in shape.tags  # noqa: E731 - a row of the table below
_ACCEPTED: Mapping[str, _Test] = {
    "assertEqual": _EQUAL,
    "assertNotEqual": _ops("!=", "not ==", "is not None"),
    "assertTrue": _anything,
    "assertFalse": _anything,
    "assertIs": _ops("is", "is None"),
    "assertIsNot": _ops("is not", "is not None"),
    "assertIsNone": _ops("is None"),
    "assertIsNotNone": _ops("is not None", "truth", "isinstance"),
    "assertIn": _ops("in"),
    "assertNotIn": _ops("not in"),
    "assertIsInstance": _ops("isinstance", "is", "=="),
    "assertNotIsInstance": _ops("not isinstance"),
    "assertIsSubclass": _ops("issubclass"),
    "assertNotIsSubclass": _ops("not issubclass"),
    "assertHasAttr": _ops("hasattr"),
    "assertNotHasAttr": _ops("not hasattr"),
    "assertStartsWith": _ops("startswith"),
    "assertNotStartsWith": _ops("not startswith"),
    "assertEndsWith": _ops("endswith"),
    "assertNotEndsWith": _ops("not endswith"),
    "assertGreater": _ops(">", "<"),
    "assertLess": _ops("<", ">"),
    "assertGreaterEqual": _ops(">=", "<=", ">", "<"),
    "assertLessEqual": _ops("<=", ">=", "<", ">"),
    "assertAlmostEqual": _any_of(_ops("==", "isclose"), _ops("<=", "<", ">=", ">", "or", tags=_CLOSE)),
    "assertNotAlmostEqual": _ops("!=", ">", ">=", "<", "<=", "and", "not ==", "not isclose", tags=_CLOSE),
    "assertRegex": _any_of(_ops("search", "match", "fullmatch"), _ops("is not None", tags=_SEARCH)),
    "assertNotRegex": _any_of(_ops("not search"), _ops("is None", tags=_SEARCH)),
    "assertCountEqual": _ops("==", without=_SIZES),
    "assertDictContainsSubset": _any_of(_ops("<=", ">=", "all"), _EQUAL),
    "assertLogs": _LOGGED,
    "assertNoLogs": _LOGGED,
    **dict.fromkeys(TYPED, _ops("==")),
}
# What a method asks, where one that stays on a TestCase takes the place of another assertion.
_ASKED = {
    "assertEqual": "==",
    "assertNotEqual": "!=",
    "assertTrue": "truth",
    "assertFalse": "not truth",
    "assertIs": "is",
    "assertIsNot": "is not",
    "assertIsNone": "is None",
    "assertIsNotNone": "is not None",
    "assertIn": "in",
    "assertNotIn": "not in",
    "assertIsInstance": "isinstance",
    "assertNotIsInstance": "not isinstance",
    "assertGreater": ">",
    "assertLess": "<",
    "assertGreaterEqual": ">=",
    "assertLessEqual": "<=",
    "assertRegex": "search",
    "assertNotRegex": "not search",
    "ExceptionInfo.match": "search",
    **dict.fromkeys(TYPED, "=="),
}
_OF_MOCKS = "assert_"
_OF_CALLS = frozenset({ASSERT, "assertTrue", "assertFalse", "assertEqual", "assertIn", "assertListEqual"})
_MOCK_STRICTER = {
    "assert_called": (
        "assert_called_once",
        "assert_called_with",
        "assert_called_once_with",
        "assert_any_call",
    ),
    "assert_called_once": ("assert_called_once_with",),
    "assert_called_with": ("assert_called_once_with",),
    "assert_any_call": ("assert_called_with", "assert_called_once_with"),
}
_RAISING = frozenset({"assertRaises", "assertRaisesRegex", "pytest.raises"})
_WARNING = frozenset({"assertWarns", "assertWarnsRegex", "pytest.warns", "pytest.deprecated_call"})
_EXPECTING = _RAISING | _WARNING
SEEN_ALWAYS = _EXPECTING | {"assertLogs", "assertNoLogs"}


@lru_cache(maxsize=65536)
def accepts(before: Kind, after: Kind) -> bool:
    """Whether the new assertion asks at least what the old one did, as far as their kinds tell."""
    if (after.caught and not before.caught) or _reaches_further(before, after):
        return False
    return _answers(_unlimited(before), _unlimited(after))


def _answers(before: Kind, after: Kind) -> bool:
    if before.form in _EXPECTING:
        return _expects(before, after)
    shape = _asked(after)
    if before == after or shape is None:
        return before.form == after.form or _asks_a_mock(before, after)
    if before.shape is not None:
        hoisted = before.form != ASSERT and "bound" in shape.tags
        return hoisted or _asks_the_same(before.shape, shape)
    if before.text and _is_emptier(frozenset(before.text.split()), shape.tags, before.form):
        return False
    if before.form == after.form or shape.op == UNKNOWN:
        return True
    return _ACCEPTED.get(before.form, _anything)(shape)


def _reaches_further(before: Kind, after: Kind) -> bool:
    """Whether numbers say that the new one lets values go further."""
    if before.limit is None or after.limit is None:
        return False
    return after.limit > before.limit + abs(before.limit) * _SLACK


def _unlimited(kind: Kind) -> Kind:
    """Leave out what has been looked at."""
    shape = None if kind.shape is None else kind.shape._replace(limit=None)
    return kind._replace(caught=False, limit=None, shape=shape)


def _is_emptier(before: frozenset[str], after: frozenset[str], form: str) -> bool:
    """Whether an equality lets more values pass as equal than one that compared others."""
    new = after - before
    return bool(new & _EMPTIER) or (form in TYPED and "len" in new)


def _expects(before: Kind, after: Kind) -> bool:
    family = _RAISING if before.form in _RAISING else _WARNING
    known = before.text and after.text
    if before.around and after.around > before.around:
        return False
    return after.form in family and (not known or Expected.of(after.text).asks_for(Expected.of(before.text)))


def _asks_a_mock(before: Kind, after: Kind) -> bool:
    """Whether a mock's own assertion takes the place of another one, or of a condition about its calls."""
    if before.form.startswith(_OF_MOCKS):
        return after.form in _MOCK_STRICTER.get(before.form, ())
    return after.form.startswith(_OF_MOCKS) and before.form in _OF_CALLS


def _asked(kind: Kind) -> Shape | None:
    if kind.shape is not None:
        return kind.shape
    return Shape(_ASKED[kind.form], frozenset(kind.text.split())) if kind.form in _ASKED else None


def _asks_the_same(before: Shape, after: Shape) -> bool:
    """Whether a condition whose text changed asks at least what it asked."""
    new = after.tags - before.tags
    if before.op == UNKNOWN:
        return not new & _LOOSER
    if before.op == after.op:
        return not new & (_LOOSER | _LOOSENING)
    return after.op in _STRICTER.get(before.op, ())
