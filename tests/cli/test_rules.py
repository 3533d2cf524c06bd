from pathlib import Path
from typing import ClassVar

import pytest

from reassert import catalog
from reassert.model.outcomes import Safety
from reassert.model.rules import Audit, Codemod, Inspection, Rewrite


class Fake(Codemod[None]):
    title = "Make it [bold]better[/]"
    id = "old_to_new"
    page_path = Path()
    refusals: ClassVar = {"B-BASE": "a base is unknown", "A-EXPR": "used as a value"}

    def rewrite(self, context):  # noqa: ARG002 - the signature is the base class's
        return Rewrite()


class Other(Fake):
    title = "Another"
    id = "a_to_b"
    safety = Safety.UNSAFE
    refusals: ClassVar = {}


class Look(Audit[None]):
    title = "Tests that take long"
    id = "slow"
    findings: ClassVar = {"SLOW-TEST": "it takes long"}

    def inspect(self, context):  # noqa: ARG002 - the signature is the base class's
        return Inspection()


@pytest.fixture
def rules(monkeypatch, tmp_path):
    known = {"old_to_new": Fake(), "a_to_b": Other()}
    for name, page in (
        ("old_to_new", "# Title\n\n*Prose* caf\u00e9\n"),
        ("a_to_b", "# Other\n\nSee `LOST-X`.\n"),
    ):
        known[name].page_path = tmp_path / f"{name}.md"
        known[name].page_path.write_text(page, encoding="utf-8")
    monkeypatch.setattr(
        catalog, "load_audits", lambda ids=None: (Look(),) if not ids or "slow" in ids else ()
    )
    monkeypatch.setattr(catalog, "audit_ids", lambda: ("slow",))
    Look.page_path = tmp_path / "slow.md"
    Look.page_path.write_text("# Slow\n\nProse\n", encoding="utf-8")
    monkeypatch.setattr(catalog, "rule_ids", lambda: tuple(sorted(known)))
    monkeypatch.setattr(catalog, "load", lambda ids=None: tuple(known[name] for name in ids or known))


@pytest.mark.usefixtures("rules")
def test_rules_lists_id_safety_and_title(run):
    done = run("rules")
    assert done.code == 0
    assert done.out.decode().splitlines() == [
        "a_to_b      unsafe   Another",
        "old_to_new  safe     Make it [bold]better[/]",
        "slow        audit    Tests that take long",
    ]


@pytest.mark.usefixtures("rules")
def test_explain_knows_audits_and_their_codes(run):
    assert run("explain", "slow").out.decode() == (
        "# Slow\n\n`slow`, an audit: `reassert audit` reports what it finds, and nothing changes.\n\n"
        "Prose\n\n"
        "## What it finds\n\n- `SLOW-TEST`: it takes long\n"
    )
    assert b"- `slow`: it takes long\n" in run("explain", "slow-test").out


@pytest.mark.usefixtures("rules")
def test_explain_gives_page_and_class_in_markdown_off_a_terminal(run):
    done = run("explain", "old_to_new")
    assert (done.code, done.out.decode()) == (
        0,
        (
            "# Title\n\n`old_to_new`, safe: applied by default.\n\n*Prose* caf\u00e9\n\n"
            "## What it refuses\n\n- `A-EXPR`: used as a value\n- `B-BASE`: a base is unknown\n"
        ),
    )
    assert b"`a_to_b`, unsafe: applied with `--unsafe-fixes` only.\n" in run("explain", "a_to_b").out


@pytest.mark.parametrize(
    ("code", "about"),
    [
        ("B-BASE", "# B-BASE\n\n- `old_to_new`: a base is unknown\n\n"),
        ("lost-x", "# LOST-X\n\n- `a_to_b`: see its page\n\n"),
    ],
)
@pytest.mark.usefixtures("rules")
def test_explain_says_what_a_code_means(run, code, about):
    done = run("explain", code)
    assert (done.code, done.out.decode()) == (
        0,
        about + "`reassert explain RULE` shows a rule's page, with examples.\n",
    )


@pytest.mark.usefixtures("rules")
def test_explain_lays_the_page_out_in_colour(run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = run("explain", "old_to_new").out
    assert b"\x1b[" in out
    assert b"*Prose*" not in out


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("old_to_now", "; did you mean 'old_to_new'?"), ("zzz", " (`reassert rules` lists all)")],
)
@pytest.mark.usefixtures("rules")
def test_explain_helps_with_an_unknown_rule(run, typed, hint):
    done = run("explain", typed)
    assert (done.code, done.err) == (2, f"error: unknown rule '{typed}'{hint}\n")
