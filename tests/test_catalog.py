from __future__ import annotations

import sys
from itertools import count
from textwrap import dedent

import pytest

from reassert import catalog
from reassert.catalog import CatalogError, load, rule_ids

RULE = """
from reassert.model.rules import Codemod, Rewrite


class Rule(Codemod):
    title = "A rule"
    runs_after = {after!r}

    def rewrite(self, context):
        return Rewrite()
"""
_numbers = count()


@pytest.fixture
def make_package(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def make(**rules):
        name = f"made_rules_{next(_numbers)}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for rule, content in rules.items():
            text = content if isinstance(content, str) else RULE.format(after=content)
            (folder / f"{rule}.py").write_text(dedent(text))
        return name

    return make


def ids_of(rules):
    return [rule.id for rule in rules]


def test_ids_are_listed_without_importing_a_rule(make_package):
    package = make_package(b_rule="1 / 0", a_rule="1 / 0", _shared="1 / 0")
    assert rule_ids(package) == ("a_rule", "b_rule")
    assert f"{package}.a_rule" not in sys.modules


def test_a_package_that_does_not_exist_has_no_rules():
    assert rule_ids("reassert.no_such_package") == ()


def test_rules_come_after_those_they_name_and_else_by_id(make_package):
    package = make_package(d=(), c=("d",), a=("c",), b=())
    assert ids_of(load(package=package)) == ["b", "d", "c", "a"]


def test_only_what_is_asked_for_is_loaded_in_order(make_package):
    package = make_package(a=("b",), b=(), c="1 / 0")
    assert ids_of(load(["a", "b"], package)) == ["b", "a"]


def test_order_holds_through_a_rule_that_was_not_asked_for(make_package):
    package = make_package(a=("m",), m=("z",), z=())
    assert ids_of(load(["a", "z"], package)) == ["z", "a"]


def test_a_star_is_after_all_rules_without_one(make_package):
    package = make_package(a=("*", "c"), b=("z",), c=("*",), z=())
    assert ids_of(load(package=package)) == ["z", "b", "c", "a"]
    assert ids_of(load(["c", "b"], package)) == ["b", "c"]


def test_a_missing_predecessor_names_both_rules(make_package):
    package = make_package(a=("nowhere",))
    with pytest.raises(CatalogError, match="'a' runs after 'nowhere', which does not exist"):
        load(package=package)


def test_an_unknown_rule_is_named(make_package):
    with pytest.raises(CatalogError, match="unknown rule 'x'"):
        load(["x"], make_package(a=()))


def test_a_cycle_names_its_rules_only(make_package):
    package = make_package(a=("b",), b=("a",), free=())
    with pytest.raises(CatalogError, match=r"runs_after\): 'a', 'b'$"):
        load(package=package)


@pytest.mark.parametrize("text", ["", RULE.format(after=()) + "\n\nclass Second(Rule): pass\n"])
def test_a_module_must_define_exactly_one_rule(make_package, text):
    with pytest.raises(CatalogError, match="rule 'a' must define exactly one Codemod class"):
        load(package=make_package(a=text))


def test_an_imported_rule_class_is_not_counted(make_package):
    base = make_package(a=())
    borrowed = f"from {base}.a import Rule as Other\n" + RULE.format(after=())
    assert len(load(package=make_package(b=borrowed))) == 1


def test_the_rules_that_are_there_fit_together():
    assert sorted(ids_of(catalog.load())) == list(rule_ids())
