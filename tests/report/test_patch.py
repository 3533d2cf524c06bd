import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reassert.model.edits import Edit, Unit, splice
from reassert.model.outcomes import Change
from reassert.report.hunks import hunks
from reassert.report.patch import file_patch, patch

UNIT = Unit("rule", "TestX")
QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "PATH": os.environ["PATH"],
    "LC_ALL": "C",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository that is emptied for each example."""
    root = tmp_path_factory.mktemp("repository")
    git(root, "init", "-q")
    return root


def git(root, *arguments, stdin=b""):
    done = subprocess.run(
        ["git", *arguments], cwd=root, input=stdin, capture_output=True, check=False, env=QUIET
    )
    assert done.returncode == 0, done.stderr.decode() + stdin.decode("latin-1")


def emptied(root):
    for path in root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return root


def applied(root, changes):
    """Write the files as they were, apply the patch with git, give what the files are then."""
    emptied(root)
    for change in changes:
        change.path.parent.mkdir(parents=True, exist_ok=True)
        if change.before is not None:
            change.path.write_bytes(change.before)
    git(root, "apply", "--whitespace=nowarn", stdin=b"".join(patch(changes, root)))
    return [change.path.read_bytes() if change.path.exists() else None for change in changes]


LINE_TEXT = st.sampled_from(
    [
        b"",
        b"x = 1",
        b"\tself.assertEqual(a, b)",
        b"\x0c",
        b"\xe9\xe8",
        b"-- a/x",
        b"+++ b",
        b"\\ No newline",
        b" ",
    ]
)
NEWLINE = st.sampled_from([b"\n", b"\n", b"\r\n", b"\r"])
LINES = st.lists(st.tuples(LINE_TEXT, NEWLINE).map(b"".join), max_size=30)
FILE = st.tuples(LINES.map(b"".join), LINE_TEXT).map(b"".join)


@st.composite
def spliced(draw):
    """A file, and what random edits at random places made of it, with the blocks that the engine gives."""
    before = draw(FILE)
    cuts = sorted(draw(st.lists(st.integers(0, len(before)), max_size=8, unique=True)))
    edits = [Edit(start, end, (draw(FILE),), UNIT) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    result = splice(before, edits)
    return before, result.buffer, tuple(result.blocks)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(spliced(), min_size=1, max_size=5))
def test_git_apply_gives_exactly_the_new_text_from_blocks(repository, files):
    changes = [
        Change(repository / f"f{number}.py", before, after, blocks=blocks)
        for number, (before, after, blocks) in enumerate(files)
        if before != after and before and after
    ]
    if changes:
        assert applied(repository, changes) == [change.after for change in changes]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(FILE, FILE), min_size=1, max_size=4))
def test_git_apply_gives_exactly_the_new_text_without_blocks(repository, pairs):
    changes = [
        Change(repository / f"f{number}.py", before, after)
        for number, (before, after) in enumerate(pairs)
        if before != after
    ]
    if changes:
        assert applied(repository, changes) == [change.after for change in changes]


@pytest.mark.parametrize(
    "name",
    [
        "plain.py",
        "with space.py",
        'quote".py',
        "back\\slash.py",
        "tab\there.py",
        "café.py",
        "日本 語.py",
        "line\nfeed.py",
        "deep/er/x.py",
        "a b/c d.py",
    ],
)
def test_any_file_name_is_accepted(repository, name):
    change = Change(repository / name, b"a\nb\n", b"a\nc\n")
    assert applied(repository, [change]) == [b"a\nc\n"]


@pytest.mark.parametrize("after", [b"", b"a", b"a\r\nb\n"])
def test_a_new_file(repository, after):
    assert applied(repository, [Change(repository / "new dir/f.py", None, after)]) == [after]


@pytest.mark.parametrize("before", [b"", b"a", b"a\r\nb\n"])
def test_a_removed_file(repository, before):
    assert applied(repository, [Change(repository / "f.py", before, None)]) == [None]


@pytest.mark.parametrize(("before", "after"), [(b"", b"a\n"), (b"a\n", b""), (b"a", b"a\n"), (b"a\n", b"a")])
def test_a_file_that_becomes_empty_or_was(repository, before, after):
    assert applied(repository, [Change(repository / "f.py", before, after)]) == [after]


def test_a_link_is_named_by_the_file_that_it_leads_to(repository):
    emptied(repository)
    (repository / "real").mkdir()
    file = repository / "real" / "a.py"
    file.write_bytes(b"x\n")
    (repository / "link.py").symlink_to("real/a.py")
    (repository / "folder").symlink_to("real")
    for path in (repository / "link.py", repository / "folder" / "a.py"):
        git(repository, "apply", "--check", stdin=b"".join(patch([Change(path, b"x\n", b"y\n")], repository)))


def test_the_header_names_the_file_as_git_does():
    change = Change(Path("/r/my é.py"), b"a\n", b"b\n")
    assert file_patch(change, Path("/r")) == (
        b'diff --git "a/my \\303\\251.py" "b/my \\303\\251.py"\n'
        b'--- "a/my \\303\\251.py"\n+++ "b/my \\303\\251.py"\n@@ -1 +1 @@\n-a\n+b\n'
    )


def test_blocks_that_do_not_fit_the_text_are_not_believed(repository):
    before, after = b"1\n2\n3\n4\n", b"1\nx\n3\ny\n"
    change = Change(repository / "f.py", before, after, blocks=((1, 2, 1, 2),))
    assert applied(repository, [change]) == [after]


def test_a_block_around_a_whole_class_is_narrowed():
    before = b"".join(b"line %d\n" % n for n in range(100))
    after = before.replace(b"line 10\n", b"x\n").replace(b"line 80\n", b"y\nz\n")
    found = hunks(Change(Path("f"), before, after, blocks=((0, 100, 0, 101),)))
    assert [hunk.header for hunk in found] == ["@@ -8,7 +8,7 @@", "@@ -78,7 +78,8 @@"]


def test_near_blocks_share_a_hunk_and_far_ones_do_not():
    before = b"".join(b"line %d\n" % n for n in range(40))
    after = before.replace(b"line 3\n", b"x\n").replace(b"line 10\n", b"y\n").replace(b"line 30\n", b"")
    found = hunks(Change(Path("f"), before, after))
    assert [hunk.header for hunk in found] == ["@@ -1,14 +1,14 @@", "@@ -28,7 +28,6 @@"]
