"""Random hierarchies of test classes: each does the same, in the same order, before and after the conversion.

A hierarchy is one to three files of classes with set-ups, cleanups, ``super()`` calls, skips and failures at
random points, and says what it does to a file. Many hierarchies share one planning and one pytest a side.
``HIERARCHIES`` sets their number and ``HIERARCHY_SEED`` the first of them, as in
``HIERARCHIES=5000 pytest tests/test_hierarchies.py``.
"""

from __future__ import annotations

import os

import pytest

from comparing import Comparison, compare
from hierarchies import TRAIL, Generator

COUNT = int(os.environ.get("HIERARCHIES", "500"))
FIRST = int(os.environ.get("HIERARCHY_SEED", "0"))


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    hierarchies = {str(seed): Generator(seed).hierarchy() for seed in range(FIRST, FIRST + COUNT)}
    return compare(hierarchies, tmp_path_factory.mktemp("hierarchies"), TRAIL)


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_a_hierarchy_does_the_same_afterwards(seed: int, comparison: Comparison) -> None:
    problem = comparison.problem(str(seed))
    assert not problem, f"{problem}\n{comparison.shown(str(seed))}"


def test_most_hierarchies_are_converted(comparison: Comparison) -> None:
    texts = comparison.texts()
    refused = sum("unittest.TestCase)" in text for text in texts)
    assert refused < len(texts) / 5
