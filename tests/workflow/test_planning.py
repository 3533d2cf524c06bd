"""Planning with an invented engine: ``old x`` is a test that changes, ``class A(B)`` a relation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from reassert.batch.executors import PoolExecutor, SerialExecutor
from reassert.engine import Analysis
from reassert.model.config import Profile, RuleConfig
from reassert.model.edits import Unit
from reassert.model.facts import BaseFacts, FileFacts, ScannedClass, ScannedFacts
from reassert.model.outcomes import (
    Change,
    Failed,
    Finding,
    Location,
    Plan,
    Refusal,
    Report,
    Rewritten,
    Skipped,
    Tally,
    Unchanged,
)
from reassert.model.rules import Codemod
from reassert.workflow import planning, work
from reassert.workflow.executor import Result
from reassert.workflow.kinship import MOST_WORDS
from reassert.workflow.planning import PlanRequest, make_plan
from reassert.workflow.usage import UsageError
from reassert.workspace.settings import SettingsError

RULES = ("assert_a", "assert_b", "base_c")


class Engine:
    """Stands for the engine and the linking; remembers what it was asked."""

    def __init__(self) -> None:
        self.rewritten = []
        self.scanned = []

    def rewrite(self, member, *_, **_options):
        source, facts = member.source, member.facts
        self.rewritten.append((source.path.name, tuple(member.rules), facts, member.config))
        return Analysis(self.outcome(source, facts), self.scan_facts(source))

    def scan(self, source):
        self.scanned.append(source.path.name)
        return self.scan_facts(source)

    def outcome(self, source, facts):
        path, data = source.path, source.data
        if b"broken" in data:
            return Failed(path, "syntax error: it is broken", 1)
        if b"generated" in data:
            return Skipped(path, "generated")
        names = re.findall(r"old (\w+)", source.text)
        bases = ",".join(sorted(facts.bases))
        unit = Unit("assert_a", "T")
        refusals = (Refusal("assert_a", "HELD", Location(path, 1), unit, bases),) if bases else ()
        findings = tuple(Finding("assert_a", "F", Location(path, 1), name) for name in names)
        renamed = {f"T::{name}": (f"TestT::{name}",) for name in names}
        report = Report(refusals, findings, Tally(tests=len(names)), {**renamed, "same": ("same",)})
        if not names or refusals:
            return Unchanged(path, report)
        return Rewritten(Change(path, data, data.replace(b"old", b"new"), (unit,)), report)

    def scan_facts(self, source):
        found = re.findall(r"class (\w+)\((\w+)\)", source.text)
        classes = tuple(ScannedClass(name, (base,), frozenset()) for name, base in found)
        return ScannedFacts(classes, frozenset(re.findall(r"import (\S+)", source.text)))

    def link(self, index, *_):
        """A class whose base another file defines has facts that name all its known bases."""
        scanned = index.scanned
        bases = {c.qualname: c.bases[0] for facts in scanned.values() for c in facts.classes}
        found = {}
        for path, facts in scanned.items():
            own = {c.qualname for c in facts.classes}
            chain = {}
            for item in facts.classes:
                name = item.bases[0]
                while name in bases and name not in own:
                    chain[name] = BaseFacts("plain")
                    name = bases[name]
            if chain:
                found[path] = FileFacts(chain)
        return found


@pytest.fixture
def engine(monkeypatch):
    engine = Engine()
    rules = [
        SimpleNamespace(id=rule, mentions=(b"old", b"generated", b"broken"), needs=(), is_wanted=bool)
        for rule in RULES
    ]
    monkeypatch.setattr("reassert.engine.rewrite", engine.rewrite)
    monkeypatch.setattr("reassert.engine.scan", engine.scan)
    monkeypatch.setattr("reassert.project.link", engine.link)
    monkeypatch.setattr(planning, "rule_ids", lambda: RULES)
    monkeypatch.setattr("reassert.catalog.load", lambda ids: tuple(r for r in rules if r.id in ids))
    work.load_rules.cache_clear()
    work.gate_of.cache_clear()
    work.wanted_of.cache_clear()
    yield engine
    work.load_rules.cache_clear()
    work.gate_of.cache_clear()
    work.wanted_of.cache_clear()


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
def plan(project, engine):  # noqa: ARG001 - the engine must be in place
    def plan(*names, progress=lambda _done, _total: None, executor=None, **options):
        paths = tuple(project / name for name in names) or (project,)
        return make_plan(PlanRequest(paths, **options), executor or SerialExecutor(), progress)

    return plan


def rules_used(engine, name):
    return [tuple(rule.id for rule in rules) for file, rules, _, _ in engine.rewritten if file == name]


def names(items):
    return [item.path.name for item in items]


# ---- the plan


def test_the_plan_holds_every_outcome_sorted_by_path(write, plan, project):
    write(d="old x", b="broken", a="old y\nold z", c="generated", e="nothing", p__f="old w")
    made = plan()
    assert made.root == project
    assert made.files == 6
    assert names(made.changes) == ["a.py", "d.py", "f.py"]
    assert made.failures == (Failed(project / "b.py", "syntax error: it is broken", 1),)
    assert made.skipped == (Skipped(project / "c.py", "generated"),)
    assert [finding.message for finding in made.findings] == ["y", "z", "x", "w"]
    assert made.tally == Tally(tests=4)


def test_the_test_map_has_node_ids_relative_to_the_root_and_only_differences(write, plan):
    write(a="nothing", p__b="old x")
    assert plan().test_map == {"p/b.py::T::x": ("p/b.py::TestT::x",)}


def test_a_path_that_does_not_exist_is_a_failure(write, plan):
    write(a="old x")
    made = plan("a.py", "nowhere.py")
    assert names(made.changes) == ["a.py"]
    assert names(made.failures) == ["nowhere.py"]


def test_a_file_named_twice_is_planned_once(write, plan, project):
    write(p__a="old x")
    (project / "link.py").symlink_to(project / "p" / "a.py")
    made = plan("p/a.py", "p", "link.py", "p/../p/a.py")
    assert made.files == 1
    assert names(made.changes) == ["a.py"]


def test_without_any_file_the_plan_is_empty(plan, project):
    assert plan() == Plan(project)


def test_a_file_that_cannot_be_read_is_a_failure(write, plan, project):
    write(a="old x")
    (project / "b.py").write_bytes(b"\xff old")
    made = plan()
    assert names(made.failures) == ["b.py"]
    assert names(made.changes) == ["a.py"]


def test_progress_ends_at_the_total(write, plan):
    write(a="old x", b="class X(Y): old y", c="class Y(Z): pass")
    seen = []
    plan(progress=lambda *at: seen.append(at))
    assert [done for done, _ in seen] == [1, 2, 3, 4]
    assert seen[-1] == (4, 4)


# ---- the gate


def test_a_file_that_mentions_nothing_and_relates_to_nothing_is_not_parsed(write, plan, engine):
    write(a="x = 1", b="class A(B): pass", c="import x", d="old x", e="classes = imported")
    plan()
    assert [file for file, *_ in engine.rewritten] == ["d.py"]
    assert engine.scanned == ["b.py", "c.py"]


def test_a_rule_without_mentions_sees_every_file():
    class Everywhere(Codemod):
        title = "x"

        def rewrite(self, context):
            raise NotImplementedError

    class Somewhere(Everywhere):
        mentions = (b"a.b", b"c")

    assert work.union_of([Somewhere(), Everywhere()]) is None
    gate = work.union_of([Somewhere()])
    assert [bool(gate.search(data)) for data in (b"xa.bx", b"c", b"axb", b"")] == [True, True, False, False]


# ---- which rules


def test_all_rules_run_by_default(write, plan, engine):
    write(a="old x")
    plan()
    assert rules_used(engine, "a.py") == [RULES]


@pytest.mark.parametrize(
    ("options", "used"),
    [
        ({"select": ("assert_b",)}, ("assert_b",)),
        ({"ignore": ("assert_b",)}, ("assert_a", "base_c")),
        ({"select": ("assert_b", "base_c"), "ignore": ("base_c",)}, ("assert_b",)),
    ],
)
def test_options_choose_rules(write, plan, engine, options, used):
    write(a="old x")
    plan(**options)
    assert rules_used(engine, "a.py") == [used]


@pytest.mark.parametrize(
    ("table", "used"),
    [
        ('select = ["assert_a"]', ("assert_a",)),
        ('select = ["assert_a"]\nextend-select = ["base_c"]', ("assert_a", "base_c")),
        ('ignore = ["assert_a"]', ("assert_b", "base_c")),
        ('per-file-ignores = { "a.py" = ["assert_a"], "b*.py" = ["assert_b"] }', ("assert_b", "base_c")),
        ('per-file-ignores = { "*.py" = ["assert_a"], "/a.py" = ["assert_b"] }', ("base_c",)),
        ('per-file-ignores = { "p/**" = ["assert_a"], "p/" = ["assert_b"] }', RULES),
    ],
)
def test_settings_choose_rules(write, plan, engine, project, table, used):
    write(a="old x")
    (project / "pyproject.toml").write_text("[tool.reassert]\n" + table)
    plan()
    assert rules_used(engine, "a.py") == [used]


def test_a_rule_named_on_the_command_line_runs_although_it_is_ignored_in_the_settings(
    write, plan, engine, project
):
    write(a="old x")
    (project / "pyproject.toml").write_text('[tool.reassert]\nignore = ["assert_a"]\nselect = ["base_c"]')
    plan(select=("assert_a",))
    assert rules_used(engine, "a.py") == [("assert_a",)]


def test_with_all_rules_ignored_files_are_only_scanned(write, plan, engine):
    write(a="class T(U): old x")
    assert plan(ignore=RULES).changes == ()
    assert engine.rewritten == []
    assert engine.scanned == ["a.py"]


@pytest.mark.parametrize("option", ["select", "ignore"])
def test_an_unknown_rule_is_an_error_with_a_hint(write, plan, option):
    write(a="old x")
    with pytest.raises(UsageError, match=r"^unknown rule 'asert_a'; did you mean 'assert_a'\?$"):
        plan(**{option: ("asert_a",)})
    with pytest.raises(UsageError, match=r"^unknown rule 'zzz' \(`reassert rules` lists all\)$"):
        plan(**{option: ("zzz",)})


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ('select = ["x_y"]', "select"),
        ('ignore = ["x_y"]', "ignore"),
        ('per-file-ignores = { "a" = ["x_y"] }', 'per-file-ignores."a"'),
    ],
)
def test_an_unknown_rule_in_the_settings_names_file_and_key(write, plan, project, table, key):
    write(a="old x")
    config = project / "pyproject.toml"
    config.write_text("[tool.reassert]\n" + table)
    said = re.escape(f"{config}: tool.reassert.{key}: unknown rule 'x_y'")
    with pytest.raises(UsageError, match=f"^{said}"):
        plan()


def test_broken_settings_are_an_error(write, plan, project):
    write(a="old x")
    (project / "pyproject.toml").write_text("[tool.reassert]\nnonsense = 1")
    with pytest.raises(SettingsError, match="nonsense"):
        plan()


def test_in_a_monorepo_the_nearest_settings_win(write, plan, engine, project):
    write(a="old x", p__b="old y", p__q__c="old z", r__d="old w")
    (project / "pyproject.toml").write_text('[tool.reassert]\nselect = ["assert_a"]\nprofile = "asserts"')
    (project / "p" / "pyproject.toml").write_text('[tool.reassert]\nselect = ["base_c"]')
    (project / "r" / "pyproject.toml").write_text("[tool.other]\n")
    plan()
    used = {file: (tuple(r.id for r in rules), config.profile) for file, rules, _, config in engine.rewritten}
    assert used == {
        "a.py": (("assert_a",), Profile.ASSERTS),
        "b.py": (("base_c",), Profile.CLASSES),
        "c.py": (("base_c",), Profile.CLASSES),
        "d.py": (("assert_a",), Profile.ASSERTS),
    }


def test_options_override_the_configuration(write, plan, engine, project):
    write(a="old x")
    (project / "pyproject.toml").write_text('[tool.reassert]\nprofile = "classes"\ntarget-version = "py312"')
    plan(profile=Profile.ASSERTS, unsafe_fixes=True)
    assert engine.rewritten[0][3] == replace(
        engine.rewritten[0][3], profile=Profile.ASSERTS, unsafe_fixes=True, target_version=(3, 12)
    )


def test_isolated_reads_no_settings(write, plan, engine, project):
    write(a="old x")
    (project / "pyproject.toml").write_text('[tool.reassert]\nselect = ["assert_a"]')
    plan(isolated=True)
    assert rules_used(engine, "a.py") == [RULES]
    assert engine.rewritten[0][3] == RuleConfig()


# ---- two passes


def test_a_file_with_relations_is_worked_on_again_with_its_facts(write, plan, engine):
    write(a="class T(Base): old x", b="class Base(Root): pass", c="old y")
    made = plan()
    assert names(made.changes) == ["c.py"]
    assert [(r.location.path.name, r.reason) for r in made.refusals] == [("a.py", "Base")]
    assert [(file, sorted(facts.bases)) for file, _, facts, _ in engine.rewritten] == [
        ("a.py", []),
        ("c.py", []),
        ("a.py", ["Base"]),
    ]


def test_facts_reach_a_file_that_mentions_nothing(write, plan, engine):
    write(a="class T(Base): pass", b="class Base(Root): old x")
    plan()
    assert [file for file, *_ in engine.rewritten] == ["b.py", "a.py"]


def test_relatives_that_were_not_asked_for_are_scanned_but_never_changed(write, plan, engine):
    write(a="class T(Base): old x", p__b="class Base(Root): old y")
    made = plan("a.py")
    assert made.files == 1
    assert made.changes == ()
    assert [r.reason for r in made.refusals] == ["Base"]
    assert engine.scanned == ["b.py"]


def test_relatives_of_relatives_are_found_and_strangers_are_not_parsed(write, plan, engine):
    write(
        a="class T(Base): old x",
        p__b="class Base(Root): pass",
        p__c="class Root(Top): pass",
        p__d="class Other(Thing): pass",
        p__e="Base = Root = 1",
        p__f="from .x import *",
    )
    made = plan("a.py")
    assert [r.reason for r in made.refusals] == ["Base,Root"]
    assert sorted(engine.scanned) == ["b.py", "c.py", "f.py"]


def test_a_file_without_classes_asks_nothing_of_the_project(write, plan, engine):
    write(a="import os\nold x", b="class Base(Root): pass")
    assert names(plan("a.py").changes) == ["a.py"]
    assert engine.scanned == []


def test_trouble_in_a_file_that_was_not_asked_for_is_not_reported(write, plan, project):
    write(a="class T(Base): old x")
    (project / "b.py").write_bytes(b"\xff class Base(Root): pass")
    made = plan("a.py")
    assert names(made.changes) == ["a.py"]
    assert made.failures == ()


def test_with_too_many_names_every_file_that_may_relate_is_scanned(write, plan, engine):
    text = "".join(f"class T{n}(Base{n}): old\n" for n in range(MOST_WORDS))
    write(a=text, b="class Other(Thing): pass", c="x = 1")
    plan("a.py")
    assert engine.scanned == ["b.py"]


# ---- executors and the cache


def tree(write):
    write(
        **{f"p{n % 7}__t{n}": f"class T{n}(T{n // 3}): old x{n}" for n in range(1, 60)},
        bad="broken",
        gen="generated",
    )


def test_the_plan_is_the_same_in_one_process_and_in_a_pool(write, plan):
    tree(write)
    with PoolExecutor(2) as pool:
        assert plan(executor=pool) == plan()


def test_a_second_run_asks_the_engine_nothing_and_plans_the_same(write, plan, engine, tmp_path):
    tree(write)
    first = plan(cache_dir=tmp_path / "cache")
    engine.rewritten.clear()
    engine.scanned.clear()
    assert plan(cache_dir=tmp_path / "cache") == first == plan()
    engine.rewritten.clear()
    assert plan(cache_dir=tmp_path / "cache") == first
    assert engine.rewritten == engine.scanned == []


def test_a_changed_file_is_worked_on_again_and_so_are_its_relatives(write, plan, engine, tmp_path):
    write(a="class T(Base): old x", b="class Base(Root): pass", c="old y")
    plan(cache_dir=tmp_path / "cache")
    engine.rewritten.clear()
    write(b="class Base(Root2): pass", c2="class Root2(X): pass")
    made = plan(cache_dir=tmp_path / "cache")
    assert made == plan()
    assert [file for file, *_ in engine.rewritten][:1] == ["a.py"]
    assert [r.reason for r in made.refusals] == ["Base,Root2", "Root2"]


@pytest.mark.parametrize(
    "options", [{"select": ("assert_a",)}, {"unsafe_fixes": True}, {"profile": Profile.ASSERTS}]
)
def test_other_options_are_other_results(write, plan, engine, tmp_path, options):
    write(a="old x")
    plan(cache_dir=tmp_path / "cache")
    engine.rewritten.clear()
    plan(cache_dir=tmp_path / "cache", **options)
    assert len(engine.rewritten) == 1


def test_trouble_that_is_not_the_content_s_is_not_remembered(write, plan, tmp_path):
    write(a="old x")
    failing = SerialExecutor(lambda task: Result(Failed(task.path, "took too long")))
    assert names(plan(executor=failing, cache_dir=tmp_path / "cache").failures) == ["a.py"]
    assert names(plan(cache_dir=tmp_path / "cache").changes) == ["a.py"]


def test_progress_counts_what_the_cache_knows(write, plan, tmp_path):
    write(a="old x", b="old y")
    plan(cache_dir=tmp_path / "cache")
    write(c="old z")
    seen = []
    plan(cache_dir=tmp_path / "cache", progress=lambda *at: seen.append(at))
    plan(cache_dir=tmp_path / "cache", progress=lambda *at: seen.append(at))
    assert seen == [(3, 3), (3, 3)]


# ---- a worker's own failures


def test_a_defect_in_the_engine_is_reported_with_its_place(write, plan, monkeypatch):
    write(a="old x", b="class Base(X): pass")

    def defective(*_, **_options):
        raise LookupError("lost")

    monkeypatch.setattr("reassert.engine.rewrite", defective)
    (failure,) = plan().failures
    assert failure.path == Path(failure.path.parent / "a.py")
    assert re.match(
        r"internal error, please report it: LookupError: lost at test_planning\.py:\d+", failure.error
    )
