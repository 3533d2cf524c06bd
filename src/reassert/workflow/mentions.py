"""What other files say of tests that get other names: node ids are edited, the rest is pointed at.

These are the files that are no Python and yet name tests: pytest's configuration, lists of tests to leave
out, CI, makefiles. What Python files say is settled before, by ``project.link``.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from reassert.model.edits import Block, Unit
from reassert.model.outcomes import Change, Failed, Finding, Location, Plan
from reassert.syntax.references import paths_in, reference
from reassert.workflow.renames import Renames
from reassert.workspace.discovery import Exclude, discover, is_python
from reassert.workspace.folders import Folders
from reassert.workspace.reading import read_regular

RULE = "testcase_to_plain_class"
CODE, RUN_CODE = "STALE-NAME", "STALE-RUN"

# Files by the end of their names; those without any are makefiles, scripts and lists.
_SETTINGS = frozenset(
    {
        *(".ini", ".cfg", ".toml", ".yml", ".yaml", ".json", ".conf", ".env", ".mk", ".list", ".lst", ""),
        *(".sh", ".bash", ".zsh", ".fish", ".bat", ".cmd", ".ps1", ".groovy", ".nix", ".spec", ".bzl"),
    }
)
_LISTS = frozenset({".txt"})
_PROSE = frozenset({".md", ".rst", ".adoc"})
_KINDS = _SETTINGS | _LISTS | _PROSE | {".py"}
_LARGEST = 5_000_000
_FEW = 64
_WHY = "unittest does not run a plain class: run it with pytest"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NODE_ID = re.compile(r"([^\s\ufeff\"'`=,;:()\[\]{}<>|&*?]+\.py)((?:::[^\W\d]\w*)+)")
# What stands behind -k, to the end of its line; in a list the two may be on two lines.
_KEYWORD = re.compile(r"(?<![\w-])-k[\"'\s,=]*([^\r\n]*)")
_WORD = re.compile(r"\w+")
# The expression alone: the next argument, in quotes or not.
_EXPRESSION = re.compile(
    r"(?<![\w-])-k(?:[\"'],?)?[\s=]*(?:(?P<q>[\"'])(?P<text>.*?)(?P=q)|(?P<word>[^\s\"']+))"
)
_OPERATORS = frozenset({"and", "or", "not"})
# A command that starts unittest: ``python -m unittest``, also as a list of strings.
_UNITTEST = re.compile(rb"(?<![\w.-])-m[\s\"',]{1,4}unittest\b")


class _Edit(NamedTuple):
    """A replacement, in characters of a text, that makes the node id ``old`` be ``new``."""

    start: int
    end: int
    text: str
    old: str
    new: str


class _Remark(NamedTuple):
    """Something in a text that a person should look at."""

    start: int
    message: str
    suggestion: str = ""
    code: str = CODE


@dataclass(frozen=True)
class _File:
    """A file of which ``data`` is what there is, or what ``change`` makes of it."""

    path: Path
    folder: str
    data: bytes
    change: Change | None
    excluded: bool

    @cached_property
    def codec(self) -> str:
        """A codec that gives back every byte as it was."""
        if self.data.startswith(_UTF_16):
            return "utf-16"
        try:
            self.data.decode()
        except UnicodeDecodeError:
            return "latin-1"
        return "utf-8"

    @cached_property
    def text(self) -> str:
        return self.data.decode(self.codec, "replace")

    @property
    def kind(self) -> str:
        return self.path.suffix.lower()

    @property
    def is_editable(self) -> bool:
        return not self.excluded and self.kind not in _PROSE and self.codec != "utf-16"


def follow_mentions(plan: Plan, exclude: Exclude, folders: Folders | None = None) -> Plan:
    """The plan, with what its renames ask of other files below its root; without renames it is the same.

    Node ids are edited in place, on top of a change that the plan may have of that file. What cannot be
    edited is a finding: dotted paths and ``-k``, documents, files that are excluded or in UTF-16, and node
    ids that may mean several files; so is a command that starts unittest. Files that cannot be read, or that
    git ignores, are not looked at. ``folders`` have been looked at already.
    """
    if not plan.test_map:
        return plan
    files, excluded = _files(plan.root, exclude, folders)
    python = [_name(plan.root, path) for path in files if is_python(path.name)]
    renames = Renames(plan.test_map, python, _Reader(plan.root).has_word)
    gate = _gate(renames.words)
    changes = {change.path: change for change in plan.changes}
    findings = list(plan.findings)
    for path in files:
        if is_python(path.name) and path not in excluded:
            continue
        file = _read(plan.root, path, changes.get(path), excluded=path in excluded)
        if file is not None:
            edits, remarks = _look(file, renames) if gate(file) else ([], [])
            if edits:
                changes[path] = _changed(file, edits)
            findings += [
                _finding(file, remark) for remark in [*remarks, *_runs(file, remarks), *_parts(file, renames)]
            ]
    return replace(plan, changes=tuple(changes[p] for p in sorted(changes)), findings=tuple(findings))


# -- which files, and which of them at all ------------------------------------------------------------------


def _files(root: Path, exclude: Exclude, folders: Folders | None) -> tuple[Sequence[Path], frozenset[Path]]:
    """The files that may name tests, and all Python files; and which of them are excluded."""
    excluding: list[bool] = []

    def noted(folder: Path) -> tuple[Path, Sequence[str]]:
        base, patterns = exclude(folder)
        excluding.append(bool(patterns))
        return base, patterns

    kept = discover([root], root=root, exclude=noted, wanted=_is_wanted, folders=folders).files
    if not any(excluding):
        return kept, frozenset()
    every = discover([root], root=root, wanted=_is_wanted, folders=folders).files
    return every, frozenset(every) - frozenset(kept)


def _is_wanted(name: str) -> bool:
    dot = name.rfind(".")
    return (name[dot:].lower() if dot > 0 else "") in _KINDS


def _name(root: Path, path: Path) -> str:
    text, above = os.fspath(path), f"{root}{os.sep}"
    below = text.startswith(above)  # nearly always, and told apart much faster
    name = text[len(above) :] if below else os.path.relpath(path, root)
    return "" if name == os.curdir else name.replace(os.sep, "/")


def _read(root: Path, path: Path, change: Change | None, *, excluded: bool) -> _File | None:
    data: bytes | Failed | None
    try:
        data = change.after if change else read_regular(path, _LARGEST)
    except OSError:
        return None
    return _File(path, _name(root, path.parent), data, change, excluded) if isinstance(data, bytes) else None


class _Reader:
    """Answers whether a Python file of the project contains a word."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def has_word(self, name: str, word: str) -> bool:
        """A file that cannot be read may contain anything."""
        try:
            data = read_regular(self._root / name, _LARGEST)
        except OSError:
            return True
        return not isinstance(data, bytes) or re.search(rf"\b{word}\b".encode(), data) is not None


def _gate(words: frozenset[str]) -> Callable[[_File], bool]:
    """Whether a file may say anything of interest, by a look at its bytes."""
    encoded = [word.encode() for word in words]

    def may_concern(file: _File) -> bool:
        data = file.data
        if data.startswith(_UTF_16):
            return any(word in file.text for word in words)
        if b".py::" not in data and file.kind not in _SETTINGS | {".py"}:
            return False
        if len(encoded) > _FEW:
            return not words.isdisjoint(_WORD.findall(file.text))
        return any(word in data for word in encoded)

    return may_concern


# -- what a text says ---------------------------------------------------------------------------------------


def _look(file: _File, renames: Renames) -> tuple[list[_Edit], list[_Remark]]:
    edits, remarks = [], []
    for item in _node_ids(file, renames):
        if isinstance(item, _Edit) and file.is_editable:
            edits.append(item)
        elif isinstance(item, _Edit):
            remarks.append(_Remark(item.start, f"names {item.old}, which is now {item.new}"))
        else:
            remarks.append(item)
    if file.kind in _SETTINGS:
        remarks += _keywords(file.text, renames)
    if file.kind in _SETTINGS or file.kind == ".py":
        remarks += _dotted(file.text, renames)
    return edits, remarks


def _node_ids(file: _File, renames: Renames) -> Iterator[_Edit | _Remark]:
    """The node ids of tests that have another name afterwards; an edit is of their part behind the path."""
    for match in _NODE_ID.finditer(file.text):
        path, names = match[1], tuple(match[2].split("::")[1:])
        verdict = renames.of_node_id(path, names, file.folder)
        if verdict is None:
            continue
        if verdict.names is None:
            yield _Remark(match.start(), f"{match[0]} may name a test that has another name now")
        else:
            new = "::".join(("", *verdict.names))
            yield _Edit(match.start(2), match.end(2), new, match[0], f"{path}{new}")


def _keywords(text: str, renames: Renames) -> Iterator[_Remark]:
    for match in _KEYWORD.finditer(text):
        for word in _WORD.finditer(match[1]):
            called = renames.called(word[0]) if word[0] in renames.words else []
            if called and not all(f"[{word[0]}]" in name for name in called):  # a case has it in its name
                now = " or ".join(called)
                yield _Remark(match.start(1) + word.start(), f"-k selects by {word[0]}, which is now {now}")


def _parts(file: _File, renames: Renames) -> Iterator[_Remark]:
    """What pytest selects by a part of a name that is gone; whole names are ``_keywords``."""
    if file.kind not in _SETTINGS or b"-k" not in file.data or b"pytest" not in file.data:
        return
    for match in _EXPRESSION.finditer(file.text):
        group = "text" if match["q"] else "word"
        for word in _WORD.finditer(match[group]):
            known = word[0] in renames.words or word[0] in _OPERATORS
            found = None if known else renames.without(word[0])
            if found:
                message = f"-k selects by {word[0]}, a part of {found[0]}, which is now {found[1]}"
                yield _Remark(match.start(group) + word.start(), message)


def _dotted(text: str, renames: Renames) -> Iterator[_Remark]:
    for start, path in paths_in(text):
        found = renames.of_dotted(reference(path).names) if ".py::" not in path else None
        if found:
            yield _Remark(start, f"names {path}, whose {found[0]} is now {found[1]}", _WHY)


def _runs(file: _File, remarks: Sequence[_Remark]) -> Iterator[_Remark]:
    """The commands that start unittest; what is said of a test that such a command names is enough."""
    if file.kind not in _SETTINGS or not _UNITTEST.search(file.data):
        return
    said = {file.text.count("\n", 0, remark.start) for remark in remarks}
    for match in re.finditer(_UNITTEST.pattern.decode(), file.text):
        if file.text.count("\n", 0, match.start()) not in said:
            yield _Remark(
                match.start(), "unittest no longer finds the classes that are plain", _WHY, RUN_CODE
            )


# -- what is made of it -------------------------------------------------------------------------------------


def _changed(file: _File, edits: Sequence[_Edit]) -> Change:
    """The change of a file; its blocks are only known where no other change came before."""
    parts, blocks, position = [], [], 0
    for edit in edits:
        parts += [file.text[position : edit.start], edit.text]
        line = file.text.count("\n", 0, edit.start)
        blocks.append(Block(line, line + 1, line, line + 1))
        position = edit.end
    after = "".join([*parts, file.text[position:]]).encode(file.codec)
    units = tuple(dict.fromkeys(Unit(RULE, edit.old) for edit in edits))
    if file.change is not None:
        return replace(file.change, after=after, units=(*file.change.units, *units), blocks=())
    distinct = tuple(dict.fromkeys(blocks))
    return Change(file.path, file.data, after, units, blocks=distinct, encoding=file.codec)


def _finding(file: _File, remark: _Remark) -> Finding:
    before = file.text[: remark.start]
    line = before.count("\n") + 1
    location = Location(file.path, line, len(before) - before.rfind("\n"))
    return Finding(RULE, remark.code, location, remark.message, remark.suggestion)
