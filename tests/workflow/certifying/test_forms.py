"""The table of assertions that may stand for each other."""

import pytest

from reassert.syntax.asserted import first_argument, shape_of, tolerance
from reassert.syntax.testcase_api import ALIASES, ASSERTIONS, DEAD_ALIASES
from reassert.workflow.certifying.forms import accepts, kind_of


@pytest.mark.parametrize(
    ("text", "op", "tags"),
    [
        ("a == b", "==", ()),
        ("(\n    a  # why\n    == b\n)", "==", ()),
        ("a == b == c", "==", ()),
        ("a < b < c", "chained", ()),
        ("a == pytest.approx(b, abs=1)", "==", ("approx",)),
        ("round(abs(a - b), 7) == 0", "==", ("round",)),
        ("a == b or round(abs(a - b), 7) == 0", "or", ("round",)),
        ("a is None", "is None", ()),
        ("None is not a", "is not None", ()),
        ("not a is b", "is not", ()),
        ("not a in b", "not in", ()),
        ("not a == b", "not ==", ()),
        ("not not a", "truth", ()),
        ("not isinstance(a, b)", "not isinstance", ()),
        ("isinstance(x := f(), list)", "isinstance", ()),
        ("re.search(p, s)", "search", ()),
        ("PATTERN.search(s) is not None", "is not None", ("search",)),
        ("{*a} == set(b)", "==", ("set", "sizes")),
        ("len(a) == 3", "==", ("len",)),
        ("f(a) == f(a)", "==", ("same",)),
        ("'why'", "constant", ()),
        ("a or True", "constant", ()),
        ("not 0", "not truth", ()),
        ("(a == b, 'message')", "tuple", ()),
        ("'x' in caplog.text", "in", ("caplog",)),
        ("f(a)", "truth", ()),
        ("a ==", "?", ()),
        ("", "?", ()),
        ("value", "truth", ("bound",)),
        ("not value2", "not truth", ("bound",)),
    ],
)
def test_a_condition_has_a_shape(text, op, tags):
    assert shape_of(text)[:2] == (op, frozenset(tags))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("a < 5", 5.0),
        ("5 > a", 5.0),
        ("a >= -0.5", 0.5),
        ("0 < a", 0.0),
        ("abs(a - b) < 0.1", 0.1),
        ("a == pytest.approx(b, abs=0.1)", 0.1),
        ("a == approx(b)", 5e-8),
        ("a == approx(b, 0.5)", 0.5),
        ("a == approx(b, rel=1e-9)", 5e-8),
        ("a == approx(b, abs=tolerance)", None),
        ("round(a - b, 2) == 0", 0.005),
        ("round(a) == 0", 0.5),
        ("a < b", None),
        ("a < True", None),
        ("a == 5", None),
        ("not a < 5", None),
    ],
)
def test_a_condition_has_a_limit_where_a_number_says_so(text, limit):
    found = shape_of(text).limit
    assert found == (limit if limit is None else pytest.approx(limit, abs=0))


@pytest.mark.parametrize(
    ("arguments", "limit"),
    [
        ("a, b", 5e-8),
        ("a, b, 2", 0.005),
        ("a, b, places=None, delta=3", 3.0),
        ("a, b, None, 'why', 0.5", 0.5),
        ("a, b, delta=timedelta(1)", None),
        ("a, b, places=PLACES", None),
        ("*ab", None),
        ("a,, b", None),
    ],
)
def test_the_tolerance_of_a_call(arguments, limit):
    assert tolerance(arguments) == (limit if limit is None else pytest.approx(limit, abs=0))


@pytest.mark.parametrize(
    ("arguments", "first"), [("a == b, 'why'", "a == b"), ("expr=a", "a"), ("*a", ""), ("", ""), ("a b", "")]
)
def test_the_first_argument_is_found(arguments, first):
    assert first_argument(arguments) == first


ACCEPTED = [
    ("assertEqual", "x is None"),
    ("assertEqual", "x == pytest.approx(1)"),
    ("assertNotEqual", "not a == b"),
    ("assertIsNotNone", "x"),
    ("assertTrue", "a == b"),
    ("assertFalse", "a not in b"),
    ("assertGreater", "b < a"),
    ("assertAlmostEqual", "math.isclose(a, b, abs_tol=1)"),
    ("assertAlmostEqual", "a == b"),
    ("assertAlmostEqual", "abs(a - b) < 0.1"),
    ("assertNotAlmostEqual", "a != pytest.approx(b)"),
    ("assertRegex", "re.search(p, s) is not None"),
    ("assertRegex", "re.match(p, s)"),
    ("assertNotRegex", "re.search(p, s) is None"),
    ("assertCountEqual", "Counter(list(a)) == Counter(b)"),
    ("assertCountEqual", "sorted(a) == sorted(b)"),
    ("assertDictContainsSubset", "a.items() <= b.items()"),
    ("assertLogs", "'x' in caplog.text"),
    ("assertEqual", "a =="),
]
REFUSED = [
    ("assertEqual", "a"),
    ("assertEqual", "a in b"),
    ("assertEqual", "a is not None"),
    ("assertEqual", "isinstance(a, b)"),
    ("assertNotEqual", "a is not b"),
    ("assertTrue", "(a, b)"),
    ("assertIn", "a"),
    ("assertIs", "a == b"),
    ("assertIsNone", "not a"),
    ("assertIsInstance", "a"),
    ("assertGreater", "a >= b"),
    ("assertNotAlmostEqual", "a != b"),
    ("assertAlmostEqual", "a > b"),
    ("assertNotRegex", "not re.match(p, s)"),
    ("assertRegex", "a in b"),
    ("assertCountEqual", "set(a) == set(b)"),
    ("assertCountEqual", "len(a) == len(b)"),
    ("assertListEqual", "isinstance(a, list)"),
    ("assertRaises", "a == b"),
    ("assertLogs", "a == b"),
]


@pytest.mark.parametrize(("form", "text"), ACCEPTED)
def test_a_condition_that_asks_as_much_is_accepted(form, text):
    assert accepts(kind_of(form, ""), kind_of("assert", text))


@pytest.mark.parametrize(("form", "text"), REFUSED)
def test_a_condition_that_asks_less_is_not(form, text):
    assert not accepts(kind_of(form, ""), kind_of("assert", text))


@pytest.mark.parametrize("form", sorted(ASSERTIONS | ALIASES.keys() - DEAD_ALIASES))
def test_every_method_may_stay(form):
    assert accepts(kind_of(form, ""), kind_of(form, ""))
    assert accepts(kind_of(form, ""), kind_of(ALIASES.get(form, form), ""))


@pytest.mark.parametrize("form", sorted(ASSERTIONS - {"fail"}))
def test_no_method_may_become_a_tuple(form):
    assert not accepts(kind_of(form, ""), kind_of("assert", "(a, b)"))


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        (("assertRaises", ""), ("pytest.raises", ""), True),
        (("assertRaisesRegex", ""), ("pytest.raises", ""), True),
        (("pytest.raises", ""), ("pytest.raises", ""), True),
        (("assertRaises", ""), ("pytest.warns", ""), False),
        (("assertWarns", ""), ("pytest.deprecated_call", ""), True),
        (("assertRaises", "ValueError"), ("pytest.raises", "ValueError"), True),
        (("assertRaises", "ValueError < Exception"), ("pytest.raises", "Exception"), False),
        (("assertRaises", "Exception"), ("pytest.raises", "ValueError < Exception"), True),
        (("assertRaises", "ValueError"), ("pytest.raises", "KeyError, ValueError"), False),
        (("assertRaises", "KeyError, ValueError"), ("pytest.raises", "ValueError"), True),
        (("assertRaises", "AssertionError < Exception"), ("pytest.raises", "Failed < BaseException"), True),
        (("assertRaisesRegex", "ValueError; match"), ("pytest.raises", "ValueError"), False),
        (("assertRaises", "ValueError"), ("pytest.raises", "ValueError; match"), True),
        (("assertWarns", "UserWarning < Warning"), ("pytest.warns", "Warning"), False),
        (("assertEqual", "a, b"), ("assert", "len(a) == len(b)"), False),
        (("assertEqual", "len(a), len(b)"), ("assert", "len(a) == len(b)"), True),
        (("assertEqual", "*a"), ("assert", "len(a) == len(b)"), True),
        (("assertEqual", "a, second=b"), ("assert", "a == a"), False),
        (("assertEqual", "a, a"), ("assert", "a == a"), True),
        (("assertTrue", "a"), ("assert", "True"), False),
        (("assertTrue", "1"), ("assert", "1"), True),
        (("assertTrue", "a == b, 'why'"), ("assert", "a == b"), True),
        (("assertTrue", "a == b"), ("assert", "a"), False),
        (("assertTrue", "a == b, self.told()"), ("assert", "value"), True),
        (("assertFalse", "a in b"), ("assert", "a not in b"), True),
        (("assertFalse", "a in b"), ("assert", "a"), False),
        (("assertTrue", "a == b"), ("assertEqual", ""), True),
        (("assert", "a == b"), ("assert", "self.a == b"), True),
        (("assert", "a == b"), ("assert", "a"), False),
        (("assert", "a == b"), ("assert", "value"), False),
        (("assert", "a == b"), ("assert", "len(a) == len(b)"), False),
        (("assert", "a"), ("assert", "a == 1"), True),
        (("assertEquals", ""), ("assertEqual", ""), True),
        (("assertEqual", ""), ("assertTrue", ""), False),
        (("assertRedirects", ""), ("assertRedirects", ""), True),
        (("assertRedirects", ""), ("pytest.raises", ""), False),
    ],
)
def test_forms_with_more_than_a_name(before, after, accepted):
    assert accepts(kind_of(*before), kind_of(*after)) is accepted
