"""Random hierarchies of asynchronous test classes: each does the same, in the same order, before and after.

Half of them lie in a project that is in auto mode, the others in one that stays in strict mode.
``ASYNC_HIERARCHIES`` sets their number and ``HIERARCHY_SEED`` the first of them.
"""

from __future__ import annotations

import os

import pytest

from async_hierarchies import ASYNC_TRAIL, AsyncGenerator
from comparing import Comparison, compare

COUNT = int(os.environ.get("ASYNC_HIERARCHIES", "300"))
FIRST = int(os.environ.get("HIERARCHY_SEED", "0"))
MODES = {
    "auto": "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n",
    "strict": "[pytest]\naddopts = --asyncio-mode=strict\nasyncio_default_fixture_loop_scope = function\n",
}


@pytest.fixture(scope="module")
def comparisons(tmp_path_factory: pytest.TempPathFactory) -> list[Comparison]:
    found = []
    for number, (mode, configuration) in enumerate(MODES.items()):
        seeds = range(FIRST + number, FIRST + COUNT, len(MODES))
        hierarchies = {str(seed): AsyncGenerator(seed).hierarchy() for seed in seeds}
        root = tmp_path_factory.mktemp(mode)
        found.append(compare(hierarchies, root, ASYNC_TRAIL, configuration))
    return found


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT))
def test_a_hierarchy_does_the_same_afterwards(seed: int, comparisons: list[Comparison]) -> None:
    comparison = comparisons[(seed - FIRST) % len(MODES)]
    problem = comparison.problem(str(seed))
    assert not problem, f"{problem}\n{comparison.shown(str(seed))}"


def test_most_hierarchies_are_converted(comparisons: list[Comparison]) -> None:
    texts = [text for comparison in comparisons for text in comparison.texts()]
    refused = sum("unittest.IsolatedAsyncioTestCase)" in text for text in texts)
    assert refused < len(texts) / 5
