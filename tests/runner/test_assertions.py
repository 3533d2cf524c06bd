"""What is counted as an executed assertion, and that counting changes nothing. One run serves all tests."""

import sys
from pathlib import Path

import pytest

from reassert.model.runs import Executed
from reassert.runner import RunSpec, run
from running import write_tree

HEAD = "import unittest, pytest, threading, warnings\nfrom pytest import raises, fail, warns\n"


def in_case(body):
    lines = "".join(f"        {line}\n" for line in body.strip().splitlines())
    return f"{HEAD}class T(unittest.TestCase):\n    def test(self):\n{lines}"


def in_function(body):
    return f"{HEAD}def test():\n" + "".join(f"    {line}\n" for line in body.strip().splitlines())


FILES = {
    "conftest.py": """
import conftest
seen = []
def pytest_assertion_pass(item, lineno, orig, expl):
    if "hook" in item.nodeid:
        seen.append(orig)
""",
    "rewritten.py": "def check(x):\n    assert x\n",
    "plain.py": "def check(x):\n    assert x\n",
    "test_helpers.py": "import plain, rewritten\ndef test():\n    plain.check(1)\n    rewritten.check(1)\n",
    "test_nested.py": in_case("self.assertEqual({1: [2]}, {1: [2]})\nself.assertCountEqual([1, 2], [2, 1])"),
    "test_managers.py": in_case("""
with self.assertRaises(AssertionError):
    self.assertTrue(False)
self.assertRaises(AssertionError, self.assertIn, 1, [])
self.assertRaises(ValueError, int, "x")
with self.assertLogs() as logs, self.assertRaisesRegex(KeyError, "k"):
    import logging
    logging.warning("x")
    raise KeyError("k")
with self.assertWarns(UserWarning):
    warnings.warn("x")
"""),
    "test_positions.py": in_case("""
list(map(self.assertTrue, [1, 2]))
check = self.assertEqual
check(1, 1)
getattr(self, "assert" + "Is")(None, None)
unittest.TestCase.assertGreater(self, 2, 1)
unittest.TestCase().assertLess(1, 2)
threads = [threading.Thread(target=lambda: [self.assertIsNone(None) for _ in range(500)]) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
self.addCleanup(self.assertNotEqual, 1, 2)
"""),
    "test_own.py": HEAD
    + """
class Base(unittest.TestCase):
    def assertEqual(self, first, second, msg=None):
        super().assertEqual(str(first), str(second), msg)
    def assertSmall(self, value):
        self.assertLess(value, 10)
        self.assertGreater(value, -10)
class T(Base):
    def test(self):
        self.assertEqual(1, "1")
        self.assertSmall(3)
""",
    "test_mocks.py": "import unittest\nfrom unittest import mock\n"
    + in_function("""
m = mock.Mock()
m(1)
m.assert_called_once_with(1)
f = mock.create_autospec(lambda x: 1)
f(2)
f.assert_called_once_with(2)
f.assert_any_call(2)
"""),
    "test_alias.py": in_case("with self.assertWarns(DeprecationWarning):\n    self.assertEquals(1, 1)"),
    "test_setup.py": HEAD
    + """
class T(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls().assertTrue(1)
    def setUp(self):
        self.assertTrue(1)
    def test(self):
        pass
    def test_2(self):
        pass
""",
    "test_statements.py": in_function("""
x = 1
assert x == 1, "why"
assert (
    x
    < 2
)
for _ in range(3): assert "é" and x; assert x
"""),
    "test_functions.py": in_function("""
with raises(ValueError, match="x") as info:
    raise ValueError("x")
assert info.value.args == ("x",)
with pytest.raises(fail.Exception):
    pytest.fail("x")
with warns(UserWarning):
    warnings.warn("x")
with pytest.deprecated_call():
    warnings.warn("x", DeprecationWarning)
assert pytest.raises(ZeroDivisionError, lambda: 1 / 0).type is ZeroDivisionError
"""),
    "test_blocks.py": HEAD
    + """
class Checked:
    assert "class body"
def test():
    if 1: assert Checked
    else: assert not Checked
    for _ in (1, 2):
        with raises(KeyError):
            try:
                assert "try"
                raise KeyError
            except KeyError:
                assert "handler"
                raise
            finally:
                assert "finally"
    async def later():
        assert "async"
    def unused():
        assert "unused"
    with raises(StopIteration):
        later().send(None)
""",
    "test_weak.py": HEAD
    + """
import weakref
class Thing:
    pass
def test():
    thing = Thing()
    seen = weakref.ref(thing)
    assert seen() is thing
    assert seen() == thing
    del thing
    assert seen() is None
""",
    "test_not_rewritten.py": '"""PYTEST_DONT_REWRITE"""\ndef test():\n    assert 1\n',
    "test_failing.py": in_function("""
with pytest.raises(AssertionError):
    assert 1 == 2
try:
    assert 0
except AssertionError:
    pass
"""),
    "test_lazy.py": HEAD
    + """
class Lazy:
    asked = 0
    def __repr__(self):
        Lazy.asked += 1
        return "Lazy"
    def __eq__(self, other):
        return True
def test():
    lazy = Lazy()
    assert lazy == 1
    unittest.TestCase().assertEqual(lazy, 1)
    assert Lazy.asked == 0
""",
}


def run_suite(root, files, **options):
    write_tree(root, files)
    return run(RunSpec(root, root, Path(sys.executable), **options))


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    files = {name: text for name, text in FILES.items() if name != "conftest.py"}
    return run_suite(tmp_path_factory.mktemp("assertions"), files, rewrite_modules=("rewritten",))


def executed(found, nodeid):
    test = found.tests[nodeid]
    assert test.outcome == "passed", test.details
    return test.assertions


def counts(found, nodeid):
    """``{form: number}`` of a test that must have passed."""
    counted = {}
    for one in executed(found, nodeid):
        counted[one.form] = counted.get(one.form, 0) + one.count
    return counted


def test_an_assertion_that_uses_others_is_one(found):
    assert counts(found, "test_nested.py::T::test") == {"assertEqual": 1, "assertCountEqual": 1}


def test_managers_count_at_the_call_and_what_is_in_them_too(found):
    assert counts(found, "test_managers.py::T::test") == {
        "assertRaises": 3,
        "assertTrue": 1,
        "assertIn": 1,
        "assertLogs": 1,
        "assertRaisesRegex": 1,
        "assertWarns": 1,
    }


def test_managers_tell_what_they_expect(found):
    executed_there = executed(found, "test_functions.py::test")
    told = [one.text for one in executed_there if one.form in ("pytest.raises", "pytest.warns")]
    bases = "Exception < BaseException"
    assert told[0] == f"ValueError < {bases}; match"
    assert told[1].startswith("Failed < ")
    assert told[2] == f"UserWarning < Warning < {bases}"


EMPTY = """
import re, unittest
from pytest import raises
class T(unittest.TestCase):
    def test(self):
        with self.assertRaisesRegex(ValueError, ""):
            int("x")
        self.assertRaisesRegex(ValueError, re.compile("x"), int, "x")
        with raises(ValueError, match=""):
            int("x")
        with raises(ValueError, match=re.compile("")):
            int("x")
        with raises(ValueError, match="x"):
            int("x")
        raises(ValueError, int, "x")
"""


def test_an_empty_text_is_none(suite):
    found = suite({"test_a.py": EMPTY})
    told = [one.text.endswith("; match") for one in executed(found, "test_a.py::T::test")]
    assert told == [False, True, False, False, True, False]


def test_an_assertion_of_a_mock_that_uses_others_is_one(found):
    assert counts(found, "test_mocks.py::test") == {"assert_called_once_with": 2, "assert_any_call": 1}


def test_calls_in_unusual_positions(found):
    assert counts(found, "test_positions.py::T::test") == {
        "assertTrue": 2,
        "assertEqual": 1,
        "assertIs": 1,
        "assertGreater": 1,
        "assertLess": 1,
        "assertIsNone": 2000,
        "assertNotEqual": 1,
    }


def test_methods_of_other_classes_count_by_what_they_call(found):
    assert executed(found, "test_own.py::T::test") == (
        Executed("assertEqual", "test_own.py", 6, 1, "str(first), str(second), msg"),
        Executed("assertLess", "test_own.py", 8, 1, "value, 10"),
        Executed("assertGreater", "test_own.py", 9, 1, "value, -10"),
    )


def test_deprecated_aliases(found):
    if sys.version_info >= (3, 12):
        assert found.tests["test_alias.py::T::test"].message.startswith("AttributeError")  # they are gone
    else:
        assert counts(found, "test_alias.py::T::test") == {"assertWarns": 1, "assertEqual": 1}


def test_set_up_counts_for_the_test_that_needs_it(found):
    assert counts(found, "test_setup.py::T::test") == {"assertTrue": 2}
    assert counts(found, "test_setup.py::T::test_2") == {"assertTrue": 1}


def test_statements_with_their_source(found):
    assert executed(found, "test_statements.py::test") == (
        Executed("assert", "test_statements.py", 5, 1, "x == 1"),
        Executed("assert", "test_statements.py", 6, 1, "x\n        < 2"),
        Executed("assert", "test_statements.py", 10, 6, '"é" and x'),
    )


def test_statements_in_blocks(found):
    lines = {one.line: one.count for one in executed(found, "test_blocks.py::test") if one.form == "assert"}
    assert lines == {7: 1, 12: 2, 15: 2, 18: 2, 20: 1}


def test_counting_keeps_no_operand_alive(found):
    assert counts(found, "test_weak.py::test") == {"assert": 3}


def test_a_module_that_pytest_must_not_rewrite_is_left_alone(found):
    assert counts(found, "test_not_rewritten.py::test") == {}


def test_functions_of_pytest(found):
    assert counts(found, "test_functions.py::test") == {
        "assert": 2,
        "pytest.raises": 3,
        "pytest.fail": 1,
        "pytest.warns": 1,
        "pytest.deprecated_call": 1,
    }


def test_a_statement_that_fails_counts(found):
    assert counts(found, "test_failing.py::test") == {"pytest.raises": 1, "assert": 2}


def test_the_operands_are_not_looked_at(found):
    assert counts(found, "test_lazy.py::test") == {"assert": 2, "assertEqual": 1}


@pytest.mark.parametrize(
    ("modules", "own", "expected"),
    [
        (("pkg",), "", {"pkg/__init__.py"}),
        (("pkg.*",), "", {"pkg/__init__.py", "pkg/inner.py"}),
        (("pkg",), "pkg", {"pkg/__init__.py", "pkg/inner.py"}),
    ],
)
def test_of_a_package_that_alone_is_rewritten_unless_all_is_asked_for(tmp_path, modules, own, expected):
    files = {
        "pkg/__init__.py": "def check(x):\n    assert x\n",
        "pkg/inner.py": "def check(x):\n    assert x\n",
        "conftest.py": f"import pytest\npytest.register_assert_rewrite({own!r})\n" if own else "",
        "test_a.py": "import pkg.inner\ndef test():\n    pkg.check(1)\n    pkg.inner.check(1)\n",
    }
    found = run_suite(tmp_path, files, rewrite_modules=modules)
    assert {each.path for each in executed(found, "test_a.py::test")} == expected


def test_helpers_are_rewritten_where_asked(found):
    assert executed(found, "test_helpers.py::test") == (Executed("assert", "rewritten.py", 2, 1, "x"),)


def test_statements_of_plugins_do_not_count(tmp_path):
    plugin = "import pytest\n@pytest.fixture(autouse=True)\ndef checked():\n    assert 1\n    yield\n"
    write_tree(tmp_path, {"elsewhere/plugin_of_others.py": plugin})
    env = {"PYTEST_PLUGINS": "plugin_of_others", "PYTHONPATH": str(tmp_path / "elsewhere")}
    found = run_suite(tmp_path / "project", {"test_a.py": in_function("assert 1")}, env=env)
    assert counts(found, "test_a.py::test") == {"assert": 1}


def test_a_hook_of_the_project_is_still_called(tmp_path):
    text = "import conftest\ndef test_hook():\n    assert 1 == 1\n    assert conftest.seen == ['1 == 1']\n"
    ini = "[pytest]\nenable_assertion_pass_hook = true\n"
    files = {"conftest.py": FILES["conftest.py"], "test_a.py": text, "pytest.ini": ini}
    found = run_suite(tmp_path, files)
    assert counts(found, "test_a.py::test_hook") == {"assert": 2}


def test_without_rewriting_it_is_said_that_nothing_is_traced(tmp_path):
    files = {"test_a.py": in_function("assert 1"), "pytest.ini": "[pytest]\naddopts = --assert=plain\n"}
    found = run_suite(tmp_path, files)
    assert counts(found, "test_a.py::test") == {}
    assert not found.traced


CAUGHT = """
import contextlib, unittest
from contextlib import suppress
import pytest
class T(unittest.TestCase):
    def test(self):
        try:
            self.assertTrue(1, "swallowed")
        except Exception:
            pass
        try:
            self.assertTrue(1, "raised again")
        except:
            raise
        try:
            self.assertTrue(1, "told")
        except (ValueError, AssertionError) as error:
            self.fail(error)
        try:
            pass
        except AssertionError:
            self.assertTrue(1, "not tried")
        with suppress(AssertionError):
            self.assertTrue(1, "suppressed")
            def later():
                self.assertTrue(1, "in a function")
        with contextlib.suppress(ValueError):
            self.assertTrue(1, "another error")
        with self.assertRaises(Exception):
            self.assertTrue(0, "expected")
        later()
"""
AROUND = """
import pytest
def fails(): raise ValueError
def test():
    with pytest.raises(ValueError):
        fails()
    with pytest.raises(ValueError):
        if True:
            pass
            x = 1
            for y in (1,):
                fails()
    pytest.raises(ValueError, fails)
    context = pytest.raises(ValueError)
    with context:
        x = 1
        fails()
    pytest.raises(ValueError)
    for _ in (1, 2):
        with pytest.raises(ValueError): fails()
"""


def test_what_catches_a_failure(suite):
    found = suite({"test_a.py": CAUGHT})
    lines = CAUGHT.splitlines()
    asked = [one for one in found.tests["test_a.py::T::test"].assertions if one.form == "assertTrue"]
    told = {lines[one.line - 1].split('"')[1]: one.caught for one in asked}
    assert {text for text, caught in told.items() if caught} == {"swallowed", "suppressed", "expected"}
    assert len(told) == 7


YIELDING = """
import contextlib, unittest
class T(unittest.TestCase):
    @contextlib.contextmanager
    def expecting(self):
        with self.assertRaises(ValueError):
            yield
    def test(self):
        with self.expecting():
            x = "x"
            int(x)
"""


def test_how_much_is_around_a_yield_is_not_known(suite):
    (one,) = executed(suite({"test_a.py": YIELDING}), "test_a.py::T::test")
    assert (one.form, one.line, one.around) == ("assertRaises", 6, 0)


def test_what_expects_something_counts_when_entered_and_tells_how_much_it_stands_around(suite):
    found = suite({"test_a.py": AROUND})
    told = [(one.line, one.count, one.around) for one in found.tests["test_a.py::test"].assertions]
    assert told == [(5, 1, 1), (7, 1, 2), (13, 1, 1), (14, 1, 0), (20, 2, 1)]
