"""One suite with every outcome, run by pytest and by unittest."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from reassert.model.runs import Executed
from reassert.runner import RunSpec, never_collected, run
from running import write_tree

FILES = {
    "pkg/__init__.py": "",
    "pkg/code.py": """def sign(x):
    if x < 0:
        return -1
    return 1

def never():
    return 3
""",
    "conftest.py": """
import pytest

@pytest.fixture
def broken_at_end():
    yield
    raise KeyError("end")

@pytest.fixture
def broken():
    raise KeyError("begin")
""",
    "tests/__init__.py": "",
    "tests/test_case.py": """
import unittest
from pkg.code import sign

class Case(unittest.TestCase):
    def test_passes(self):
        self.assertEqual(sign(1), 1)
        for number in range(3):
            self.assertLess(number, 5)
    def test_fails(self):
        self.assertEqual(sign(1), 2, "why")
    def test_errs(self):
        raise OSError("of the method")
    async def test_coroutine(self):
        self.assertEqual(1, 2)
    def test_returned(self):
        return self.test_coroutine()
    def test_generator(self):
        yield 1
    def test_subtests(self):
        for number in range(4):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)
    def test_all_subtests_pass(self):
        with self.subTest("one"):
            pass
    @unittest.skip("because")
    def test_skipped(self):
        pass
    @unittest.expectedFailure
    def test_expected(self):
        self.fail("as expected")
    @unittest.expectedFailure
    def test_unexpected(self):
        pass

class Async(unittest.IsolatedAsyncioTestCase):
    async def test_runs(self):
        self.assertEqual(1, 1)
    def test_returned(self):
        return self.test_runs()

class BrokenClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("of the class")
    def test_of_broken(self):
        pass

class SkippedClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("not here")
    def test_of_skipped(self):
        pass

class BrokenAtEnd(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        raise OSError("at the end")
    def test_first(self):
        self.assertTrue(1)
    def test_last(self):
        self.assertTrue(1)

class Only(unittest.TestCase):
    def runTest(self):
        self.assertTrue(1)
""",
    "tests/test_loading.py": """
import unittest
from tests.test_case import Only as Imported

class Holder:
    class Hidden(unittest.TestCase):
        def test_hidden(self):
            self.assertTrue(1)

class Off(unittest.TestCase):
    __test__ = False
    def test_off(self):
        pass

def load_tests(loader, tests, pattern):
    tests.addTests(loader.loadTestsFromTestCase(Holder.Hidden))
    return tests
""",
    "tests/test_module.py": """
import unittest

def setUpModule():
    raise ValueError("of the module")

class Case(unittest.TestCase):
    def test_of_module(self):
        pass
""",
    "tests/test_broken.py": "import nowhere\n",
    "tests/test_absent.py": 'import unittest\nraise unittest.SkipTest("no database")\n',
    "check/test_plain.py": """
import pytest

def test_teardown(broken_at_end):
    pass
def test_setup(broken):
    pass
def test_both(broken_at_end):
    assert 0
@pytest.mark.xfail(reason="later")
def test_xfail():
    assert 0
@pytest.mark.xfail(reason="later")
def test_xpass():
    pass
@pytest.mark.xfail(strict=True, reason="later")
def test_xpass_strict():
    pass
@pytest.mark.parametrize("value", [1, 0])
def test_values(value):
    assert value
def test_skips():
    pytest.skip("by a call")
def test_subtests(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number != 1
class TestOld:
    def __init__(self):
        pass
    def test(self):
        pass
""",
}

UNITTEST = {
    "Case::test_all_subtests_pass": ("passed", ""),
    "Case::test_coroutine": ("passed", ""),
    "Case::test_errs": ("failed", "OSError: of the method"),
    "Case::test_expected": ("xfailed", ""),
    "Case::test_fails": ("failed", "AssertionError: 1 != 2 : why"),
    "Case::test_generator": ("passed", ""),
    "Case::test_passes": ("passed", ""),
    "Case::test_returned": ("passed", ""),
    "Case::test_skipped": ("skipped", "because"),
    "Case::test_subtests": ("failed", "AssertionError: 1 == 1"),
    "Async::test_runs": ("passed", ""),
    "Async::test_returned": ("passed", ""),
    "BrokenClass::test_of_broken": ("error", "OSError: of the class"),
    "SkippedClass::test_of_skipped": ("skipped", "not here"),
    "BrokenAtEnd::test_first": ("passed", ""),
    "BrokenAtEnd::test_last": ("error", "OSError: at the end"),
    "Only::runTest": ("passed", ""),
}
PLAIN = {
    "test_teardown": ("error", "KeyError: 'end'"),
    "test_setup": ("error", "KeyError: 'begin'"),
    "test_both": ("failed", "assert 0"),
    "test_xfail": ("xfailed", "later"),
    "test_xpass": ("xpassed", "later"),
    "test_xpass_strict": ("failed", "[XPASS(strict)] later"),
    "test_values[1]": ("passed", ""),
    "test_values[0]": ("failed", "assert 0"),
    "test_skips": ("skipped", "by a call"),
    "test_subtests": ("failed", "assert 1 != 1"),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("matrix")
    write_tree(root, FILES)
    return root


@pytest.fixture(scope="module")
def by_pytest(root):
    return run(RunSpec(root, root, Path(sys.executable), coverage=True))


@pytest.fixture(scope="module")
def by_unittest(root):
    return run(RunSpec(root, root, Path(sys.executable), coverage=True, unittest=True))


@pytest.fixture(scope="module", params=["by_pytest", "by_unittest"])
def either(request):
    return request.getfixturevalue(request.param)


def seen(found, prefix):
    start = len(prefix)
    return {
        nodeid[start:]: (test.outcome, test.message)
        for nodeid, test in found.tests.items()
        if nodeid.startswith(prefix)
    }


def test_outcomes_of_test_cases(either):
    found = seen(either, "tests/test_case.py::")
    unexpected = found.pop("Case::test_unexpected")
    assert found == UNITTEST
    assert unexpected[0] == "failed"
    assert "nexpected success" in unexpected[1]
    assert either.trouble == ""
    assert seen(either, "tests/test_module.py::") == {
        "Case::test_of_module": ("error", "ValueError: of the module")
    }


def test_outcomes_of_functions(by_pytest):
    assert seen(by_pytest, "check/test_plain.py::") == PLAIN


def test_subtests_are_counted(either):
    assert either.tests["tests/test_case.py::Case::test_subtests"].subtests == (3, 1, 0)


def test_subtests_of_the_fixture_are_counted(by_pytest):
    test = by_pytest.tests["check/test_plain.py::test_subtests"]
    assert test.subtests == (2, 1, 0)


def test_bodies_that_never_ran(either):
    never = {nodeid: test.never_ran for nodeid, test in either.tests.items() if test.never_ran}
    expected = {"Case::test_coroutine": "coroutine", "Case::test_returned": "coroutine"}
    expected |= {"Case::test_generator": "generator"}
    if sys.version_info >= (3, 11):  # before, asyncio's class awaits what a plain method returns
        expected["Async::test_returned"] = "coroutine"
    assert never == {f"tests/test_case.py::{name}": kind for name, kind in expected.items()}


def test_what_cannot_be_collected(by_pytest):
    assert by_pytest.errors == {"tests/test_broken.py": "ModuleNotFoundError: No module named 'nowhere'"}
    assert by_pytest.skipped == {"tests/test_absent.py": "no database"}


def test_what_unittest_cannot_load(by_unittest):
    assert by_unittest.errors == {"tests/test_broken.py": "ModuleNotFoundError: No module named 'nowhere'"}
    assert by_unittest.skipped == {"tests/test_absent.py": "no database"}


def test_warnings_of_the_collection(by_pytest):
    assert any("PytestCollectionWarning" in line and "TestOld" in line for line in by_pytest.warnings)
    assert any("never awaited" in line for line in by_pytest.warnings)


def test_details_of_a_failure(either):
    test = either.tests["tests/test_case.py::Case::test_fails"]
    assert 'self.assertEqual(sign(1), 2, "why")' in test.details
    assert "reassert_probe" not in test.details
    assert either.tests["tests/test_case.py::Case::test_passes"].details == ""


def test_assertions_of_both_runs_are_the_same(by_pytest, by_unittest):
    path = "tests/test_case.py"
    for found in (by_pytest, by_unittest):
        test = found.tests[f"{path}::Case::test_passes"]
        # What is compared only pytest's run tells: the other finds tests, and is held against nothing.
        said = tuple(replace(one, text="") for one in test.assertions)
        assert said == (Executed("assertEqual", path, 7, 1), Executed("assertLess", path, 9, 3))
    assert by_pytest.traced
    assert not by_unittest.traced


def test_order_is_the_order_of_the_run(by_pytest):
    plain = [nodeid for nodeid in by_pytest.order if nodeid.startswith("check/")]
    assert plain == [f"check/test_plain.py::{name}" for name in PLAIN]


def test_what_pytest_never_collects(by_pytest, by_unittest):
    assert never_collected(by_pytest, by_unittest) == (
        "tests/test_loading.py::Off::test_off",
        "tests/test_loading.py::Holder::Hidden::test_hidden",
    )


def test_coverage_is_of_the_code_under_test(either):
    assert set(either.coverage) == {"pkg/__init__.py", "pkg/code.py"}
    code = either.coverage["pkg/code.py"]
    assert code.executed == {1, 2, 4, 6}
    assert code.missing == {3, 7}
    assert code.missing_branches == {(2, 3)}
    assert code.executed_branches == {(2, 4)}


def test_versions(by_pytest):
    assert by_pytest.pytest == pytest.__version__
    assert by_pytest.python == ".".join(map(str, sys.version_info[:3]))
