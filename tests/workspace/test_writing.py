import os
import stat
from pathlib import Path

import pytest

from reassert.model.outcomes import Failed
from reassert.workspace.writing import replace, sync_folders, temporary_name

OLD, NEW = b"old\r\n", b"new\r\n\xff"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "test_x.py"
    path.write_bytes(OLD)
    return path


def write(
    path: Path, before: bytes | None = OLD, after: bytes | None = NEW, mode: int | None = None
) -> str | None:
    failed = replace(path, before, after, run_id="run", mode=mode)
    assert failed is None or (isinstance(failed, Failed) and failed.path == path)
    assert not list(path.parent.glob(".*.tmp"))
    return failed and failed.error


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_replaces_the_contents(path):
    assert write(path) is None
    assert path.read_bytes() == NEW
    sync_folders([path])


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o4755, 0o666])
def test_keeps_the_mode(path, mode):
    path.chmod(mode)
    assert write(path) is None
    assert mode_of(path) == mode


def test_sets_the_mode_that_is_asked_for(path):
    assert write(path, mode=0o640) is None
    assert mode_of(path) == 0o640


def test_keeps_extended_attributes(path):
    os.setxattr(path, "user.note", b"kept")
    assert write(path) is None
    assert os.getxattr(path, "user.note") == b"kept"


@pytest.fixture
def foreign(path, monkeypatch):
    """The file seems to belong to user 4242; what is created belongs to us."""
    real_stat = os.stat

    def seen(name, **options):
        fields = list(real_stat(name, **options))
        fields[4] = 4242 if str(name) == str(path) else os.getuid()
        return os.stat_result(fields)

    monkeypatch.setattr(os, "stat", seen)
    return path


def test_keeps_the_owner(foreign, monkeypatch):
    asked = []
    monkeypatch.setattr(os, "chown", lambda *a: asked.append(a[1:]))
    assert write(foreign) is None
    assert asked == [(4242, foreign.stat().st_gid)]


def test_refuses_when_the_owner_cannot_be_kept(foreign, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refuse)
    assert write(foreign) == "belongs to another user or group, which replacing it would change"
    assert foreign.read_bytes() == OLD


def test_writes_through_links(path, tmp_path):
    link = tmp_path / "sub" / "link.py"
    link.parent.mkdir()
    link.symlink_to("../test_x.py")
    assert write(link) is None
    assert link.is_symlink()
    assert path.read_bytes() == NEW


def test_other_hard_links_keep_the_old_contents(path, tmp_path):
    other = tmp_path / "other.py"
    os.link(path, other)
    assert write(path) is None
    assert (path.read_bytes(), other.read_bytes()) == (NEW, OLD)


@pytest.mark.parametrize("changed", [b"oLd\r\n", b"old\r\nmore", b""])
def test_a_file_that_changed_is_left_alone(path, changed):
    path.write_bytes(changed)
    assert write(path) == "has changed since it was read; nothing was written to it"
    assert write(path, after=None) == "has changed since it was read; nothing was written to it"
    assert path.read_bytes() == changed


def test_a_change_while_writing_is_noticed(path, monkeypatch):
    sync = os.fsync

    def meanwhile(handle):
        path.write_bytes(b"mine\n")
        sync(handle)

    monkeypatch.setattr(os, "fsync", meanwhile)
    assert write(path) == "has changed since it was read; nothing was written to it"
    assert path.read_bytes() == b"mine\n"


def test_a_read_only_file(path):
    path.chmod(0o444)
    assert write(path) == "is read-only"
    assert path.read_bytes() == OLD


def test_a_read_only_folder(path, tmp_path):
    tmp_path.chmod(0o555)
    try:
        assert write(path) == "its folder is read-only"
        assert write(tmp_path / "new.py", before=None) == "its folder is read-only"
    finally:
        tmp_path.chmod(0o755)
    assert path.read_bytes() == OLD


def test_a_folder_or_fifo_is_not_written(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    assert write(tmp_path / "pipe") == "is not a regular file"
    assert write(tmp_path / "folder") == "is not a regular file"


def test_a_vanished_file(path):
    path.unlink()
    assert write(path) == "no such file or folder"


def test_a_full_disk_costs_the_file_alone(path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert write(path) == "no space is left on the disk"
    assert path.read_bytes() == OLD


def test_a_new_file_has_the_usual_mode(tmp_path):
    umask = os.umask(0o027)
    try:
        assert write(tmp_path / "new.py", before=None) is None
    finally:
        os.umask(umask)
    assert (tmp_path / "new.py").read_bytes() == NEW
    assert mode_of(tmp_path / "new.py") == 0o640


def test_a_new_file_never_replaces_one(path):
    assert write(path, before=None) == "exists already; nothing was written to it"
    assert path.read_bytes() == OLD


def test_a_new_file_in_a_missing_folder(tmp_path):
    assert replace(tmp_path / "no" / "new.py", None, NEW, run_id="run") == Failed(
        tmp_path / "no" / "new.py", "no such file or folder"
    )


def test_removing(path):
    assert write(path, after=None) is None
    assert not path.exists()


def test_nothing_to_nothing(tmp_path):
    assert write(tmp_path / "none.py", before=None, after=None) is None
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_the_temporary_file_is_not_followed(path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    temporary_name(path, "run").symlink_to(victim)
    assert write(path) == "file exists"
    assert victim.read_bytes() == b"precious"


def test_the_longest_names_fit(tmp_path):
    path = tmp_path / ("x" * 252 + ".py")
    path.write_bytes(OLD)
    assert write(path) is None


def test_contents_and_mode_are_on_the_disk_before_the_rename(path, monkeypatch):
    steps = []
    for name in ("chmod", "fsync", "replace"):
        step = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, step=step, name=name: (steps.append(name), step(*a))[1])
    assert write(path) is None
    sync_folders([path, path])
    assert steps == ["chmod", "fsync", "replace", "fsync"]
