"""Builds the trees that are measured: ``python benchmarks/tree.py SCRATCH``.

Files are the interpreter's own ``Lib/test`` and the tests of pinned source distributions, which pip
downloads. ``lib`` is all of ``Lib/test``; ``100k`` and ``1m`` are samples of everything, the same ones on
every machine with the same interpreter. What is there already is kept.
"""

from __future__ import annotations

import argparse
import random
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

SDISTS = ("Django==5.2", "nova==31.0.0", "pyramid==2.0.2", "Twisted==24.11.0")
SIZES = {"100k": 100_000, "1m": 1_000_000}
SEED = 2


def main() -> None:
    """Build everything below the folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scratch", type=Path, help="a folder for the trees; a few hundred MB")
    scratch = parser.parse_args().scratch.resolve()
    pool = scratch / "pool"
    if not pool.exists():
        _fill(pool, scratch / "sdists")
    _copy(pool, sorted((pool / "cpython").rglob("*.py")), scratch / "trees" / "lib")
    for name, lines in SIZES.items():
        _copy(pool, list(_sample(pool, lines)), scratch / "trees" / name)


def _fill(pool: Path, sdists: Path) -> None:
    library = Path(sysconfig.get_path("stdlib")) / "test"
    if not (library / "test_deque.py").exists():
        sys.exit(f"{library} does not hold the standard library's tests; use an interpreter that has them")
    making = pool.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)
    only_python = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(library, making / "cpython", ignore=only_python)
    for requirement in SDISTS:
        _unpack(_download(requirement, sdists), making)
    making.rename(pool)


def _download(requirement: str, sdists: Path) -> Path:
    name = requirement.partition("==")[0]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--no-binary",
        name,
        "-d",
        str(sdists),
    ]
    subprocess.run([*command, requirement], check=True)
    (found,) = (path for path in sdists.glob("*.tar.gz") if path.name.lower().startswith(name.lower()))
    return found


def _unpack(archive: Path, target: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            path = Path(member.name)
            is_test = path.name.startswith("test") or "tests" in path.parts or "test" in path.parts
            data = tar.extractfile(member) if is_test and path.suffix == ".py" and member.isfile() else None
            if data and ".." not in path.parts:
                place = target / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(data.read())


def _sample(pool: Path, wanted: int) -> Iterator[Path]:
    paths = sorted(pool.rglob("*.py"))
    random.Random(SEED).shuffle(paths)  # noqa: S311 - the same sample everywhere is the point
    lines = 0
    for path in paths:
        if lines >= wanted:
            return
        lines += path.read_bytes().count(b"\n")
        yield path


def _copy(pool: Path, paths: list[Path], tree: Path) -> None:
    if tree.exists():
        return
    for path in paths:
        place = tree / path.relative_to(pool)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    (tree / "pyproject.toml").write_text('[project]\nname = "measured"\nversion = "1"\n')
    lines = sum(path.read_bytes().count(b"\n") for path in paths)
    size = sum(path.stat().st_size for path in paths)
    print(f"{tree.name}: {len(paths):,} files, {lines:,} lines, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
