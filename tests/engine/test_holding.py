"""Who holds back whom: root causes, what stays for them, and the relatives that are told so."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from reassert.batch.executors import SerialExecutor
from reassert.model.config import Profile
from reassert.workflow.planning import PlanRequest, make_plan
from running import write_tree

RUN = "    def run(self, result=None):\n        super().run(result)\n"
TEST = "    def test_a(self):\n        self.assertTrue(1)\n"


@pytest.fixture
def planned(tmp_path):
    def planned(files, **request):
        files = {name: dedent(text) for name, text in files.items()}
        write_tree(tmp_path, {"pyproject.toml": "", **files})
        return make_plan(PlanRequest(paths=(tmp_path,), **request), SerialExecutor())

    return planned


def causes(plan):
    """What stays: (first class's file, classes, assertions, (code, line) of every cause)."""
    return {
        (
            held.family and held.family.path.name,
            held.classes,
            held.assertions,
            *((plan.refusals[i].code, plan.refusals[i].location.line) for i in held.causes),
        )
        for held in plan.held
    }


def culprits(plan):
    """The class and the place that each B-COMPONENT names, by the class it is about."""
    pattern = re.compile(r"(\S+), connected by inheritance, \D* \((?:\S+, )?(\S+)\)")
    return {
        r.unit.qualname: pattern.fullmatch(r.reason).groups()
        for r in plan.refusals
        if r.code == "B-COMPONENT"
    }


def test_a_base_holds_back_its_heirs_in_all_files(planned):
    base = f"import unittest\nclass Base(unittest.TestCase):\n{RUN}"
    heir = "from base import Base\nclass {0}Tests(Base):\n" + TEST
    plan = planned({"base.py": base, "test_b.py": heir.format("B"), "test_c.py": heir.format("C")})
    assert causes(plan) == {("base.py", 3, 0, ("B-INTERNALS", 3), ("B-INTERNALS", 4))}
    assert plan.held[0].reach == (3, 3)
    assert culprits(plan) == {"BTests": ("Base", "base.py:3"), "CTests": ("Base", "base.py:3")}


def test_an_ancestor_is_named_before_a_nearer_sibling(planned):
    plan = planned(
        {
            "test_a.py": f"""\
            import unittest
            class First(unittest.TestCase):
            {RUN.replace(chr(10), chr(10) + " " * 12)}
            class Second(First): pass
            class Third(Second):
                def test_x(self): pass
                def __init__(self, name): super().__init__(name)
            class Fourth(Second):
                def test_y(self): pass
            """
        }
    )
    assert culprits(plan) == {"Second": ("First", "test_a.py:3"), "Fourth": ("First", "test_a.py:3")}


def test_a_diamond_over_files_names_the_branch_that_is_to_blame(planned):
    plan = planned(
        {
            "root.py": "import unittest\nclass Root(unittest.TestCase): pass\n",
            "left.py": f"from root import Root\nclass Left(Root):\n{RUN}",
            "right.py": "from root import Root\nclass Right(Root): pass\n",
            "test_d.py": f"from left import Left\nfrom right import Right\nclass D(Right, Left):\n{TEST}",
            "test_e.py": f"from right import Right\nclass E(Right):\n{TEST}",
        }
    )
    named = {name: culprit for name, (culprit, _) in culprits(plan).items()}
    guilty = {r.unit.qualname for r in plan.refusals if r.code != "B-COMPONENT"}
    assert {"Left"} <= guilty
    assert set(named.values()) <= guilty
    assert named["Root"] == "Left"
    assert named["Right"] in guilty
    [held] = plan.held
    assert held.classes == 5


def test_classes_that_inherit_from_one_another_over_files_are_their_own_cause(planned):
    plan = planned(
        {
            "a.py": f"import unittest\nfrom b import B\nclass A(B, unittest.TestCase):\n{TEST}",
            "b.py": f"from a import A\nclass B(A):\n{TEST}",
            "test_c.py": f"from b import B\nclass C(B):\n{TEST}",
        }
    )
    assert plan.tally.classes_converted == 0
    assert {(r.unit.qualname, r.reason) for r in plan.refusals} == {
        ("A", "its base b.B is defined in b.py"),
        ("B", "its base a.A is defined in a.py"),
        ("C", "its base b.B is defined in b.py"),
    }
    assert sum(held.classes for held in plan.held) == 3


@pytest.mark.parametrize(
    ("bases", "said"),
    [
        ("trial.TestCase", "is, by way of twisted.trial.TestCase, twisted.trial's, which "),
        ("Middle", "is, by way of twisted.trial.TestCase, twisted.trial's, which "),
        ("make_base()", "inherits from a base that cannot be resolved, and stays"),
    ],
)
def test_a_base_that_stays_is_named_with_what_it_inherits_from(planned, bases, said):
    base = f"from twisted import trial\nclass Middle(trial.TestCase): pass\nclass Base({bases}): pass\n"
    plan = planned({"base.py": base, "test_a.py": f"from base import Base\nclass A(Base):\n{TEST}"})
    [reason] = [r.reason for r in plan.refusals if r.location.path.name == "test_a.py"]
    assert reason.startswith(f"its base base.Base {said}")
    assert sum(held.classes for held in plan.held if held.family.path.name == "test_a.py") == 1


def test_what_leaves_an_assertion_is_the_cause_that_keeps_its_class(planned):
    plan = planned(
        {
            "test_a.py": """\
            import unittest
            class Mixin:
                def assertRaises(self, kind): return None
                def check(self): self.assertRaises(ValueError)
            class A(Mixin, unittest.TestCase):
                def test_a(self): self.assertTrue(1)
                def test_b(self): super().assertRaises(ValueError)
            """
        }
    )
    codes = {(r.code, r.location.line) for r in plan.refusals}
    [held] = plan.held
    roots = {(plan.refusals[i].code, plan.refusals[i].location.line) for i in held.causes}
    assert roots <= codes
    assert ("A-EXPR", 4) not in codes
    assert culprits(plan) == {} or {c for c, _ in culprits(plan).values()} <= {"Mixin", "A"}


def test_an_assertion_that_is_refused_is_counted_once_and_keeps_no_class(planned):
    plan = planned(
        {
            "test_a.py": """\
            import unittest
            class A(unittest.TestCase):
                def test_a(self):
                    list(map(self.assertTrue, [1]))
                    self.assertTrue(1)
            """
        }
    )
    assert causes(plan) == {(None, 0, 1, ("A-EXPR", 4))}
    assert plan.tally.classes_converted == 1


def test_an_assertion_that_waits_for_its_class_stays_for_what_keeps_the_class(planned):
    source = """\
    import unittest
    class A(unittest.TestCase):
        def run(self, result=None): pass
        def test_a(self):
            with self.assertLogs() as cm: pass
            self.assertTrue(cm.output)
    """
    plan = planned({"test_a.py": source})
    [held] = plan.held
    assert held.classes == 1
    assert held.assertions == plan.tally.assertions - plan.tally.assertions_converted


@pytest.mark.parametrize(
    ("table", "classes"), [('profile = "asserts"', 1), ('ignore = ["testcase_to_plain_class"]', 2)]
)
def test_a_relative_that_the_configuration_leaves_alone_is_named(planned, table, classes):
    plan = planned(
        {
            "lib/base.py": "import unittest\n\nclass Base(unittest.TestCase): pass\n",
            "lib/pyproject.toml": f"[tool.reassert]\n{table}\n",
            "test_a.py": f"from lib.base import Base\nclass A(Base):\n{TEST}",
        }
    )
    assert [(r.code, r.location.path.name, r.reason) for r in plan.refusals] == [
        (
            "B-COMPONENT",
            "test_a.py",
            "Base, connected by inheritance, is left alone by the configuration (lib/base.py:3)",
        )
    ]
    assert causes(plan) == {("base.py", classes, 0, ("B-COMPONENT", 2))}


def test_where_nothing_was_to_climb_nothing_is_held_back(planned):
    files = {"test_a.py": f"import unittest\nclass A(unittest.TestCase):\n{TEST}"}
    plan = planned(files, profile=Profile.ASSERTS)
    assert (plan.refusals, plan.held) == ((), ())


def test_classes_that_are_to_stay_are_not_held_back(planned):
    files = {"test_a.py": f"import unittest\nclass A(unittest.TestCase):\n{RUN}{TEST}"}
    plan = planned(files, profile=Profile.ASSERTS)
    assert {(held.classes, held.assertions) for held in plan.held} == {(0, 0)}
    assert len(plan.refusals) == 2


def test_the_cache_keeps_what_is_held(planned, tmp_path):
    files = {
        "base.py": f"import unittest\nclass Base(unittest.TestCase):\n{RUN}",
        "test_b.py": f"from base import Base\nclass B(Base):\n{TEST}",
    }
    cold = planned(files, cache_dir=tmp_path / ".cache")
    warm = planned(files, cache_dir=tmp_path / ".cache")
    assert cold.held == warm.held
    assert cold.held[0].family.path == Path(tmp_path / "base.py")
