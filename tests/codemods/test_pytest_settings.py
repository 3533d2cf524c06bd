"""What pytest is configured to collect decides about names; without a configuration the pages say it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from converting import convert_file
from reassert.model.config import Profile, PytestConfig, RuleConfig
from running import run_pytest, write_tree


def convert(text, config=None, **options):
    text = "import unittest\n\n\n" + dedent(text)
    config = config or RuleConfig(pytest=PytestConfig(**options))
    return convert_file("test_it.py", text, config)


def class_names(text, **options):
    found = convert(text, **options)
    assert not found.refusals
    after = found.files["test_it.py"]
    return [
        line.split()[1].split("(")[0].rstrip(":") for line in after.splitlines() if line.startswith("class ")
    ]


def refused(text, **options):
    found = convert(text, **options)
    return [(r.code, r.location.line, r.reason) for r in found.refusals]


ONE = """
class {}(unittest.TestCase):
    def test_one(self):
        self.assertTrue(1)
"""


@pytest.mark.parametrize(
    ("options", "name", "expected"),
    [
        (["Test"], "FooTests", "TestFoo"),
        (["*Test", "*Tests", "Test*"], "FooTests", "FooTests"),
        (["*Test", "*Tests"], "TestFoo", "FooTest"),
        (["Describe"], "FooTests", "DescribeFoo"),
        (["Describe*Behaviour"], "FooTests", "DescribeFooBehaviour"),
        (["*"], "Foo", "Foo"),
        (["[TS]est*", "Spec"], "FooCase", "TestFoo"),
    ],
)
def test_a_class_gets_a_name_that_python_classes_matches(options, name, expected):
    assert class_names(ONE.format(name), python_classes=tuple(options)) == [expected]


@pytest.mark.parametrize("options", [(), ("[A-Z]x?",)])
def test_without_such_a_name_the_class_stays(options):
    ((code, line, reason),) = refused(ONE.format("FooTests"), python_classes=options)
    assert (code, line, reason) == ("B-NAME", 5, "no free name that matches python_classes for FooTests")


def test_a_base_without_tests_keeps_its_name():
    text = "class Base(unittest.TestCase):\n    x = 1\n" + ONE.format("FooTests").replace(
        "unittest.TestCase", "Base"
    )
    assert class_names(text, python_classes=("*Tests",)) == ["Base", "FooTests"]


def test_a_nested_class_that_would_be_collected_keeps_the_outer_one():
    text = ONE.format("FooTests") + "\n    class SpecThing:\n        def it_works(self):\n            pass\n"
    assert refused(text, python_classes=("Spec", "*Tests")) == []
    options = {"python_classes": ("Spec", "*Tests"), "python_functions": ("test", "it_")}
    ((code, _, reason),) = refused(text, **options)
    assert (code, reason) == ("B-NESTED", "pytest would collect the nested class SpecThing")


def test_a_second_name_only_matters_if_it_would_not_be_collected():
    text = ONE.format("FooTests") + "\n\nSpecAgain = FooTests\n"
    assert class_names(text, python_classes=("Spec", "*Tests")) == ["FooTests"]
    assert [code for code, *_ in refused(text, python_classes=("*Tests",))] == ["B-DYNAMIC"]


METHODS = """
class TestFoo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.value = 1

    def setUp(self):
        self.other = 2

    def test_one(self):
        self.check_one()

    def check_one(self):
        self.assertTrue(1)

    @property
    def check_two(self):
        return 3

    check_three = [4]
"""


@pytest.mark.parametrize(
    ("options", "lines", "what"),
    [
        (
            ("check_*",),
            [13, 16],
            ["python_functions does not match test_one", "python_functions matches check_one"],
        ),
        (("check_*", "test"), [16], ["python_functions matches check_one"]),
        (("setup", "test"), [7], ["python_functions matches setUpClass"]),
        (("test_", "it_"), [], []),
    ],
)
def test_what_would_be_lost_or_become_a_test_keeps_the_class(options, lines, what):
    found = sorted(refused(METHODS, python_functions=options), key=lambda each: each[1])
    assert [(code, line) for code, line, _ in found] == [("B-NAME", line) for line in lines]
    assert all(reason.startswith(start) for (*_, reason), start in zip(found, what, strict=True))


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"python_classes": ("*Tests", "Spec*")}, id="classes"),
        pytest.param({"python_functions": ("test", "setup")}, id="functions"),
    ],
)
def test_pytest_collects_the_same_tests_before_and_after(tmp_path, options):
    text = "import unittest\n\n\n" + ONE.format("FooTests").lstrip() + "\n" + METHODS
    found = convert_file("test_it.py", text, RuleConfig(pytest=PytestConfig(**options)))
    lines = [f"{key} = {' '.join(value)}" for key, value in options.items()]
    runs = []
    for name, content in (("before", text), ("after", found.files["test_it.py"])):
        write_tree(tmp_path / name, {"pytest.ini": "\n".join(["[pytest]", *lines]), "test_it.py": content})
        runs.append(run_pytest(tmp_path / name, tmp_path / f"{name}.json").outcomes)
    renamed = {found.test_map.get(key, (key,))[0]: outcome for key, outcome in runs[0].items()}
    assert len(renamed) == 2
    assert renamed == runs[1]


SUBTEST = """
class TestFoo(unittest.TestCase):
    def test_one(self):
        for x in range(3):
            with self.subTest(x=x):
                self.assertTrue(x + 1)
"""


def test_the_plugin_gives_an_older_pytest_the_subtests_fixture():
    old = RuleConfig(pytest_version=(8, 3))
    assert [r.code for r in convert(SUBTEST, old).refusals] == ["A-SUBTEST"]
    found = convert(SUBTEST, RuleConfig(pytest_version=(8, 3), plugins=(("pytest-subtests", None),)))
    assert not found.refusals
    assert "with subtests.test(x=x):" in found.files["test_it.py"]


COPIES = """
def {}():
    word = "a"
    assert len(word) == 1
    assert word.islower()


def {}():
    word = "ab"
    assert len(word) == 2
    assert word.islower()


def {}():
    word = "abc"
    assert len(word) == 3
    assert word.islower()
"""


@pytest.mark.parametrize(
    ("option", "names", "expected"),
    [
        ("test", ("test_one", "test_two", "test_three"), "test_it"),
        ("check_*", ("check_one", "check_two", "check_three"), "check_it"),
        ("check_*", ("check_it_once", "check_it_twice", "check_it_often"), "check_it"),
        ("*_test", ("one_test", "two_test", "three_test"), "one_test"),
    ],
)
def test_copies_become_a_test_that_python_functions_matches(option, names, expected):
    config = RuleConfig(profile=Profile.IDIOMATIC, pytest=PytestConfig(python_functions=(option,)))
    found = convert(COPIES.format(*names), config)
    assert found.test_map == {f"test_it.py::{name}": (f"test_it.py::{expected}[{name}]",) for name in names}
