"""Values are set in every file that configures pytest; pytest reads them back, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.config.findpaths import load_config_dict_from_file, locate_config
from hypothesis import given
from hypothesis import strategies as st

from reassert.workspace.pytest_edit import CannotEditError, new_file, with_values

VALUES = {"asyncio_mode": "auto", "asyncio_default_fixture_loop_scope": "function"}
INI = ("pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg")
TOML = ("pytest.toml", ".pytest.toml", "pyproject.toml")
SECTION = {"setup.cfg": "[tool:pytest]"}
TABLE = {"pyproject.toml": "[tool.pytest.ini_options]"}
INI_LINES = "asyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
TOML_LINES = 'asyncio_mode = "auto"\nasyncio_default_fixture_loop_scope = "function"\n'


def edited(name, text, values=VALUES):
    return with_values(Path(name), text.encode(), values).decode()


def read_back(folder, name, data):
    """What pytest finds in the folder, if nothing but this file is there."""
    (folder / name).write_bytes(data)
    _, path, values, *_ = locate_config(folder, [folder])
    assert path == folder / name
    return {key: getattr(value, "value", value) for key, value in values.items()}


@pytest.mark.parametrize("name", [*INI, *TOML])
def test_comments_stay_in_every_file(name, tmp_path):
    if name in INI:
        head = f"# first\n[other]\na = 1 ; no comment\n\n{SECTION.get(name, '[pytest]')}\n"
        head += "; why\naddopts =\n    -ra\n    # in\n    -q\n"
        tail = "# behind\n\n[last]\nb=2\n"
        lines = INI_LINES
    else:
        top = "[pytest]" if name != "pyproject.toml" else "[tool.pytest.ini_options]"
        head = f'# first\n[other]\na = 1 # one\n\n{top} # here\naddopts = [\n  "-ra", # in\n  "-q",\n]\n'
        tail = "# behind\n\n[last] # last\nb = [\n  [1],\n]\n"
        lines = TOML_LINES
    after = edited(name, head + tail)
    assert after == head + lines + tail
    values = read_back(tmp_path, name, after.encode())
    assert {key: values[key] for key in VALUES} == VALUES
    assert edited(name, after) == after


@pytest.mark.parametrize("name", [*INI, *TOML])
def test_a_value_is_replaced_in_its_line(name, tmp_path):
    strict = {"asyncio_mode": "auto"}
    if name in INI:
        text = f"{SECTION.get(name, '[pytest]')}\nasyncio_mode =strict\n# x\naddopts = -ra\n"
        wanted = text.replace("strict", "auto")
    else:
        text = f"{TABLE.get(name, '[pytest]')}\nasyncio_mode = 'strict'  # x\naddopts = ['-ra']\n"
        wanted = text.replace("'strict'", '"auto"')
    assert edited(name, text, strict) == wanted
    assert read_back(tmp_path, name, wanted.encode())["asyncio_mode"] == "auto"


@pytest.mark.parametrize("name", [*INI, *TOML])
@pytest.mark.parametrize("text", ["", "# nothing\n", "[other]\na = 1"])
def test_a_section_is_added_where_there_is_none(name, text, tmp_path):
    after = edited(name, text)
    assert after.startswith(text)
    values = read_back(tmp_path, name, after.encode())
    assert {key: values[key] for key in VALUES} == VALUES


def test_the_native_table_of_pyproject(tmp_path):
    text = '[tool.pytest] # native\naddopts = ["-ra"]\n\n[tool.x]\n'
    after = edited("pyproject.toml", text)
    assert after == f'[tool.pytest] # native\naddopts = ["-ra"]\n{TOML_LINES}\n[tool.x]\n'
    assert read_back(tmp_path, "pyproject.toml", after.encode())["asyncio_mode"] == "auto"


def test_a_new_file(tmp_path):
    assert {**read_back(tmp_path, "pytest.ini", new_file(VALUES))} == VALUES


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("pytest.ini", "[pytest]\nasyncio_mode =\n    strict\n", id="value in another line"),
        pytest.param("pytest.ini", "[pytest]\naddopts = 1\naddopts = 2\n", id="set twice"),
        pytest.param("pytest.ini", "addopts = 1\n", id="before a section"),
        pytest.param("pyproject.toml", "[tool.pytest\n", id="no TOML"),
        pytest.param(
            "pyproject.toml", "tool.pytest = {ini_options = {addopts = '-ra'}}\n", id="inline table"
        ),
        pytest.param("pyproject.toml", "[tool]\npytest.ini_options.addopts = '-ra'\n", id="dotted key"),
        pytest.param("pyproject.toml", "tool = 1\n", id="no table"),
    ],
)
def test_what_is_not_sure_is_refused(name, text):
    with pytest.raises(CannotEditError):
        edited(name, text)


def test_a_header_in_a_string_is_no_header():
    text = 'x = """\n[tool.pytest.ini_options]\n"""\n\n[tool.pytest.ini_options]\naddopts = """\n[a]\n"""\n'
    assert edited("pyproject.toml", text) == text + TOML_LINES


def test_not_utf_8():
    with pytest.raises(CannotEditError, match="not UTF-8"):
        with_values(Path("tox.ini"), b"[pytest]\n# \xff\n", VALUES)


# -- whatever stands around ---------------------------------------------------------------------------------

WORDS = st.text("ab#;[]'\"=\\ äé", max_size=8)
COMMENTS = st.builds("{}{}".format, st.sampled_from(["#", "  #", "# "]), WORDS)
INI_VALUES = st.builds("{}{}{}".format, st.sampled_from(["x{} = ", "x{}=", "x{}: "]), WORDS, st.just(""))
BLANKS = st.sampled_from(["", "  "])


@st.composite
def ini_bodies(draw):
    """Lines of a section, each key with a name of its own."""
    lines = []
    for number in range(draw(st.integers(0, 4))):
        lines += draw(st.lists(COMMENTS | BLANKS, max_size=2))
        key = draw(st.sampled_from(["x{} = ", "x{}=", "x{}: "])).format(number)
        lines.append(key + draw(st.text("ab[]'\"é", max_size=6)))
        lines += [
            "    " + text for text in draw(st.lists(st.text("ab[]=é", min_size=1, max_size=5), max_size=2))
        ]
    return lines + draw(st.lists(COMMENTS | BLANKS, max_size=2))


@st.composite
def toml_bodies(draw):
    lines = []
    for number in range(draw(st.integers(0, 4))):
        lines += draw(st.lists(COMMENTS | BLANKS, max_size=2))
        value = draw(
            st.sampled_from(
                ["1 # one", "'a'", '[\n  ["a"], # in\n]', '"""\n[pytest]\nasyncio_mode = "x"\n"""']
            )
        )
        lines += f"x{number} = {value}".split("\n")
    return lines + draw(st.lists(COMMENTS | BLANKS, max_size=2))


@st.composite
def files(draw):
    """A name, a text, and whether pytest's section was there."""
    name = draw(st.sampled_from([*INI, *TOML]))
    bodies = ini_bodies() if name in INI else toml_bodies()
    header = SECTION.get(name, "[pytest]") if name in INI else TABLE.get(name, "[pytest]")
    parts = [["[first]", *draw(bodies)], [header, *draw(bodies)], ["[last]", *draw(bodies)]]
    kept = [part for part in parts if draw(st.booleans())]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    end = draw(st.sampled_from([newline, ""]))
    return name, newline.join(line for part in kept for line in part) + end


def is_within(part, whole):
    """Whether ``part`` is ``whole`` with lines taken out."""
    lines = iter(whole)
    return all(line in lines for line in part)


@given(files())
def test_nothing_else_changes(tmp_path_factory, file):
    name, text = file
    after = edited(name, text)
    newline = "\r\n" if "\r\n" in text else "\n"
    old, new = text.split(newline), after.split(newline)
    assert is_within([line for line in old if line], new)
    added = list(new)
    for line in old:
        if line in added:
            added.remove(line)
    header = SECTION.get(name) or (TABLE.get(name) if name in TOML else None) or "[pytest]"
    assert {line.replace('"', "").replace(" ", "") for line in added} - {"", header} == {
        f"{key}={value}" for key, value in VALUES.items()
    }
    path = tmp_path_factory.mktemp("x") / name
    path.write_bytes(after.encode())
    values = load_config_dict_from_file(path)
    assert {key: getattr(values[key], "value", values[key]) for key in VALUES} == VALUES
