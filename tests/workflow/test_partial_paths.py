"""A part of a project is asked for: what else changes with it, and what stays because it cannot."""

from __future__ import annotations

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.config import Profile
from reassert.workflow import relatives
from reassert.workflow.applying import apply_plan
from reassert.workflow.planning import PlanRequest, make_plan
from running import mapped, run_pytest

BASE = """
import unittest


class Base(unittest.TestCase):
    def setUp(self):
        self.number = 1
"""
HEIR = """
from base import Base


class {name}Test(Base):
    def test_number(self):
        self.assertEqual(self.number, 1)
"""
OTHER = """

class OtherTest(unittest.TestCase):
    def test_other(self):
        self.assertTrue(self._testMethodName)
        self.assertIn(1, [1])


class MoreTest(unittest.TestCase):
    def test_more(self):
        self.assertEqual(2, 2)
"""


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    (root / "pyproject.toml").write_text("")
    return root


@pytest.fixture
def write(project):
    def write(**files):
        for name, text in files.items():
            path = project / (name.replace("__", "/") + ".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


@pytest.fixture
def plan(project):
    def plan(*names, **options):
        paths = tuple(project / name for name in names)
        return make_plan(PlanRequest(paths, **options), SerialExecutor())

    return plan


def changed(plan):
    return [change.path.relative_to(plan.root).as_posix() for change in plan.changes]


def after(plan, name):
    return next(c.after.decode() for c in plan.changes if c.path.name == name)


def reasons(plan):
    return [refusal.reason for refusal in plan.refusals]


@pytest.fixture
def suite(write):
    """A base with two heirs, a user of the base, and what has nothing to do with it."""
    write(
        base=BASE,
        test_a=HEIR.format(name="A"),
        test_b=HEIR.format(name="B")
        + OTHER.replace("unittest.", "u.").replace("\n\nclass", "import unittest as u\n\n\nclass", 1),
        test_c="import unittest\n" + OTHER,
        helper="import base\n\nKINDS = [base.Base]\n",
    )


@pytest.mark.parametrize("asked", ["test_a.py", "test_b.py", "base.py"])
@pytest.mark.usefixtures("suite")
def test_files_connected_by_inheritance_change_with_those_asked_for(plan, asked):
    made = plan(asked)
    assert changed(made) == ["base.py", "test_a.py", "test_b.py"]
    assert [path.name for path in made.connected] == [n for n in changed(made) if n != asked]
    assert made.refusals == () or asked == "test_b.py"


@pytest.mark.usefixtures("suite")
def test_of_a_connected_file_only_the_connected_classes_change(plan):
    made = plan("test_a.py")
    text = after(made, "test_b.py")
    assert "class TestB(Base):" in text
    assert "assert self.number == 1" in text
    assert OTHER.replace("unittest.", "u.").strip() in text
    assert (made.tally.classes, made.tally.classes_converted) == (3, 3)
    assert (made.tally.assertions, made.tally.assertions_converted) == (2, 2)


@pytest.mark.usefixtures("suite")
def test_the_whole_suite_runs_as_before(plan, project, tmp_path):
    before = run_pytest(project, tmp_path / "before.json").outcomes
    made = plan("test_a.py")
    assert apply_plan(made, allow_dirty=True, command=()).problems == ()
    assert len(before) == 6
    assert run_pytest(project, tmp_path / "after.json").outcomes == mapped(before, made.test_map)


@pytest.mark.usefixtures("suite")
def test_on_request_only_given_files_change_and_the_class_names_its_users(plan):
    made = plan("base.py", only_given=True)
    assert made.changes == ()
    assert reasons(made) == [
        "the class is used in helper.py, test_a.py and test_b.py (not asked for)",
    ]
    assert plan("test_a.py", only_given=True).connected == ()


@pytest.mark.usefixtures("suite")
def test_the_settings_can_say_so_and_the_request_overrides_them(plan, project):
    (project / "pyproject.toml").write_text("[tool.reassert]\nonly-given = true\n")
    assert changed(plan("base.py")) == []
    assert changed(plan("base.py", only_given=False)) == ["base.py", "test_a.py", "test_b.py"]


def test_many_users_are_counted(write, plan):
    write(base=BASE, **{f"test_{n}": HEIR.format(name="X") for n in "abcde"})
    assert reasons(plan("base.py", only_given=True)) == [
        "the class is used in test_a.py, test_b.py, test_c.py and 2 more files (not asked for)"
    ]


def test_a_file_that_only_uses_a_class_follows_its_new_name(write, plan):
    write(
        test_a="import unittest\n\nclass ShelfTest(unittest.TestCase):\n    def test(self):\n        pass\n",
        helper="from test_a import ShelfTest\n\nprint(ShelfTest.__doc__)\n",
    )
    made = plan("test_a.py")
    assert changed(made) == ["helper.py", "test_a.py"]
    assert after(made, "helper.py") == "from test_a import TestShelf\n\nprint(TestShelf.__doc__)\n"
    assert made.test_map["test_a.py::ShelfTest::test"] == ("test_a.py::TestShelf::test",)


def test_a_file_that_is_used_needs_no_change_of_its_own(write, plan):
    write(base=BASE, test_a="import unittest\nfrom base import Base\n\nprint(Base)\n" + OTHER)
    assert changed(plan("test_a.py")) == ["test_a.py"]


# ---- what cannot change


@pytest.mark.usefixtures("suite")
def test_an_excluded_heir_holds_the_class_back(plan, project):
    (project / "pyproject.toml").write_text('[tool.reassert]\nexclude = ["test_b.py"]\n')
    for asked in ("base.py", "."):
        made = plan(asked)
        assert "base.py" not in changed(made)
        assert "test_b.py (excluded by the configuration)" in reasons(made)[0]
    made = plan("test_a.py")
    assert changed(made) == ["test_a.py"]  # its assertions


@pytest.mark.usefixtures("suite")
def test_an_excluded_folder_is_looked_into(write, plan, project):
    write(old__test_d=HEIR.format(name="D"))
    (project / "pyproject.toml").write_text('[tool.reassert]\nexclude = ["old"]\n')
    made = plan("base.py", "test_a.py", "test_b.py", "helper.py")
    assert reasons(made)[0] == "the class is used in old/test_d.py (excluded by the configuration)"


@pytest.mark.usefixtures("suite")
def test_an_excluded_base_is_named(plan, project):
    (project / "pyproject.toml").write_text('[tool.reassert]\nexclude = ["base.py"]\n')
    said = reasons(plan("test_a.py"))
    assert "its base base.Base is defined in base.py (excluded by the configuration)" in said


@pytest.mark.usefixtures("suite")
def test_a_broken_heir_holds_the_class_back(write, plan):
    write(test_b=HEIR.format(name="B") + "print 1\n")
    made = plan("base.py")
    assert made.changes == ()
    assert reasons(made) == ["the class is used in helper.py and test_a.py; test_b.py (cannot be parsed)"]
    assert made.failures == ()


@pytest.mark.parametrize(
    "text",
    [
        "from base import (  # why\n    Base as B,\n)\n",
        "import base\n\n\nclass T(base.Base):\n",
        "import x, base as b\n\n\nclass T(b.Base):\n",
        "from base import A, \\\n    Base\n",
    ],
)
def test_what_a_broken_file_imports_is_read_from_its_text(write, plan, text):
    write(base=BASE, test_b=text + "print 1\n")
    for asked in ("base.py", "."):
        assert "the class is used in test_b.py" in reasons(plan(asked))[0]


@pytest.mark.usefixtures("suite")
def test_a_file_that_cannot_be_written_holds_the_class_back(plan, monkeypatch):
    monkeypatch.setattr(relatives, "is_writable", lambda path: path.name != "test_b.py")
    made = plan("base.py")
    assert made.changes == ()
    assert "test_b.py (cannot be written)" in reasons(made)[0]


def test_a_file_with_unusable_settings_holds_the_class_back(write, plan, project):
    write(base=BASE, p__test_a=HEIR.format(name="A"))
    (project / "p" / "pyproject.toml").write_text("[tool.reassert]\nnonsense = 1\n")
    made = plan("base.py")
    assert reasons(made) == ["the class is used in p/test_a.py (its configuration cannot be used)"]


def test_a_connected_file_keeps_its_own_settings(write, plan, project):
    write(base=BASE, p__test_a=HEIR.format(name="A"))
    (project / "p" / "pyproject.toml").write_text('[tool.reassert]\nprofile = "asserts"\n')
    made = plan("base.py")
    assert made.changes == ()


# ---- what asks for no other file


def test_a_class_that_stays_in_any_case_asks_for_no_other_file(write, plan):
    write(
        base=BASE + "\n    def run(self, result=None):\n        return super().run(result)\n",
        test_a=HEIR.format(name="A"),
        test_b=HEIR.format(name="B"),
    )
    made = plan("test_a.py")
    assert changed(made) == ["test_a.py"]
    assert made.connected == ()


def test_where_the_class_is_refused_the_connected_files_stay_and_the_reason_is_told(write, plan):
    write(
        base=BASE,
        test_a=HEIR.format(name="A"),
        test_b=HEIR.format(name="B").replace("self.number, 1", "self.id(), 1"),
    )
    made = plan("test_a.py")
    assert changed(made) == ["test_a.py"]
    assert made.connected == ()
    assert any(r.location.path.name == "test_b.py" and r.code == "B-INTERNALS" for r in made.refusals)


@pytest.mark.usefixtures("suite")
def test_a_profile_that_converts_no_class_asks_for_no_other_file(plan):
    made = plan("test_a.py", profile=Profile.ASSERTS)
    assert changed(made) == ["test_a.py"]


def test_relatives_of_what_is_connected_are_found(write, plan):
    write(
        base=BASE,
        test_a=HEIR.format(name="A"),
        mixin="class Mixin:\n    def check(self):\n        self.assertTrue(self.number)\n",
        test_b=HEIR.format(name="B")
        .replace("(Base)", "(Mixin, Base)")
        .replace("from base", "from mixin import Mixin\nfrom base"),
    )
    made = plan("test_a.py")
    assert changed(made) == ["base.py", "conftest.py", "mixin.py", "test_a.py", "test_b.py"]
    assert changed(made) == changed(plan("."))
    assert [c.after for c in made.changes] == [c.after for c in plan(".").changes]
