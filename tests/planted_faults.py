"""Faults that a migration may have: what a test file was, what a careless hand made of it, and what is true.

Each fault is a module of its own, ``test_<name>.py``; ``helpers`` are further files. ``label`` is what the
certificate must say of ``test`` (a node id without the file), or of no test at all where it is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

from reassert.model.certificate import Label


@dataclass(frozen=True)
class Fault:
    """A row of the table."""

    name: str
    before: str
    after: str
    label: Label | None
    test: str
    helpers: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"tests/test_{self.name}.py"

    @property
    def nodeid(self) -> str:
        return f"{self.path}::{self.test}"


def fault(name, label, test, before, after, **helpers):
    files = {
        path.replace("__", "/") + ".py": (dedent(old), dedent(new)) for path, (old, new) in helpers.items()
    }
    return Fault(name, dedent(before), dedent(after), label, test, files)


def method(body, name="test_x", base="unittest.TestCase", owner="ATests"):
    """A module with one class with one test."""
    lines = dedent(body).strip().splitlines()
    inner = "\n".join(f"        {line}" if line else "" for line in lines)
    head = f"class {owner}({base}):" if base else f"class {owner}:"
    return f"import unittest\nimport pytest\n\n\n{head}\n    def {name}(self):\n{inner}\n"


def plain(body, name="test_x"):
    return method(body, name, base="", owner="TestA")


FAULTS = (
    fault(
        "weakened_beside_an_expected_text",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("""
            items = {"a": 1}
            with self.assertRaisesRegex(KeyError, "b"):
                items["b"]
            self.assertEqual(items, {"a": 1})
        """),
        plain("""
            items = {"a": 1}
            with pytest.raises(KeyError, match="b"):
                items["b"]
            assert "a" in items
        """),
    ),
    fault(
        "class_not_collected",
        Label.LOST,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        method("assert 1 == 1", base=""),
    ),
    fault(
        "method_not_collected",
        Label.LOST,
        "ATests::test_y",
        """
        import unittest

        class ATests(unittest.TestCase):
            def test_x(self):
                self.assertEqual(1, 1)
            def test_y(self):
                self.assertEqual(2, 2)
        """,
        """
        class TestA:
            def test_x(self):
                assert 1 == 1
            def check_y(self):
                assert 2 == 2
        """,
    ),
    fault(
        "same_name_twice",
        Label.LOST,
        "BTests::test_x",
        """
        import unittest

        class ATests(unittest.TestCase):
            def test_x(self):
                self.assertEqual(1, 1)

        class BTests(unittest.TestCase):
            def test_x(self):
                self.assertEqual(2, 2)
                self.assertTrue(3)
        """,
        """
        class TestA:
            def test_x(self):
                assert 1 == 1
        """,
    ),
    fault(
        "syntax_error",
        Label.LOST,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        "class TestA:\n    def test_x(self)\n        assert 1 == 1\n",
    ),
    fault(
        "import_missing",
        Label.NEWLY_FAILING,
        "ATests::test_x",
        method('self.assertRegex("abc", "b")'),
        "class TestA:\n    def test_x(self):\n        assert re.search('b', 'abc')\n",
    ),
    fault(
        "constructor_added",
        Label.LOST,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        "class TestA:\n    def __init__(self):\n        1\n\n    def test_x(self):\n        assert 1 == 1\n",
    ),
    fault(
        "assertion_dropped",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual(1, 1)\nself.assertEqual(2, 2)"),
        plain("assert 1 == 1"),
    ),
    fault(
        "every_assertion_dropped",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        plain("1 == 1"),
    ),
    fault(
        "tuple_is_always_true",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method('self.assertEqual(1, 1, "message")'),
        plain('assert (1 == 1, "message")'),
    ),
    fault(
        "equal_to_truth",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual([1], [1])"),
        plain("assert [1]"),
    ),
    fault(
        "comparison_in_assert_true_to_truth",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertTrue([1] == [1])"),
        plain("assert [1]"),
    ),
    fault(
        "equal_to_in",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        plain("assert 1 in [1, 2]"),
    ),
    fault(
        "is_to_equal",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertIs(None, None)"),
        plain("assert None == None"),
    ),
    fault(
        "loop_runs_once",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("for n in range(3):\n    self.assertLess(n, 3)"),
        plain("for n in range(1):\n    assert n < 3"),
    ),
    fault(
        "assertion_behind_return",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual(1, 1)\nself.assertEqual(2, 2)"),
        plain("assert 1 == 1\nreturn\nassert 2 == 2"),
    ),
    fault(
        "raises_dropped",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method('with self.assertRaises(ValueError):\n    int("x")'),
        plain('try:\n    int("x")\nexcept ValueError:\n    pass'),
    ),
    fault(
        "another_exception_will_do",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("with self.assertRaises(ValueError):\n    int('x')"),
        plain("with pytest.raises(Exception):\n    int('x')"),
    ),
    fault(
        "text_of_an_exception_forgotten",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("with self.assertRaisesRegex(ValueError, 'invalid'):\n    int('x')"),
        plain("with pytest.raises(ValueError):\n    int('x')"),
    ),
    fault(
        "equal_to_equal_sizes",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = [1]\nself.assertEqual(x, [1])"),
        plain("x = [1]\nassert len(x) == len([1])"),
    ),
    fault(
        "compared_with_itself",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = 1\nself.assertEqual(x, int('1'))"),
        plain("x = 1\nassert x == x"),
    ),
    fault(
        "mock_no_longer_asked",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        "from unittest import mock\n" + method("m = mock.Mock()\nm(1)\nm.assert_called_once_with(1)"),
        "from unittest import mock\n" + plain("m = mock.Mock()\nm(1)"),
    ),
    fault(
        "mock_asked_for_less",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        "from unittest import mock\n" + method("m = mock.Mock()\nm(1)\nm.assert_called_once_with(1)"),
        "from unittest import mock\n" + plain("m = mock.Mock()\nm(1)\nm.assert_called()"),
    ),
    fault(
        "failure_swallowed",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        plain("try:\n    assert 1 == 1\nexcept Exception:\n    pass"),
    ),
    fault(
        "failure_suppressed",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        "import contextlib\n" + plain("with contextlib.suppress(AssertionError):\n    assert 1 == 1"),
    ),
    fault(
        "assertion_where_anything_may_be_raised",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("with self.assertRaises(ValueError):\n    int('x')\nself.assertEqual(1, 1)"),
        plain("with pytest.raises(Exception):\n    assert 1 == 1\n    int('x')"),
    ),
    fault(
        "all_well_swallowed_before_too",
        None,
        "ATests::test_x",
        method("try:\n    self.assertEqual(1, 1)\nexcept Exception:\n    pass"),
        plain("try:\n    assert 1 == 1\nexcept Exception:\n    pass"),
    ),
    fault(
        "all_well_raised_again",
        None,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        plain("try:\n    assert 1 == 1\nexcept Exception:\n    print('a')\n    raise"),
    ),
    fault(
        "all_well_another_exception_caught",
        None,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        plain("try:\n    assert 1 == 1\nexcept ValueError:\n    pass"),
    ),
    fault(
        "raises_never_entered",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("with self.assertRaises(ValueError):\n    int('x')"),
        plain("pytest.raises(ValueError)\ntry:\n    int('x')\nexcept ValueError: pass"),
    ),
    fault(
        "logs_never_entered",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        "import logging\n" + method("with self.assertLogs():\n    logging.warning('x')"),
        "import logging\n" + method("self.assertLogs()\nlogging.warning('x')"),
    ),
    fault(
        "raises_around_another_statement",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = int('1')\nwith self.assertRaises(ValueError):\n    int('x')"),
        plain("with pytest.raises(ValueError):\n    x = int('1')\n    int('x')"),
    ),
    fault(
        "raises_around_an_argument",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertRaises(ValueError, int, 'x')"),
        plain("with pytest.raises(ValueError):\n    y = 'x'\n    int(y)"),
    ),
    fault(
        "all_well_raises_around_less",
        None,
        "ATests::test_x",
        method("with self.assertRaises(ValueError):\n    x = int('1')\n    int('x')"),
        plain("x = int('1')\nwith pytest.raises(ValueError):\n    int('x')"),
    ),
    fault(
        "all_well_raises_entered_by_a_stack",
        None,
        "ATests::test_x",
        "import contextlib\n" + method("with self.assertRaises(ValueError):\n    int('x')"),
        "import contextlib\n"
        + plain(
            "with contextlib.ExitStack() as s:\n    s.enter_context(pytest.raises(ValueError))\n    int('x')"
        ),
    ),
    fault(
        "case_without_assertions_lost",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("for x in (1, 2, 3):\n    with self.subTest(x):\n        int(x)"),
        "import pytest\nclass TestA:\n    @pytest.mark.parametrize('x', [1])\n"
        "    def test_x(self, x):\n        int(x)\n",
    ),
    fault(
        "fewer_places",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertAlmostEqual(1.0, 1.0, places=10)"),
        plain("assert 1.0 == pytest.approx(1.0)"),
    ),
    fault(
        "larger_tolerance",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertAlmostEqual(1.0, 1.0)"),
        plain("assert 1.0 == pytest.approx(1.0, abs=0.1)"),
    ),
    fault(
        "larger_delta",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertAlmostEqual(1.0, 1.0, delta=0.01)"),
        plain("assert abs(1.0 - 1.0) <= 0.1"),
    ),
    fault(
        "rounded_to_fewer_places",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertAlmostEqual(1.0, 1.0)"),
        plain("assert round(1.0 - 1.0, 2) == 0"),
    ),
    fault(
        "all_well_approximately",
        None,
        "ATests::test_x",
        method("self.assertAlmostEqual(1.0, 1.0)"),
        plain("assert 1.0 == pytest.approx(1.0)"),
    ),
    fault(
        "all_well_the_same_tolerance",
        None,
        "ATests::test_x",
        method("self.assertAlmostEqual(1.0, 1.0, delta=0.1)"),
        plain("assert 1.0 == pytest.approx(1.0, abs=0.1)"),
    ),
    fault(
        "equal_to_approx",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual(1.0, 1.0)"),
        plain("assert 1.0 == pytest.approx(1.0)"),
    ),
    fault(
        "equal_in_any_order",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertEqual([2, 1], [2, 1])"),
        plain("assert sorted([2, 1]) == sorted([2, 1])"),
    ),
    fault(
        "list_equal_in_any_order",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertListEqual([2, 1], [2, 1])"),
        plain("assert sorted([2, 1]) == [1, 2]"),
    ),
    fault(
        "all_well_sorted",
        None,
        "ATests::test_x",
        method("self.assertCountEqual([2, 1], [2, 1])"),
        plain("assert sorted([2, 1]) == [1, 2]"),
    ),
    fault(
        "equal_counts",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        "from collections import Counter\n" + method("self.assertEqual([2, 1], [2, 1])"),
        "from collections import Counter\n" + plain("assert Counter([2, 1]) == Counter([2, 1])"),
    ),
    fault(
        "list_equal_to_size",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("self.assertListEqual([2, 1], [2, 1])"),
        plain("assert len([2, 1]) == 2"),
    ),
    fault(
        "lower_bound",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = 6\nself.assertGreater(x, 5)"),
        plain("x = 6\nassert x > 0"),
    ),
    fault(
        "lower_bound_turned_round",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = 6\nself.assertGreater(x, 5)"),
        plain("x = 6\nassert 0 < x"),
    ),
    fault(
        "all_well_stricter_bound",
        None,
        "ATests::test_x",
        method("x = 4\nself.assertLess(x, 5)"),
        plain("x = 4\nassert 4.5 > x"),
    ),
    fault(
        "all_well_the_same_bound",
        None,
        "ATests::test_x",
        method("x = 6\nself.assertGreaterEqual(x, 5)"),
        plain("x = 6\nassert x >= 5"),
    ),
    fault(
        "all_well_more_than_the_size",
        None,
        "ATests::test_x",
        method("x = [6]\nself.assertEqual(len(x), 1)"),
        plain("x = [6]\nassert x == [6]"),
    ),
    fault(
        "equal_in_lower_case",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = 'a'\nself.assertEqual(x, 'a')"),
        plain("x = 'a'\nassert x.lower() == 'a'"),
    ),
    fault(
        "equal_as_text",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = 1\nself.assertEqual(x, 1)"),
        plain("x = 1\nassert str(x) == '1'"),
    ),
    fault(
        "equal_keys",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = {1: 2}\nself.assertEqual(x, {1: 2})"),
        plain("x = {1: 2}\nassert x.keys() == {1: 2}.keys()"),
    ),
    fault(
        "dict_equal_keys",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method("x = {1: 2}\nself.assertDictEqual(x, {1: 2})"),
        plain("x = {1: 2}\nassert sorted(x) == [1]"),
    ),
    fault(
        "raises_around_too_much",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        method(
            "self.assertEqual(1, 1)\n"
            'with self.assertRaises(ValueError):\n    int("x")\nself.assertEqual(2, 2)'
        ),
        plain('assert 1 == 1\nwith pytest.raises(ValueError):\n    int("x")\n    assert 2 == 2'),
    ),
    fault(
        "helper_no_longer_asserts",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        """
        import unittest

        class ATests(unittest.TestCase):
            def check(self, n):
                self.assertLess(n, 3)
            def test_x(self):
                self.check(1)
        """,
        """
        class TestA:
            def check(self, n):
                n < 3
            def test_x(self):
                self.check(1)
        """,
    ),
    fault(
        "helper_in_another_file",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        """
        from helper_base import Base

        class ATests(Base):
            def test_x(self):
                self.check(1)
        """,
        """
        from helper_base import Base

        class TestA(Base):
            def test_x(self):
                self.check(1)
        """,
        tests__helper_base=(
            """
            import unittest

            class Base(unittest.TestCase):
                def check(self, n):
                    self.assertLess(n, 3)
            """,
            """
            class Base:
                def check(self, n):
                    return n < 3
            """,
        ),
    ),
    fault(
        "skip_became_a_run",
        Label.SKIP_CHANGED,
        "ATests::test_x",
        method("self.skipTest('not here')"),
        plain("pass"),
    ),
    fault(
        "class_skip_ignored",
        Label.SKIP_CHANGED,
        "ATests::test_x",
        "import unittest\n\n@unittest.skip('no')\n"
        "class ATests(unittest.TestCase):\n    def test_x(self):\n        pass\n",
        "import unittest\n\n@unittest.skip('no')\nclass TestA:\n    def test_x(self):\n        pass\n",
    ),
    fault(
        "run_became_a_skip",
        Label.SKIP_CHANGED,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        plain("pytest.skip('later')"),
    ),
    fault(
        "condition_turned_round",
        Label.SKIP_CHANGED,
        "ATests::test_x",
        "import sys\nimport unittest\n\nclass ATests(unittest.TestCase):\n"
        "    @unittest.skipUnless(sys.argv, 'no')\n    def test_x(self):\n        self.assertEqual(1, 1)\n",
        "import sys\nimport pytest\n\nclass TestA:\n"
        "    @pytest.mark.skipif(sys.argv, reason='no')\n    def test_x(self):\n        assert 1 == 1\n",
    ),
    fault(
        "expected_failure_hides",
        Label.NEWLY_FAILING,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        "import pytest\n\n"
        "class TestA:\n    @pytest.mark.xfail\n    def test_x(self):\n        assert 1 == 2\n",
    ),
    fault(
        "set_up_not_called",
        Label.NEWLY_FAILING,
        "ATests::test_x",
        """
        import unittest

        class ATests(unittest.TestCase):
            def setUp(self):
                self.n = 1
            def test_x(self):
                self.assertEqual(self.n, 1)
        """,
        """
        class TestA:
            def setUp(self):
                self.n = 1
            def test_x(self):
                assert self.n == 1
        """,
    ),
    fault(
        "fixture_does_not_assert",
        Label.ASSERTIONS_DIFFER,
        "ATests::test_x",
        """
        import unittest

        class ATests(unittest.TestCase):
            def setUp(self):
                self.assertEqual(1, 1)
            def test_x(self):
                self.assertEqual(2, 2)
        """,
        """
        class TestA:
            def setUp(self):
                assert 1 == 1
            def test_x(self):
                assert 2 == 2
        """,
    ),
    fault(
        "tear_down_fails",
        Label.NEWLY_FAILING,
        "ATests::test_x",
        method("self.assertEqual(1, 1)"),
        """
        class TestA:
            def teardown_method(self):
                raise ValueError
            def test_x(self):
                assert 1 == 1
        """,
    ),
    fault(
        "case_lost_in_a_merge",
        Label.LOST,
        "ATests::test_three",
        """
        import unittest

        class ATests(unittest.TestCase):
            def test_one(self):
                self.assertEqual(1, 1)
            def test_two(self):
                self.assertEqual(2, 2)
            def test_three(self):
                self.assertEqual(3, 3)
        """,
        """
        import pytest

        class TestA:
            @pytest.mark.parametrize("n", [pytest.param(1, id="test_one"), pytest.param(2, id="test_two")])
            def test_all(self, n):
                assert n == n
        """,
    ),
    fault(
        "awakened_coroutine",
        Label.AWAKENED,
        "ATests::test_x",
        """
        import unittest

        class ATests(unittest.TestCase):
            async def test_x(self):
                self.assertEqual(1, 2)
        """,
        """
        import asyncio

        class TestA:
            def test_x(self):
                async def body():
                    assert 1 == 1
                asyncio.run(body())
        """,
    ),
    # What must not be called a fault.
    fault(
        "all_well",
        None,
        "ATests::test_x",
        method(
            "self.assertEqual(1, 1)\nself.assertTrue([1])\nself.assertIn(1, [1])\n"
            'self.assertRaises(ValueError, int, "x")'
        ),
        plain('assert 1 == 1\nassert [1]\nassert 1 in [1]\nwith pytest.raises(ValueError):\n    int("x")'),
    ),
    fault(
        "all_well_text_of_an_exception_apart",
        None,
        "ATests::test_x",
        method("with self.assertRaisesRegex(ValueError, 'invalid'):\n    int('x')"),
        plain("with pytest.raises(ValueError) as e:\n    int('x')\nassert 'invalid' in str(e.value)"),
    ),
    fault(
        "all_well_text_of_an_exception_matched",
        None,
        "ATests::test_x",
        method("self.assertRaisesRegex(ValueError, 'invalid', int, 'x')"),
        plain("pytest.raises(ValueError, int, 'x').match('invalid')"),
    ),
    fault(
        "all_well_narrower_exception",
        None,
        "ATests::test_x",
        method("with self.assertRaises(Exception):\n    int('x')"),
        plain("with pytest.raises(ValueError):\n    int('x')"),
    ),
    fault(
        "all_well_mock_asked_itself",
        None,
        "ATests::test_x",
        "from unittest import mock\n" + method("m = mock.Mock()\nm(1)\nself.assertTrue(m.called)"),
        "from unittest import mock\n" + plain("m = mock.Mock()\nm(1)\nm.assert_called_once_with(1)"),
    ),
    fault(
        "all_well_typed",
        None,
        "ATests::test_x",
        method("self.assertListEqual(list([1]), list([1]))\nself.assertAlmostEqual(0.1 + 0.2, 0.3)"),
        plain(
            "a = list([1])\nassert isinstance(a, list)\nassert a == [1]\n"
            "assert 0.1 + 0.2 == pytest.approx(0.3, abs=5e-8)"
        ),
    ),
    fault(
        "all_well_merged",
        None,
        "ATests::test_one",
        """
        import unittest

        class ATests(unittest.TestCase):
            def test_one(self):
                self.assertEqual(1, 1)
            def test_two(self):
                self.assertEqual(2, 2)
        """,
        """
        import pytest

        class TestA:
            @pytest.mark.parametrize("n", [pytest.param(1, id="test_one"), pytest.param(2, id="test_two")])
            def test_all(self, n):
                assert n == n
        """,
    ),
    fault(
        "all_well_in_a_module_that_pytest_does_not_rewrite",
        None,
        "ATests::test_x",
        """
        import unittest
        from checks_of_a import Checks

        class ATests(Checks, unittest.TestCase):
            pass
        """,
        """
        from checks_of_a import Checks

        class TestA(Checks):
            pass
        """,
        tests__checks_of_a=(
            """
            class Checks:
                def test_x(self):
                    self.assertEqual(1, 1)
            """,
            """
            class Checks:
                def test_x(self):
                    assert 1 == 1
            """,
        ),
    ),
)
