"""Measures reassert beside its peers: ``python benchmarks/run.py SCRATCH``, once tree.py has filled SCRATCH.

Every tool gets a virtual environment of its own in SCRATCH. Tables go to stdout, progress to stderr.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from measuring import Contender, Sample, compare, fresh_copy, table
from suites import KINDS, make_suite

HERE = Path(__file__).resolve().parent
PEERS = {
    "ruff": "ruff==0.17.5",
    "pytestify": "pytestify==1.5.0",
    "unittest2pytest": "unittest2pytest==0.5",
}
ONE_FILE = 13_000
INDEX_FILES = 3_000
# Of a file written less than 2 s ago the cache does not know whether it is still the same.
AGE = 3.0
CODEMODS = HERE.parent / "src" / "reassert" / "codemods"
BASE = """
import unittest


class HeirsBase(unittest.TestCase):
    def setUp(self):
        self.number = 1
"""
HEIR = """
from heirs.heirs_base import HeirsBase


class Heir{number}Test(HeirsBase):
    def test_number(self):
        self.assertEqual(self.number, 1)
"""
PARSE = """
import ast, pathlib, sys
start = pathlib.Path(sys.argv[1])
for path in [start] if start.is_file() else start.rglob("*.py"):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError):
        pass
"""


class Bench:
    """The tools in their environments, and what is run of them on a path."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.work = scratch / "work"
        self.log = scratch / "log"

    def install(self) -> None:
        """One virtual environment a tool; reassert is built from this checkout each time."""
        for name, requirement in {"reassert": str(HERE.parent), **PEERS}.items():
            place = self.scratch / "venvs" / name
            if name == "reassert" or not place.exists():
                venv.create(place, with_pip=True, clear=True)
                more = ["pytest"] if name == "reassert" else []
                subprocess.run([self.bin(name, "pip"), "install", "-q", requirement, *more], check=True)

    def bin(self, env: str, program: str) -> Path:
        """A program of one of the environments."""
        return self.scratch / "venvs" / env / "bin" / program

    def reassert(self, name: str, *arguments: str | Path) -> Contender:
        """Our own command."""
        return Contender(name, [self.bin("reassert", "reassert"), *arguments])

    def parse(self, path: Path) -> Contender:
        """The least that any tool of this kind must do."""
        return Contender("ast.parse", [self.bin("reassert", "python"), "-c", PARSE, path])

    def ruff(self, path: Path) -> Contender:
        """Ruff looks, it does not rewrite."""
        options = ["--isolated", "--no-cache", "--select", "PT", "--statistics"]
        return Contender("ruff check, PT", [self.bin("ruff", "ruff"), "check", *options, path])

    def writers(self, path: Path, rounds: int) -> list[Contender]:
        """The peers that rewrite in place: each run on a new copy."""
        copy = self.work / path.name
        refresh = fresh_copy(path, copy)
        second = [
            self.bin("unittest2pytest", "unittest2pytest"),
            "-f",
            "self_assert",
            "-w",
            "-n",
            "--no-diffs",
            copy,
        ]
        return [
            Contender(
                "pytestify", [self.bin("pytestify", "pytestify"), copy], refresh, rounds, fine=frozenset()
            ),
            Contender("unittest2pytest, assertions", second, refresh, rounds),
        ]

    def start_up(self, rounds: int) -> str:
        """How long it takes to say hello."""
        contenders = [
            Contender("python -c pass", [self.bin("reassert", "python"), "-c", "pass"]),
            self.reassert("reassert --version", "--version"),
            self.reassert("reassert --help", "--help"),
            self.reassert("reassert diff --help", "diff", "--help"),
            Contender("ruff --version", [self.bin("ruff", "ruff"), "--version"]),
        ]
        return table("Start-up", compare(contenders, rounds, self.log), "python -c pass")

    def one_file(self, rounds: int) -> str:
        """A file of about 13 KB."""
        found = _file_of(self.scratch / "trees" / "100k", ONE_FILE)
        path = self.scratch / "one" / found.name
        fresh_copy(found, path)()
        contenders = [
            self.parse(path),
            self.reassert("reassert diff", "diff", "--no-cache", path),
            self.reassert("reassert diff --stat", "diff", "--stat", "--no-cache", path),
            self.ruff(path),
            *self.writers(path, 3),
        ]
        title = f"One file of {path.stat().st_size / 1000:.1f} KB ({path.name})"
        return table(title, compare(contenders, rounds, self.log), "ast.parse")

    def tree(self, name: str, rounds: int, *, peers: bool) -> str:
        """A tree: without a cache, with an empty one, and once more."""
        tree, cache = self.scratch / "trees" / name, self.scratch / "cache"
        stat = ["diff", "--stat", tree]
        contenders = [
            self.parse(tree),
            self.ruff(tree),
            self.reassert("reassert diff --stat, no cache", *stat, "--no-cache"),
            self.reassert("the same, one process", *stat, "--no-cache", "--jobs", "1"),
            Contender(
                "the same, filling the cache",
                [self.bin("reassert", "reassert"), *stat, "--cache-dir", cache],
                partial(shutil.rmtree, cache, ignore_errors=True),
            ),
            *(self.writers(tree, 1) if peers else []),
        ]
        cold = compare(contenders, rounds, self.log)
        warm = self.reassert("again, unchanged", *stat, "--cache-dir", cache)
        cold.update(compare([warm], max(rounds, 5), self.log))
        return table(f"Tree {name}: {_size(tree)}", cold, "ast.parse")

    def index(self, rounds: int) -> str:
        """3,000 files, of which is only asked who defines, inherits and uses what; then a base changes."""
        tree, cache = self.work / "index", self.scratch / "cache"
        base = _index_tree(self.scratch / "trees" / "1m", tree, INDEX_FILES)
        stat = ["diff", "--stat", tree, "--cache-dir", cache]
        nothing = ["--ignore", ",".join(sorted(page.stem for page in CODEMODS.glob("*.md")))]
        empty = partial(shutil.rmtree, cache, ignore_errors=True)
        cold = compare(
            [
                self.parse(tree),
                Contender("index, empty cache", [self.bin("reassert", "reassert"), *stat, *nothing], empty),
            ],
            rounds,
            self.log,
        )
        found = "plan, the index known", "plan, a base of 50 files changed"
        cold.update(compare([self.reassert("index, unchanged", *stat, *nothing)], max(rounds, 5), self.log))
        cold.update(compare([self.reassert(found[0], *stat)], 1, self.log))
        changed = Contender(found[1], self.reassert("", *stat).command, partial(_change, base))
        cold.update(compare([changed], max(rounds, 5), self.log))
        return table(f"Index: {_size(tree)}", cold, "ast.parse")

    def proof(self, kind: str, rounds: int) -> str:
        """What ``verify`` costs, beside the two runs of the suite without which there is no proof.

        As in a copy nothing is compiled: pytest's rewriting of assertions is most of the time of small tests.
        """
        before, after = self.work / f"suite-{kind}", self.work / f"suite-{kind}-after"
        for folder in (before, after):
            shutil.rmtree(folder, ignore_errors=True)
        size = make_suite(before, kind)
        shutil.copytree(before, after)
        migrate = [self.bin("reassert", "reassert"), "migrate", "--yes", "--no-cache", after]
        subprocess.run(migrate, check=True, capture_output=True)
        pytest = [self.bin("reassert", "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        contenders = [
            Contender("pytest, before", [*pytest, before], _uncompiled(before), fine=frozenset({0})),
            Contender("pytest, after", [*pytest, after], _uncompiled(after), fine=frozenset({0})),
            self.reassert("reassert verify", "verify", before, "--python", self.bin("reassert", "python")),
        ]
        samples = compare(contenders, rounds, self.log)
        measured = table(f"Proof of {size} that do {kind}", samples, "pytest, before")
        return f"{measured}\n{_of_both(samples)}\n"


def _uncompiled(folder: Path) -> Callable[[], None]:
    """What takes the compiled modules out of a folder."""

    def clean() -> None:
        for found in list(folder.rglob("__pycache__")):
            shutil.rmtree(found)

    return clean


def _of_both(samples: dict[str, list[Sample]]) -> str:
    before, after, verify = (median(s.wall for s in runs) for runs in samples.values())
    return f"`verify` takes {verify / (before + after):.2f} times as long as the two runs together."


def _index_tree(source: Path, target: Path, files: int) -> Path:
    """A copy of ``source`` with so many heirs of a new base that it has ``files`` files; gives the base."""
    fresh_copy(source, target)()
    folder = target / "heirs"
    folder.mkdir()
    base = folder / "heirs_base.py"
    base.write_text(BASE, encoding="utf-8")
    for number in range(files - len(list(target.rglob("*.py")))):
        (folder / f"test_heir{number}.py").write_text(HEIR.format(number=number), encoding="utf-8")
    time.sleep(AGE)
    return base


def _change(base: Path) -> None:
    """Let the base be another one than before, some time ago."""
    base.write_text(base.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    time.sleep(AGE)


def _file_of(tree: Path, size: int) -> Path:
    legacy = (path for path in sorted(tree.rglob("test_*.py")) if b"unittest.TestCase)" in path.read_bytes())
    return min(legacy, key=lambda path: abs(path.stat().st_size - size))


def _size(tree: Path) -> str:
    data = [path.read_bytes() for path in tree.rglob("*.py")]
    lines, size = sum(d.count(b"\n") for d in data), sum(map(len, data))
    return f"{len(data):,} files, {lines:,} lines, {size / 1e6:.1f} MB"


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scratch", type=Path, help="the folder that tree.py filled")
    parser.add_argument(
        "--rounds", type=int, default=3, help="how often each command runs on a tree (default 3)"
    )
    parser.add_argument("--full", action="store_true", help="the peers also on all of Lib/test (a long time)")
    choices = ["start", "file", "100k", "lib", "1m", "index", "verify"]
    parser.add_argument("--only", choices=choices, action="append")
    options = parser.parse_args()
    bench = Bench(options.scratch.resolve())
    bench.install()
    parts: dict[str, Callable[[], str]] = {
        "start": lambda: bench.start_up(11),
        "file": lambda: bench.one_file(11),
        "100k": lambda: bench.tree("100k", options.rounds, peers=True),
        "lib": lambda: bench.tree("lib", options.rounds, peers=options.full),
        "1m": lambda: bench.tree("1m", options.rounds, peers=False),
        "index": lambda: bench.index(options.rounds),
        "verify": lambda: "\n".join(bench.proof(kind, options.rounds) for kind in KINDS),
    }
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {', '.join(PEERS.values())}\n")
    for name in options.only or parts:
        print(f"measuring {name}", file=sys.stderr)
        print(parts[name](), flush=True)


if __name__ == "__main__":
    main()
