"""``explain --class`` from start to end, on small projects."""

from textwrap import dedent

import pytest

from reassert import catalog
from reassert.report import advice, explanation
from running import write_tree

BASE = """\
import unittest


class BaseCase(unittest.TestCase):
    def run(self, result=None):
        return super().run(result)


class Mixin:
    def check(self):
        self.assertTrue(1)
"""
FOO = """\
from tests.base import BaseCase, Mixin


class FooTests(Mixin, BaseCase):
    def test_a(self):
        self.assertEqual(1, 1)
        list(map(self.assertTrue, [1]))


class Lonely:
    pass
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    def tree(files, pyproject=""):
        texts = {name: text if isinstance(text, bytes) else dedent(text) for name, text in files.items()}
        binary = {name: data for name, data in texts.items() if isinstance(data, bytes)}
        write_tree(
            tmp_path, {"pyproject.toml": pyproject, **{n: t for n, t in texts.items() if n not in binary}}
        )
        for name, data in binary.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        return tmp_path

    monkeypatch.chdir(tmp_path)
    return tree


@pytest.fixture
def explained(run):
    def explained(*arguments):
        done = run("explain", "--class", *arguments)
        assert (done.code, done.err) == (0, "")
        return done.out.decode()

    return explained


@pytest.fixture
def complaint(run):
    def complaint(*arguments):
        done = run("explain", *arguments)
        assert (done.code, done.out) == (2, b"")
        return done.err

    return complaint


def test_a_class_its_bases_its_relatives_and_what_holds_it_back(tree, explained):
    tree({"tests/base.py": BASE, "tests/test_foo.py": FOO, "tests/test_bar.py": FOO.replace("Foo", "Bar")})
    assert explained("tests/test_foo.py::FooTests") == (
        "FooTests  tests/test_foo.py:4\n"
        "  stays a TestCase; 1 of 2 assertions convert; 1 test of its own\n"
        "\n"
        "Inherits from\n"
        "  Mixin                tests/base.py:9\n"
        "  BaseCase             tests/base.py:4\n"
        "    unittest.TestCase\n"
        "\n"
        "4 classes in 3 files are connected by inheritance: "
        "they become plain classes together, or none does\n"
        "  tests/test_foo.py  FooTests:4\n"
        "  tests/base.py  BaseCase:4, Mixin:9\n"
        "  tests/test_bar.py  BarTests:4\n"
        "\n"
        "What holds it back\n"
        "  B-INTERNALS  the class defines run\n"
        "               tests/base.py:5 in BaseCase, which it inherits from\n"
        "               To do: hand on values, not the test; put what goes around each test into a fixture\n"
        "  B-INTERNALS  run of a base is called\n"
        "               tests/base.py:6 in BaseCase, which it inherits from\n"
        "\n"
        "Assertions that stay\n"
        "  A-EXPR  assertTrue is used as a value\n"
        "          tests/test_foo.py:7 in FooTests.test_a\n"
        "          To do: call the assertion as a statement of its own\n"
        "\n"
        "As for the whole project: reassert diff .\n"
    )


def test_a_class_that_becomes_plain(tree, explained):
    tree({"test_a.py": "import unittest\nclass ATest(unittest.TestCase):\n    def test(self): self.fail()\n"})
    out = explained("test_a.py::ATest")
    assert "  becomes a plain class TestA; its assertion converts; 1 test of its own\n" in out
    assert "holds it back" not in out


def test_the_file_alone_lists_its_test_classes(tree, explained):
    tree({"tests/base.py": BASE, "tests/test_foo.py": FOO})
    assert explained("tests/test_foo.py") == (
        "tests/test_foo.py: 1 test class\n"
        "  tests/test_foo.py:4  FooTests  stays a TestCase; 1 of 2 assertions convert\n"
    )


NESTED = """\
import unittest
class Outer(unittest.TestCase):
    class Inner(unittest.TestCase):
        def test_a(self): pass
"""


@pytest.mark.parametrize(
    "name",
    ["Outer.Inner", "Outer::Inner", "test_n.py::Outer.Inner", "test_n.py::Outer::Inner", "::Outer.Inner"],
)
def test_a_nested_class_by_any_spelling_and_by_its_tests(tree, explained, name):
    tree({"test_n.py": NESTED, "other.py": "class Inner: pass\n"})
    assert explained(name).startswith("Outer.Inner  test_n.py:3\n")
    assert explained(f"{name}::test_a").startswith("Outer.Inner  test_n.py:3\n")


def test_a_path_counts_from_where_one_stands(tree, explained, monkeypatch):
    root = tree({"tests/base.py": BASE, "tests/test_foo.py": FOO, "docs/x.txt": ""})
    monkeypatch.chdir(root / "docs")
    out = explained("../tests/test_foo.py::FooTests")
    assert out.startswith(f"FooTests  {root}/tests/test_foo.py:4\n")
    assert f"reassert diff {root}\n" in out
    assert explained("FooTests") == out


def test_a_class_that_is_none_of_ours(tree, explained):
    tree({"tests/base.py": BASE, "tests/test_foo.py": FOO})
    assert explained("Lonely") == (
        "Lonely  tests/test_foo.py:10\n"
        "  is no TestCase, and related to none: there is nothing to convert in it\n"
    )


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("django.test.TestCase", "of Django: classes of test frameworks stay by policy"),
        ("twisted.trial.unittest.TestCase", "of Twisted: classes of test frameworks stay by policy"),
        ("mylib.Case", "from outside of the project"),
    ],
)
def test_a_base_from_outside(tree, explained, base, says):
    module, _, name = base.rpartition(".")
    tree({"test_a.py": f"from {module} import {name}\nclass ATest({name}):\n    def setUp(self): pass\n"})
    assert f"  {base}  {says}\n" in explained("ATest")


def test_a_base_that_is_made_at_run_time(tree, explained):
    tree({"test_a.py": "class A(make()):\n    def test(self): self.assertEqual(1, 1)\n"})
    out = explained("A")
    assert "  make()  made at run time, so it is not known\n" in out
    assert "stays a TestCase; its assertions stay, too; 1 test" in out


def test_a_base_of_a_framework_behind_another_file(tree, explained):
    base = "from django.test import TestCase\nclass Base(TestCase): pass\n"
    tree({"base.py": base, "test_a.py": "from base import Base\nclass A(Base):\n    def test(self): pass\n"})
    assert explained("test_a.py::A").splitlines()[4:6] == [
        "  base.Base               base.py:2, which is not converted together with this file",
        "    django.test.TestCase  of Django: classes of test frameworks stay by policy",
    ]


def test_a_diamond_is_drawn_once(tree, explained):
    tree(
        {
            "test_a.py": """\
            import unittest
            class Root(unittest.TestCase): pass
            class Left(Root): pass
            class Right(Root): pass
            class A(Left, Right):
                def test(self): pass
            """
        }
    )
    assert explained("test_a.py::A").splitlines()[4:9] == [
        "  Left                   test_a.py:3",
        "    Root                 test_a.py:2",
        "      unittest.TestCase",
        "  Right                  test_a.py:4",
        "    Root                 test_a.py:2 (see above)",
    ]


def test_a_name_that_comes_further_down_is_no_base(tree, explained):
    tree({"test_a.py": "from x import B\nclass A(B):\n    def setUp(self): pass\nclass B(A): pass\n"})
    assert explained("test_a.py::B").splitlines()[4:6] == [
        "  A    test_a.py:2",
        "    B  from outside of the project",
    ]


def test_classes_of_two_files_that_inherit_from_one_another_end(tree, explained):
    case = "from {1} import {1}\nclass {0}({1}):\n    def setUp(self): pass\n"
    tree({"A.py": case.format("A", "B"), "B.py": case.format("B", "A")})
    assert "  B.B  B.py:2, which is not converted together with this file\n" in explained("A")


def test_a_class_defined_twice_and_one_in_a_function(tree, explained):
    text = """\
    import unittest
    class Twice(unittest.TestCase): pass
    class Twice(unittest.TestCase):
        def test(self): pass
    def make():
        class Local(unittest.TestCase):
            def test(self): pass
    """
    tree({"test_a.py": text})
    out = explained("Twice")
    assert out.startswith("Twice  test_a.py:2 (defined again in line 3)\n")
    assert "the class is defined more than once" in out
    assert "the class is made inside a function" in explained("Local")


def test_names_beyond_ascii_and_files_that_are_not_utf_8(tree, explained):
    header = "# coding: latin-1\r\nimport unittest\r\n"
    text = f"{header}class \u00c4Test(unittest.TestCase):\r\n    def test(self): pass\r\n"
    tree({"test_l.py": text.encode("latin-1")})
    assert explained("\u00c4Test").startswith("\u00c4Test  test_l.py:3\n  becomes a plain class Test\u00c4;")


def test_a_profile_and_an_ignored_rule_are_named(tree, explained):
    tree({"tests/base.py": BASE, "tests/test_foo.py": FOO}, '[tool.reassert]\nprofile = "asserts"\n')
    assert "  the configuration of tests/test_foo.py: profile = 'asserts'\n" in explained("FooTests")
    arguments = "FooTests", "--profile", "classes", "--ignore", "testcase_to_plain_class"
    why = "no rule that makes plain classes runs there"
    assert f"  the configuration of tests/test_foo.py: {why}\n" in explained(*arguments)
    assert "the configuration" not in explained("FooTests", "--isolated")


def test_an_excluded_file_is_looked_at_and_said_to_be(tree, explained):
    tree({"tests/base.py": BASE, "tests/test_foo.py": FOO}, '[tool.reassert]\nexclude = ["test_foo.py"]\n')
    out = explained("tests/test_foo.py::FooTests")
    assert out.endswith("The configuration excludes this file: it is converted only if it is named.\n")


def test_a_broken_configuration_of_a_relative_is_not_ours(tree, explained):
    files = {"a/test_a.py": "import unittest\nclass A(unittest.TestCase): pass\n"}
    tree(
        {**files, "b/test_b.py": "import a\nclass A: pass\n", "b/pyproject.toml": "[tool.reassert]\nx = 1\n"}
    )
    assert "becomes a plain class" in explained("a/test_a.py::A")


def test_the_same_with_the_cache_of_a_plan(tree, run, explained):
    tree(
        {
            "tests/base.py": BASE,
            "tests/test_foo.py": FOO,
            "test_x.py": "from tests.test_foo import FooTests\n",
        }
    )
    without = explained("FooTests", "--no-cache")
    run("diff", ".")
    assert explained("FooTests") == without


def test_long_lists_are_shortened_unless_everything_is_wanted(tree, explained, monkeypatch):
    monkeypatch.setattr(explanation, "FILES", 1)
    monkeypatch.setattr(explanation, "CAUSES", 1)
    others = {f"tests/test_{n}.py": FOO.replace("Foo", f"Foo{n}") for n in range(3)}
    tree({"tests/base.py": BASE, "tests/test_foo.py": FOO, **others})
    short, full = explained("FooTests"), explained("FooTests", "--verbose")
    assert "  and 5 classes in 4 more files\n" in short
    assert "  and 1 more cause (--verbose shows all)\n" in short
    assert "Foo2Tests:4" not in short
    assert "Foo2Tests:4" in full
    assert "more" not in full


def test_colour_is_for_terminals(tree, explained, monkeypatch):
    tree({"tests/base.py": BASE, "tests/test_foo.py": FOO})
    assert "\x1b" not in explained("FooTests")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[33m  B-INTERNALS" in explained("FooTests")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "tests/test_foo.py::FoTests",
            "error: tests/test_foo.py has no class 'FoTests'; did you mean 'FooTests'?\n",
        ),
        ("FoTests", "has a class 'FoTests'; did you mean 'FooTests'?\n"),
        ("tests/none.py::A", "error: there is no such file: tests/none.py\n"),
        ("tests", "error: tests is a folder: name a file, or the class alone to search the project for it\n"),
        ("tests::FooTests", "error: tests is a folder: name a file"),
        ("", "error: --class needs the name of a class: FILE::CLASS, or the class alone\n"),
        ("::", "error: --class needs the name of a class"),
        ("broken.py::A", "broken.py:1: syntax error: "),
        ("notes.md::A", "notes.md:1: syntax error: "),
        ("data.py::A", "data.py:1: contains a NUL byte"),
        ("Same", "error: 2 files have a class 'Same': say which one, as in one.py::Same, two.py::Same\n"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_line(tree, complaint, name, message):
    tree(
        {
            "tests/base.py": BASE,
            "tests/test_foo.py": FOO,
            "broken.py": "class A(:\n",
            "notes.md": "Not Python, is it?\nclass of its own\n",
            "data.py": b"class A: \0\n",
            "one.py": "class Same: pass\n",
            "two.py": "class Same: pass\n",
        }
    )
    said = complaint("--class", name)
    assert message in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["B-BASE", "--class", "A"]])
def test_a_rule_or_a_class_and_not_both(complaint, arguments):
    assert complaint(*arguments).startswith("error: give either a rule or code")


def test_a_place_in_the_place_of_a_rule_is_told_apart(complaint):
    assert "for a class: reassert explain --class a.py::B" in complaint("a.py::B")


def test_options_that_contradict_each_other(tree, complaint):
    tree({"tests/test_foo.py": FOO})
    assert "contradict" in complaint("--class", "FooTests", "--isolated", "--config", "x.toml")


def test_a_broken_configuration_is_named(tree, complaint):
    tree({"tests/test_foo.py": FOO}, "[tool.reassert]\nselct = []\n")
    assert "pyproject.toml: tool.reassert.selct: unknown key" in complaint("--class", "FooTests")


def test_every_code_with_advice_is_one_that_a_rule_gives():
    given = {code for rule in catalog.load() for code in rule.refusals}
    pages = "".join(rule.page_path.read_text(encoding="utf-8") for rule in catalog.load())
    assert {code for code in advice._ADVICE if code not in given and code not in pages} == set()
