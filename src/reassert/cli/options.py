"""The arguments and options that several commands share, and what they mean for planning."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer


class ProfileName(str, Enum):
    """How far a class may be converted, as typed."""

    asserts = "asserts"
    classes = "classes"
    idiomatic = "idiomatic"


def _complete_rule(incomplete: str) -> Iterator[str]:
    from reassert.catalog import rule_ids  # noqa: PLC0415 - only paid for a completion

    known, comma, last = incomplete.rpartition(",")
    return (f"{known}{comma}{name}" for name in rule_ids() if name.startswith(last))


def _complete_audit(incomplete: str) -> Iterator[str]:
    from reassert.catalog import audit_ids  # noqa: PLC0415 - only paid for a completion

    known, comma, last = incomplete.rpartition(",")
    return (f"{known}{comma}{name}" for name in audit_ids() if name.startswith(last))


Paths = Annotated[
    list[Path], typer.Argument(metavar="PATHS", help="Test files, or folders to search for Python files.")
]
RuleId = Annotated[
    str | None,
    typer.Argument(
        metavar="RULE",
        help="A rule of `reassert rules`, or a code of the summary.",
        autocompletion=_complete_rule,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULES",
        help="Run only these rules (comma separated; may be repeated).",
        autocompletion=_complete_rule,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        metavar="RULES",
        help="Do not run these rules (comma separated; may be repeated).",
        autocompletion=_complete_rule,
    ),
]
SelectAudits = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="AUDITS",
        help="Run only these audits (comma separated; may be repeated).",
        autocompletion=_complete_audit,
    ),
]
IgnoreAudits = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="AUDITS",
        help="Do not run these audits (comma separated; may be repeated).",
        autocompletion=_complete_audit,
    ),
]
Profile = Annotated[
    ProfileName | None,
    typer.Option(
        help="How far a class may go: `asserts` converts assertions inside a TestCase and keeps the class; "
        "`classes` (the default) also makes plain pytest classes with fixtures; "
        "`idiomatic` also makes parametrized tests of loops and of copies."
    ),
]
UnsafeFixes = Annotated[
    bool | None,
    typer.Option(
        "--unsafe-fixes/--no-unsafe-fixes",
        help="Also make changes that are not proved to keep every behaviour.",
        show_default=False,
    ),
]
Awaken = Annotated[
    bool | None,
    typer.Option(
        "--awaken/--no-awaken",
        help="Also convert tests that have never run, as nobody awaits their coroutine or takes what they "
        "yield. They run for the first time then, and may fail.",
        show_default=False,
    ),
]
OnlyGiven = Annotated[
    bool | None,
    typer.Option(
        "--only-given/--with-connected",
        help="Change no file beyond PATHS: classes that files elsewhere inherit or use stay. "
        "By default those classes change there, too.",
        show_default=False,
    ),
]
AddDependencies = Annotated[
    bool,
    typer.Option(
        "--add-dependencies",
        help="Also add the packages that new code needs, such as pytest, to the project's test extra, group "
        "or requirements.",
    ),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs", "-j", min=1, metavar="N", help="How many processes to work with (default: all cores)."
    ),
]
Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Take settings from this pyproject.toml or reassert.toml, and from no other file.",
    ),
]
Isolated = Annotated[
    bool, typer.Option("--isolated", help="Read no configuration; use the built-in defaults.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor keep results of earlier runs.")]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Show every cause, and every refusal with its place (in a file or a pipe these always are).",
    ),
]
CacheDir = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="Where to keep results between runs (default: .reassert_cache)."),
]

Mutants = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="N",
        help="Also try N mutants of the code under test: what the old suite kills the new one must kill.",
    ),
]
Shuffle = Annotated[int, typer.Option(min=0, metavar="N", help="Also run the new suite in N random orders.")]
Seed = Annotated[int, typer.Option(metavar="S", help="Draws the mutants and the random orders.")]
WithUnittest = Annotated[
    bool,
    typer.Option(
        "--unittest", help="Also run the old suite with unittest: shows what pytest never collected."
    ),
]
Coverage = Annotated[
    bool, typer.Option("--coverage/--no-coverage", help="Compare the coverage of the code under test, too.")
]
JsonFile = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the certificate as JSON (`-`: stdout).")
]
MarkdownFile = Annotated[
    Path | None,
    typer.Option(
        "--markdown", metavar="FILE", help="Write it for a pull request's description (`-`: stdout)."
    ),
]
Python = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH", help="The interpreter, or the virtual, tox or nox environment, that runs the tests."
    ),
]
Timeout = Annotated[
    float | None, typer.Option(min=1, metavar="SECONDS", help="How long one run of the suite may take.")
]


@dataclass(frozen=True)
class PlanOptions:
    """What was typed after ``diff`` or ``migrate``, as far as planning depends on it."""

    paths: tuple[Path, ...]
    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    profile: ProfileName | None = None
    unsafe_fixes: bool | None = None
    awaken: bool | None = None
    only_given: bool | None = None
    add_dependencies: bool = False
    jobs: int | None = None
    config: Path | None = None
    isolated: bool = False
    cache: bool = True
    cache_dir: Path | None = None


def split_ids(values: Sequence[str] | None) -> tuple[str, ...]:
    """Split repeated, comma separated rule ids."""
    names = (name.strip() for value in values or () for name in value.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True)
class VerifyOptions:
    """What was typed about running the suite; None leaves it to the settings."""

    mutants: int = 0
    shuffle: int = 0
    seed: int = 0
    coverage: bool = True
    with_unittest: bool = False
    json: Path | None = None
    markdown: Path | None = None
    python: Path | None = None
    timeout: float | None = None
