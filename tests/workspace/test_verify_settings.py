"""``[tool.reassert.verify]`` is read, checked and anchored at the file that holds it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reassert.workspace.settings import SettingsError, load_settings
from reassert.workspace.verify_settings import VerifySettings


@pytest.fixture
def load(tmp_path):
    def run(body):
        (tmp_path / "pyproject.toml").write_text(f"[tool.reassert.verify]\n{body}\n", encoding="utf-8")
        return load_settings(tmp_path / "test_x.py").verify

    return run


def test_without_the_table_the_defaults_count(tmp_path):
    assert load_settings(tmp_path, isolated=True).verify == VerifySettings()


def test_every_key_is_read(load, tmp_path):
    found = load(
        'command = "python -m pytest \'a b\'"\nenv = { TZ = "UTC" }\ntimeout = 60\njobs = 4\npython = "venv"'
    )
    assert found == VerifySettings(
        ("python", "-m", "pytest", "a b"), {"TZ": "UTC"}, 60.0, 4, Path(tmp_path / "venv")
    )


def test_a_command_may_be_a_list(load):
    assert load('command = ["pytest", "-q x"]').command == ("pytest", "-q x")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("comand = 1", "tool.reassert.verify.comand: unknown key; did you mean 'command'?"),
        ("command = 1", "tool.reassert.verify.command: expected a command line"),
        ("command = []", "tool.reassert.verify.command: expected a command line"),
        ('command = "pytest \'x"', "tool.reassert.verify.command: expected a command line"),
        ("env = { A = 1 }", "tool.reassert.verify.env: expected a table of strings"),
        ("timeout = 0", "tool.reassert.verify.timeout: expected a number of seconds above 0"),
        ("timeout = true", "tool.reassert.verify.timeout: expected a number of seconds above 0"),
        ("jobs = 0.5", "tool.reassert.verify.jobs: expected a whole number above 0"),
        ('python = ""', "tool.reassert.verify.python: expected the path of an interpreter"),
    ],
)
def test_a_mistake_is_named_with_its_key(load, body, message):
    with pytest.raises(SettingsError) as caught:
        load(body)
    assert message in str(caught.value)


def test_a_value_that_is_no_table(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.reassert]\nverify = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"tool\.reassert\.verify: expected a table, got an integer"):
        load_settings(tmp_path / "test_x.py")
