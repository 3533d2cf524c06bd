"""Measures what a proof costs on suites of other projects: ``python benchmarks/proofs.py SCRATCH``.

Their source distributions are pinned, and downloaded by pip; each is tested in a virtual environment of its
own, beside the two runs of the suite without which there is no proof.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measuring import Contender, Sample, compare

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Project:
    """A source distribution, what its tests need, and where they and its packages are."""

    requirement: str
    needs: tuple[str, ...] = ()
    tests: tuple[str, ...] = ("tests",)
    packages: str = "."

    @property
    def name(self) -> str:
        """What pip calls it."""
        return self.requirement.partition("==")[0]


PROJECTS = (
    Project("simplejson==3.19.2", tests=("simplejson/tests",)),
    Project("pyflakes==3.2.0", tests=("pyflakes/test",)),
    Project("oauthlib==3.2.2", ("pyjwt", "cryptography", "blinker")),
    Project(
        "pyparsing==3.1.1",
        ("railroad-diagrams", "jinja2"),
        ("tests/test_unit.py", "tests/test_simple_unit.py"),
    ),
    Project("Pint==0.16.1", ("setuptools<80", "packaging"), ("pint/testsuite/test_unit.py",)),
    Project("transitions==0.9.0", ("six", "mock", "dill", "graphviz")),
    Project("tornado==6.4.1", tests=("tornado/test",)),
    Project("pyramid==2.0.2", ("pyramid", "webtest", "zope.component", "setuptools<80"), packages="src"),
)


class Place:
    """A project below the scratch folder: as it is, migrated, and its environment."""

    def __init__(self, project: Project, scratch: Path) -> None:
        self.project = project
        self.archives = scratch / "sdists"
        self.before = scratch / "proofs" / project.name
        self.after = scratch / "proofs" / f"{project.name}-after"
        self.environment = scratch / "venvs" / project.name

    def fill(self, reassert: Path) -> None:
        """Unpack the project, migrate a copy of it, and make the environment."""
        for folder in (self.before, self.after):
            shutil.rmtree(folder, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, "-d", self.archives, self.project.requirement], check=True)
        self._unpack()
        shutil.copytree(self.before, self.after)
        tests = [self.after / path for path in self.project.tests]
        subprocess.run([reassert, "migrate", "--yes", "--no-cache", *tests], check=True, capture_output=True)
        if not self.environment.exists():
            venv.create(self.environment, with_pip=True)
            pip = [self.environment / "bin" / "python", "-m", "pip", "install", "-q"]
            subprocess.run([*pip, "pytest", "coverage", *self.project.needs], check=True)

    def _unpack(self) -> None:
        name, version = self.project.requirement.lower().split("==")
        (archive,) = (
            p for p in self.archives.glob("*.tar.gz") if p.name.lower() == f"{name}-{version}.tar.gz"
        )
        making = self.before.with_name(f"{self.project.name}-making")
        shutil.rmtree(making, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extractall(making, filter="data")
        next(making.iterdir()).rename(self.before)
        making.rmdir()
        git = ["git", "-C", self.before, "-c", "user.name=bench", "-c", "user.email=bench@example.org"]
        for arguments in (["init", "-q"], ["add", "-A", "-f"], ["commit", "-q", "-m", "suite"]):
            subprocess.run([*git, *arguments], check=True)

    def _pytest(self, where: Path) -> list[str | Path]:
        options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", "--continue-on-collection-errors"]
        inside = ["env", "-C", where, "PYTHONDONTWRITEBYTECODE=1", f"PYTHONPATH={self.project.packages}"]
        return [*inside, self.environment / "bin" / "python", "-m", "pytest", *options, *self.project.tests]

    def measured(self, reassert: Path, rounds: int, log: Path) -> dict[str, list[Sample]]:
        """Both runs and the proof."""
        inside = ["env", "-C", self.before, f"PYTHONPATH={self.project.packages}"]
        config = self.before.with_suffix(".toml")
        config.write_text('[verify]\nenv = {PYTEST_ADDOPTS = "-o addopts="}\n', encoding="utf-8")
        options = ["--no-cache", "--python", self.environment, "--config", config]
        contenders = [
            Contender("before", self._pytest(self.before)),
            Contender("after", self._pytest(self.after)),
            Contender("verify", [*inside, reassert, "verify", *self.project.tests, *options]),
        ]
        return compare(contenders, rounds, log)


def _row(name: str, wall: Sequence[float], cpu: Sequence[float]) -> str:
    before, after, verify = wall
    times = [proof / (one + other) for one, other, proof in (wall, cpu)]
    shown = " | ".join(f"{seconds:.1f}" for seconds in (before, after, verify))
    return f"| {name} | {shown} | {times[0]:.2f} | {times[1]:.2f} |"


def _medians(samples: dict[str, list[Sample]]) -> tuple[list[float], list[float]]:
    wall = [median(sample.wall for sample in runs) for runs in samples.values()]
    return wall, [median(sample.cpu for sample in runs) for runs in samples.values()]


def main() -> None:
    """Measure what the command line asks for; the table goes to stdout."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scratch", type=Path, help="a folder for projects and environments")
    parser.add_argument("--rounds", type=int, default=1, help="how often each command runs (default 1)")
    parser.add_argument("--only", action="append", help="the name of a project")
    options = parser.parse_args()
    scratch = options.scratch.resolve()
    own = scratch / "venvs" / "reassert"
    venv.create(own, with_pip=True, clear=True)
    subprocess.run([own / "bin" / "pip", "install", "-q", str(HERE.parent)], check=True)
    print("| suite | pytest before, s | after, s | verify, s | times both | in CPU time |")
    print("|---|---|---|---|---|---|")
    totals = [[0.0] * 3, [0.0] * 3]
    for project in PROJECTS:
        if options.only and project.name not in options.only:
            continue
        place = Place(project, scratch)
        place.fill(own / "bin" / "reassert")
        samples = place.measured(own / "bin" / "reassert", options.rounds, scratch / "log")
        found = _medians(samples)
        totals = [[a + b for a, b in zip(*pair, strict=True)] for pair in zip(totals, found, strict=True)]
        print(_row(project.requirement, *found), flush=True)
    print(_row("all together", *totals))


if __name__ == "__main__":
    main()
