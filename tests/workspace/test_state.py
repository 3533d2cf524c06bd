from pathlib import Path

from reassert.workspace.state import state_dir


def test_own_variable_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    assert state_dir() == tmp_path / "own"


def test_own_variable_may_be_relative(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REASSERT_STATE_DIR", "own")
    assert state_dir() == Path.cwd() / "own"


def test_xdg(monkeypatch, tmp_path):
    monkeypatch.delenv("REASSERT_STATE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_dir() == tmp_path / "reassert"


def test_relative_xdg_is_ignored_as_its_specification_says(monkeypatch, tmp_path):
    monkeypatch.delenv("REASSERT_STATE_DIR", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_dir() == tmp_path / ".local" / "state" / "reassert"
