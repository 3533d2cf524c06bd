"""Class statements in unusual spellings, and what their bases mean."""

import pytest

from converting import convert_file
from reassert.model.config import RuleConfig

CASE = "import unittest\n{}\n    def test_a(self):\n        self.assertTrue(1)\n"


@pytest.mark.parametrize(
    ("header", "after"),
    [
        ("class \u00c4pfelTest(unittest.TestCase):", "class Test\u00c4pfel:"),
        ("class \\\n  SplitTest(unittest.TestCase):", "class \\\n  TestSplit:"),
    ],
)
def test_the_name_of_a_class_is_found(header, after):
    text = convert_file("test_x.py", CASE.format(header), RuleConfig()).files["test_x.py"]
    assert text == f"\n{after}\n    def test_a(self):\n        assert 1\n".lstrip("\n")


def test_a_class_further_down_is_not_the_base_that_an_import_gave():
    """The bases are evaluated when the class statement runs (The Python Language Reference, 8.8)."""
    source = (
        "import unittest\nfrom x import Base\n"
        "class A(Base):\n    def test_a(self): self.assertTrue(1)\n"
        "class Base(A): pass\n"
        "class B(unittest.TestCase):\n    def test_b(self): self.assertTrue(1)\n"
    )
    done = convert_file("test_x.py", source, RuleConfig())
    assert "class TestB:\n    def test_b(self): assert 1\n" in done.files["test_x.py"]
    assert ("B-BASE", 3) in {(r.code, r.location.line) for r in done.refusals}
