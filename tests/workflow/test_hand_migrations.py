"""Migrations made by hand, each in a style of its own: what a person would call the same is no loss."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from reassert.model.certificate import Label
from reassert.workflow.benches import Suite
from reassert.workflow.revisions import prove_between
from reassert.workflow.verifying import Proof
from running import write_tree

# The files before and after, by style.
HAND = {}
# setUp -> fixtures
HAND["fixtures"] = (
    {
        "test_stack.py": """
import unittest, tempfile, shutil, os
class StackTestCase(unittest.TestCase):
    def setUp(self):
        self.stack = [1, 2]
        self.dir = tempfile.mkdtemp()
        self.assertTrue(os.path.isdir(self.dir))
    def tearDown(self):
        shutil.rmtree(self.dir)
    def test_pop(self):
        self.assertEqual(self.stack.pop(), 2)
        self.assertEqual(len(self.stack), 1)
    def test_empty(self):
        self.stack.clear()
        self.assertFalse(self.stack)
        with self.assertRaises(IndexError) as caught:
            self.stack.pop()
        self.assertIn("empty", str(caught.exception))
    def testFile(self):
        path = os.path.join(self.dir, "a")
        open(path, "w").close()
        self.assertTrue(os.path.exists(path))
"""
    },
    {
        "test_stack.py": """
import pytest
@pytest.fixture
def stack():
    return [1, 2]
def test_pop(stack):
    assert stack.pop() == 2
    assert len(stack) == 1
def test_empty(stack):
    stack.clear()
    assert not stack
    with pytest.raises(IndexError, match="empty"):
        stack.pop()
def test_file(tmp_path):
    assert tmp_path.is_dir()
    path = tmp_path / "a"
    path.touch()
    assert path.exists()
"""
    },
)
# classes dissolved into functions
HAND["dissolved"] = (
    {
        "tests/test_shop.py": """
import unittest
class CartTests(unittest.TestCase):
    def test_add(self):
        self.assertEqual([1], [1])
    def test_remove(self):
        self.assertEqual([], [])
class OrderTests(unittest.TestCase):
    def test_add(self):
        self.assertIsNone(None)
    def test_total(self):
        self.assertEqual(3, 1 + 2)
        self.assertAlmostEqual(0.1 + 0.2, 0.3)
    @unittest.skip("later")
    def test_pay(self):
        self.fail("x")
"""
    },
    {
        "tests/test_shop.py": """
import pytest
def test_cart_add():
    assert [1] == [1]
def test_cart_remove():
    assert [] == []
def test_add_to_order():
    assert None is None
def test_order_total():
    assert 1 + 2 == 3
    assert 0.1 + 0.2 == pytest.approx(0.3)
@pytest.mark.skip(reason="later")
def test_order_pay():
    pytest.fail("x")
"""
    },
)
# files moved
HAND["moved"] = (
    {
        "app/tests/__init__.py": "",
        "app/tests/test_models.py": """
import unittest
from .base import BaseCase
class ModelTests(BaseCase):
    def test_name(self):
        self.check_name("a")
    def test_size(self):
        self.assertGreater(3, 2)
""",
        "app/tests/base.py": """
import unittest
class BaseCase(unittest.TestCase):
    def check_name(self, name):
        self.assertEqual(name, "a")
        self.assertTrue(name.islower())
""",
        "app/__init__.py": "",
    },
    {
        "app/__init__.py": "",
        "tests/unit/test_models.py": """
from helpers import check_name
class TestModel:
    def test_name(self):
        check_name("a")
    def test_size(self):
        assert 3 > 2
""",
        "tests/unit/conftest.py": """
import pathlib, sys
import pytest
sys.path.insert(0, str(pathlib.Path(__file__).parent))
pytest.register_assert_rewrite("helpers")
""",
        "tests/unit/helpers.py": """
def check_name(name):
    assert name == "a"
    assert name.islower()
""",
    },
)
# subTest -> parametrize
HAND["subtests"] = (
    {
        "test_conv.py": """
import unittest
class ConvTests(unittest.TestCase):
    def test_ints(self):
        for text, value in [("1", 1), ("2", 2), ("3", 3)]:
            with self.subTest(text=text):
                self.assertEqual(int(text), value)
    def test_bad(self):
        for text in ("a", "b"):
            with self.subTest(text):
                self.assertRaises(ValueError, int, text)
    def test_no_error(self):
        for text in ("1", "2"):
            with self.subTest(text):
                int(text)
    def test_len_one(self):
        self.assertEqual(len("a"), 1)
    def test_len_two(self):
        self.assertEqual(len("ab"), 2)
"""
    },
    {
        "test_conv.py": """
import pytest
@pytest.mark.parametrize(("text", "value"), [("1", 1), ("2", 2), ("3", 3)])
def test_ints(text, value):
    assert int(text) == value
@pytest.mark.parametrize("text", ["a", "b"])
def test_bad(text):
    with pytest.raises(ValueError):
        int(text)
@pytest.mark.parametrize("text", ["1", "2"])
def test_no_error(text):
    int(text)
@pytest.mark.parametrize(("text", "size"), [pytest.param("a", 1, id="one"), pytest.param("ab", 2, id="two")])
def test_len(text, size):
    assert len(text) == size
"""
    },
)
# assertions regrouped
HAND["regrouped"] = (
    {
        "test_user.py": """
import unittest
from unittest import mock
class UserTests(unittest.TestCase):
    def test_fields(self):
        user = {"name": "a", "age": 3}
        self.assertIn("name", user)
        self.assertEqual(user["name"], "a")
        self.assertEqual(user["age"], 3)
    def test_range(self):
        age = 3
        self.assertGreaterEqual(age, 0)
        self.assertLess(age, 100)
    def test_type(self):
        x = [1]
        self.assertTrue(isinstance(x, list))
        self.assertEqual(len(x), 1)
        self.assertEqual(x[0], 1)
    def test_call(self):
        m = mock.Mock()
        m(1)
        self.assertEqual(m.call_count, 1)
        self.assertEqual(m.call_args[0][0], 1)
    def test_error(self):
        with self.assertRaises(ValueError) as cm:
            int("x")
        self.assertEqual(cm.exception.args[0], "invalid literal for int() with base 10: 'x'")
    def test_fail(self):
        try:
            int("x")
        except ValueError:
            pass
        else:
            self.fail("no error")
    def test_msg(self):
        self.assertTrue(3 in [3], "three")
        self.assertEqual(sorted([2, 1]), [1, 2])
"""
    },
    {
        "test_user.py": """
import pytest
from unittest import mock
class TestUser:
    def test_fields(self):
        user = {"name": "a", "age": 3}
        assert user == {"name": "a", "age": 3}
    def test_range(self):
        age = 3
        assert 0 <= age < 100
    def test_type(self):
        x = [1]
        assert x == [1]
    def test_call(self):
        m = mock.Mock()
        m(1)
        m.assert_called_once_with(1)
    def test_error(self):
        with pytest.raises(ValueError, match="invalid literal"):
            int("x")
    def test_fail(self):
        with pytest.raises(ValueError):
            int("x")
    def test_msg(self):
        assert 3 in [3], "three"
        assert sorted([2, 1]) == [1, 2]
"""
    },
)
# helpers moved, class hierarchy to conftest fixtures
HAND["helpers"] = (
    {
        "tests/__init__.py": "",
        "tests/test_a.py": """
import unittest
class Helper:
    def assertWord(self, word):
        self.assertIsInstance(word, str)
        self.assertTrue(word)
class ATests(Helper, unittest.TestCase):
    def test_word(self):
        self.assertWord("a")
    def test_words(self):
        for w in "ab":
            self.assertWord(w)
""",
        "tests/test_b.py": """
import unittest
from .test_a import Helper
class BTests(Helper, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.word = "b"
    def test_word(self):
        self.assertWord(self.word)
    def test_other(self):
        self.assertNotEqual(self.word, "a")
""",
    },
    {
        "tests/__init__.py": "",
        "tests/conftest.py": """
import pytest
@pytest.fixture
def check_word():
    def check(word):
        assert isinstance(word, str)
        assert word
    return check
@pytest.fixture(scope="session")
def word():
    return "b"
""",
        "tests/test_a.py": """
def test_word(check_word):
    check_word("a")
def test_words(check_word):
    for w in "ab":
        check_word(w)
""",
        "tests/test_b.py": """
def test_word(check_word, word):
    check_word(word)
def test_other(word):
    assert word != "a"
""",
    },
)


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    root = tmp_path_factory.mktemp("hand")
    git(root, "init", "-q")
    for side in (0, 1):
        for path in root.rglob("*.py"):
            path.unlink()
        for style, sides in HAND.items():
            write_tree(root / style, sides[side])
        git(root, "add", "-A")
        git(root, "commit", "-qm", "state")
    return prove_between((root,), ("HEAD~1", "HEAD"), Suite((root,), timeout=120), Proof(), lambda _: None)


def found(certificate, style):
    return [d for d in certificate.differences if (d.before or d.after[0]).startswith(f"{style}/")]


@pytest.mark.parametrize("style", [style for style in HAND if style != "fixtures"])
def test_nothing_is_called_a_loss(certificate, style):
    assert [d for d in found(certificate, style) if d.is_loss or d.label is Label.AWAKENED] == []


def test_an_assertion_of_a_set_up_that_no_longer_runs_is_missed(certificate):
    losses = [d for d in found(certificate, "fixtures") if d.is_loss]
    assert {d.before.rpartition("::")[2] for d in losses} == {"test_pop", "test_empty"}
    assert {d.detail.partition(" (")[0].rpartition(": ")[2] for d in losses} == {"assertTrue"}


def test_what_is_asked_of_a_whole_value_is_told(certificate):
    wholes = [d for d in found(certificate, "regrouped") if d.explained == "a value is compared as a whole"]
    numbers = {d.before.rpartition("::")[2]: len(d.evidence) - 1 for d in wholes}  # beside how it was matched
    assert numbers == {"test_fields": 3, "test_type": 3, "test_call": 2}


def test_tests_with_other_names_are_not_certain(certificate):
    assert not any(d.certain for d in certificate.differences if d.before and d.after)
