from pathlib import Path

import pytest

from reassert.model.edits import Unit
from reassert.model.outcomes import Failed, Location, Refusal, Report, Unchanged
from reassert.workflow.assembly import assemble

ROOT = Path("/project")
FILE = ROOT / "tests" / "test_a.py"


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (f"the class is used in {ROOT}/tests/x.py", "the class is used in tests/x.py"),
        (f"used in {ROOT}/a.py and {ROOT}/b.py", "used in a.py and b.py"),
        ("used in /elsewhere/a.py", "used in /elsewhere/a.py"),
        (f"used in {ROOT}s/a.py", f"used in {ROOT}s/a.py"),
    ],
)
def test_reasons_name_files_relative_to_the_root(reason, shown):
    refusal = Refusal("rule", "B-BASE", Location(FILE, 3), Unit("rule", "T"), reason)
    plan = assemble(ROOT, {FILE: Unchanged(FILE, Report(refusals=(refusal,)))})
    assert [each.reason for each in plan.refusals] == [shown]
    assert plan.refusals[0].location.path == FILE


def test_failures_name_other_files_relative_to_the_root_too():
    plan = assemble(ROOT, {FILE: Failed(FILE, f"crashed (together with {ROOT}/tests/x.py)")})
    assert [failure.error for failure in plan.failures] == ["crashed (together with tests/x.py)"]


def test_a_path_that_led_to_no_file_counts_as_one():
    plan = assemble(ROOT, {FILE: Unchanged(FILE)}, [Failed(ROOT / "fifo.py", "is not a regular file")])
    assert (plan.files, len(plan.failures)) == (2, 1)
