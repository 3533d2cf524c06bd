"""Finds codemods and audits by walking the packages they live in; nothing else registers them."""

from __future__ import annotations

import heapq
import pkgutil
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import GenericAlias, ModuleType
from typing import Any

from reassert.model.rules import Audit, Codemod

PACKAGE = "reassert.codemods"
AUDITS = "reassert.audits"


class CatalogError(Exception):
    """The rules on disk do not fit together, or one that does not exist was asked for; named."""


@lru_cache(maxsize=8)
def rule_ids(package: str = PACKAGE) -> tuple[str, ...]:
    """All rule ids in alphabetical order; the rules' modules are not imported."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    names = (module.name for module in pkgutil.iter_modules(folders or []))
    return tuple(sorted(name for name in names if not name.startswith("_")))


def load(ids: Iterable[str] | None = None, package: str = PACKAGE) -> tuple[Codemod[Any], ...]:
    """The codemods ``ids`` (None: all), each after those that its ``runs_after`` names, else by id.

    ``*`` in ``runs_after`` means: after every rule that does not say so itself.
    Order holds through rules that were not asked for. Raises CatalogError.
    """
    wanted = set(rule_ids(package) if ids is None else ids)
    rules = _with_predecessors(wanted, package)
    return tuple(rules[name] for name in _ordered(rules) if name in wanted)


@lru_cache(maxsize=8)
def audit_ids(package: str = AUDITS) -> tuple[str, ...]:
    """The ids of all audits in alphabetical order; their modules are not imported."""
    return rule_ids(package)


def load_audits(ids: Iterable[str] | None = None, package: str = AUDITS) -> tuple[Audit[Any], ...]:
    """The audits ``ids`` (None: all), by id. Raises CatalogError."""
    known = audit_ids(package)
    wanted = sorted(set(known if ids is None else ids))
    for name in wanted:
        _check_exists(name, "", known)
    return tuple(_instance(import_module(f"{package}.{name}"), Audit) for name in wanted)


def _with_predecessors(wanted: Iterable[str], package: str) -> dict[str, Codemod[Any]]:
    rules: dict[str, Codemod[Any]] = {}
    queue = [(name, "") for name in wanted]
    while queue:
        name, successor = queue.pop()
        if name in rules:
            continue
        _check_exists(name, successor, rule_ids(package))
        rules[name] = _instance(import_module(f"{package}.{name}"), Codemod)
        queue += [(earlier, name) for earlier in rules[name].runs_after if earlier != "*"]
    return rules


def _check_exists(name: str, successor: str, known: Collection[str]) -> None:
    if name in known:
        return
    if successor:
        raise CatalogError(f"rule {successor!r} runs after {name!r}, which does not exist")
    raise CatalogError(f"unknown rule {name!r}")


def _instance(module: ModuleType, kind: type[Any]) -> Any:
    classes = [
        item
        for item in vars(module).values()
        if not isinstance(item, GenericAlias)
        and isinstance(item, type)
        and issubclass(item, kind)
        and item.__module__ == module.__name__
    ]
    if len(classes) != 1:
        name = module.__name__.rpartition(".")[2]
        wanted = f"exactly one {kind.__name__} class"
        raise CatalogError(f"rule {name!r} must define {wanted}, it defines {len(classes)}")
    return classes[0]()


def _predecessors(rules: Mapping[str, Codemod[Any]]) -> dict[str, set[str]]:
    last = {name for name, rule in rules.items() if "*" in rule.runs_after}
    return {
        name: set(rule.runs_after) - {"*"} | (set(rules) - last if name in last else set())
        for name, rule in rules.items()
    }


def _ordered(rules: Mapping[str, Codemod[Any]]) -> list[str]:
    """Kahn's algorithm with a heap, so that ties go by id."""
    waiting = _predecessors(rules)
    ready = [name for name, earlier in waiting.items() if not earlier]
    heapq.heapify(ready)
    order: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        order.append(name)
        for later, earlier in waiting.items():
            if name in earlier:
                earlier.remove(name)
                if not earlier:
                    heapq.heappush(ready, later)
    if len(order) < len(rules):
        stuck = ", ".join(repr(name) for name in sorted(set(rules) - set(order)))
        raise CatalogError(f"these rules wait for one another (runs_after): {stuck}")
    return order
