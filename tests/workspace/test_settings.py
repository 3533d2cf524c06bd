import json
from pathlib import Path

import pytest

from reassert.model.config import Limits, Profile, RuleConfig
from reassert.workspace.settings import KEYS, Settings, SettingsError, SettingsLoader, load_settings

SCHEMA = Path(__file__).parents[2] / "docs" / "settings.schema.json"


@pytest.fixture
def project(tmp_path):
    """A repository, so that nothing above the test's folder is asked."""
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def table(project, body):
    return write(project / "pyproject.toml", f"[tool.reassert]\n{body}\n")


def problem(project, **options):
    with pytest.raises(SettingsError) as caught:
        load_settings(project / "test_x.py", **options)
    return caught.value


def test_no_configuration_gives_the_defaults(project):
    assert load_settings(project / "test_x.py") == Settings()


def test_every_key_is_read(project):
    path = table(
        project,
        """
        select = ["a", "b"]
        extend-select = ["c"]
        ignore = ["d"]
        per-file-ignores = { "tests/old/*" = ["e", "f"] }
        profile = "asserts"
        target-version = "py312"
        pytest-version = "8.4"
        exclude = ["vendored"]
        unsafe-fixes = true
        cache-dir = "build/cache"
        """,
    )
    assert load_settings(project / "test_x.py") == Settings(
        select=("a", "b"),
        extend_select=("c",),
        ignore=("d",),
        per_file_ignores={"tests/old/*": ("e", "f")},
        rules=RuleConfig(Profile.ASSERTS, (3, 12), (8, 4), unsafe_fixes=True),
        exclude=("vendored",),
        path=path,
        cache_dir=project / "build" / "cache",
    )


def test_the_nearest_file_with_the_table_counts(project):
    table(project, 'select = ["far"]')
    near = write(project / "pkg/pyproject.toml", '[tool.reassert]\nselect = ["near"]\n')
    write(project / "pkg/tests/pyproject.toml", "[tool.other]\n")
    settings = load_settings(project / "pkg/tests/deep/test_x.py")
    assert (settings.path, settings.select) == (near, ("near",))


def test_a_folder_is_asked_for_itself(project):
    table(project / "pkg", 'select = ["a"]')
    assert load_settings(project / "pkg").select == ("a",)


def test_one_loader_serves_several_folders(project):
    table(project, 'select = ["a"]')
    table(project / "pkg", 'select = ["b"]')
    loader = SettingsLoader()
    names = ["test_x.py", "pkg/test_x.py", "sub/test_x.py", "pkg/sub/test_x.py"]
    assert [loader.load(project / name).select for name in names] == [("a",), ("b",), ("a",), ("b",)]


def test_isolated_reads_nothing(project):
    write(project / "pyproject.toml", "broken [")
    write(project / "requirements.txt", "pytest==7.0\n")
    assert load_settings(project / "test_x.py", isolated=True) == Settings()


@pytest.mark.parametrize("name", ["other/pyproject.toml", "other/reassert.toml"])
def test_a_named_file_is_used_in_place_of_the_nearest(project, name):
    table(project, 'select = ["near"]\npytest-version = "7.0"')
    head = "[tool.reassert]\n" if name.endswith("pyproject.toml") else ""
    path = write(project / name, f'{head}select = ["named"]\n')
    settings = load_settings(project / "test_x.py", config_file=path)
    assert (settings.select, settings.path) == (("named",), path)


def test_extend_inherits_what_is_not_set_and_adds_to_extend_select(project):
    write(
        project / "shared/base.toml",
        'select = ["a"]\nextend-select = ["x"]\nprofile = "asserts"\ncache-dir = "cache"\n',
    )
    table(project, 'extend = "shared/base.toml"\nselect = ["b"]\nextend-select = ["y"]')
    settings = load_settings(project / "test_x.py")
    assert settings.select == ("b",)
    assert settings.extend_select == ("x", "y")
    assert settings.rules.profile is Profile.ASSERTS
    assert settings.cache_dir == project / "shared" / "cache"


def test_extend_in_a_circle_is_an_error(project):
    table(project, 'extend = "a.toml"')
    write(project / "a.toml", 'extend = "b.toml"')
    write(project / "b.toml", 'extend = "a.toml"')
    error = problem(project)
    assert error.path == project / "b.toml"
    circle = f"{project / 'a.toml'} -> {project / 'b.toml'} -> {project / 'a.toml'}"
    assert error.message == f"the files extend one another: {circle}"


def test_extend_to_a_missing_file_names_both(project):
    path = table(project, 'extend = "none.toml"')
    assert str(problem(project)) == (
        f"{path}: tool.reassert.extend: there is no file {project / 'none.toml'}"
    )


@pytest.mark.parametrize(
    ("body", "key", "message"),
    [
        (
            "selct = []",
            "tool.reassert.selct",
            "unknown key; did you mean 'select'? (allowed: " + ", ".join(KEYS) + ")",
        ),
        ("zzz = 1", "tool.reassert.zzz", "unknown key (allowed: " + ", ".join(KEYS) + ")"),
        (
            'select = "a"',
            "tool.reassert.select",
            'expected a non-empty list of rule ids, got a string ("a")',
        ),
        (
            "select = [1]",
            "tool.reassert.select[0]",
            "expected a non-empty list of rule ids, got an integer (1)",
        ),
        (
            "select = []",
            "tool.reassert.select",
            "expected a non-empty list of rule ids, got an empty array",
        ),
        (
            'ignore = ["a", true]',
            "tool.reassert.ignore[1]",
            "expected a list of rule ids, got a boolean (true)",
        ),
        (
            'profile = "all"',
            "tool.reassert.profile",
            'expected one of "asserts", "classes", "idiomatic", got a string ("all")',
        ),
        (
            "profile = ['asserts']",
            "tool.reassert.profile",
            'expected one of "asserts", "classes", "idiomatic", got an array',
        ),
        (
            "pytest-version = 8.4",
            "tool.reassert.pytest-version",
            'expected a version as a string, such as "8.4", got a float (8.4)',
        ),
        (
            'pytest-version = ">=8"',
            "tool.reassert.pytest-version",
            'expected a version as a string, such as "8.4", got a string (">=8")',
        ),
        (
            'unsafe-fixes = "yes"',
            "tool.reassert.unsafe-fixes",
            'expected true or false, got a string ("yes")',
        ),
        (
            'per-file-ignores = { "a*" = "b" }',
            'tool.reassert.per-file-ignores."a*"',
            'expected a table of globs, each with a list of rule ids, got a string ("b")',
        ),
        (
            'per-file-ignores = { "a*" = [2020-01-01] }',
            'tool.reassert.per-file-ignores."a*"[0]',
            "expected a table of globs, each with a list of rule ids, got a date or time (2020-01-01)",
        ),
        (
            "max-parameters = 0",
            "tool.reassert.max-parameters",
            "expected a whole number above 0, got an integer (0)",
        ),
        (
            "max-rows = true",
            "tool.reassert.max-rows",
            "expected a whole number above 0, got a boolean (true)",
        ),
        (
            "exclude = { a = 1 }",
            "tool.reassert.exclude",
            "expected a list of patterns, as in a .gitignore file, got a table",
        ),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed(project, body, key, message):
    path = table(project, body)
    error = problem(project)
    assert (error.path, error.key, error.message) == (path, key, message)
    assert str(error) == f"{path}: {key}: {message}"


@pytest.mark.parametrize(
    ("table", "key", "pattern"),
    [
        ('exclude = ["ok", "!"]', "exclude", "!"),
        ('exclude = ["[z-a]"]', "exclude", "[z-a]"),
        ('per-file-ignores = {"!" = []}', "per-file-ignores", "!"),
    ],
)
def test_a_bad_pattern_is_named(project, table, key, pattern):
    path = project / "pyproject.toml"
    path.write_text(f"[tool.reassert]\n{table}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(project)
    said = f'{path}: tool.reassert.{key}: "{pattern}" is not a pattern as in a .gitignore file'
    assert str(caught.value) == said


def test_a_bad_key_of_a_bare_file_has_no_prefix(project):
    path = write(project / "reassert.toml", "selct = []")
    assert problem(project, config_file=path).key == "selct"


def test_the_table_must_be_a_table(project):
    path = write(project / "pyproject.toml", "[tool]\nreassert = 1\n")
    assert str(problem(project)) == f"{path}: tool.reassert: expected a table, got an integer (1)"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (b"a = 1\nb = = 2\n", 2),
        (b"a = 1\nb = [1,\n", 2),
        (b"a = 1\n\nb = '\xff'\n", 3),
        (b"a = 1\na = 2\n", 2),
    ],
)
def test_broken_toml_is_named_with_its_line(project, text, line):
    path = project / "pyproject.toml"
    path.write_bytes(text)
    error = problem(project)
    assert (error.path, error.line) == (path, line)
    assert str(error).startswith(f"{path}:{line}: not valid TOML: ")


def test_a_named_file_must_exist(project):
    path = project / "none.toml"
    assert str(problem(project, config_file=path)) == f"{path}: there is no such file"


def test_a_named_pyproject_must_have_the_table(project):
    path = write(project / "other/pyproject.toml", "[tool.other]\n")
    assert str(problem(project, config_file=path)) == f"{path}: the file has no [tool.reassert] table"


def test_a_folder_in_place_of_the_file_is_an_error(project):
    (project / "pyproject.toml").mkdir()
    assert str(problem(project)).startswith(f"{project / 'pyproject.toml'}: cannot be read: ")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", '[project]\ndependencies = ["pytest>=7.4"]', (7, 4)),
        (
            "pyproject.toml",
            '[project.optional-dependencies]\ntest = ["pytest-cov>=4", "pytest ~= 8.1.2"]',
            (8, 1),
        ),
        (
            "pyproject.toml",
            '[dependency-groups]\ndev = [{include-group = "x"}, "pytest[x]>=6,<9; a"]',
            (6, 0),
        ),
        ("pyproject.toml", '[tool.poetry.group.dev.dependencies]\npytest = "^7.2"', (7, 2)),
        ("pyproject.toml", '[tool.poetry.dev-dependencies]\npytest = {version = "6.2.5"}', (6, 2)),
        ("requirements.txt", "# pytest>=3\nattrs==1\npytest==8.3.1  # pytest>=1\n", (8, 3)),
        ("requirements-dev.txt", "PyYAML\npytest>=5\n", (5, 0)),
        ("requirements/test.txt", "pytest<8\n", (7, 0)),
        ("dev-requirements.txt", "pytest>=7,!=7.1\n", (7, 0)),
        ("test-requirements.txt", "pytest<8.2\n", (8, 1)),
        ("requirements.txt", 'pytest<5; python_version<"3.6"\npytest>=7.0; python_version>="3.6"\n', (7, 0)),
        ("requirements.txt", "pytest\n", (9, 0)),
        ("setup.cfg", "[options.extras_require]\ntest =\n    pytest-cov\n    pytest >= 6.2\n", (6, 2)),
        ("tox.ini", "[testenv]\ndeps =\n    py38: pytest==8.0\ncommands = pytest -v\n", (8, 0)),
        ("setup.py", 'setup(tests_require=["mock", "pytest>=4.6"])', (4, 6)),
        ("notes.txt", "pytest==3.0\n", (9, 0)),
    ],
)
def test_the_pytest_version_comes_from_the_requirements(project, name, text, expected):
    write(project / name, text)
    assert load_settings(project / "tests/test_x.py").rules.pytest_version == expected


def test_the_lowest_of_several_bounds_counts(project):
    write(project / "requirements.txt", "pytest>=8\n")
    write(project / "tox.ini", "[testenv]\ndeps = pytest==7.1\n")
    assert load_settings(project / "test_x.py").rules.pytest_version == (7, 1)


def test_the_nearest_declaration_counts_up_to_the_repository(project):
    write(project / "requirements.txt", "pytest>=7\n")
    write(project / "pkg/setup.py", "")
    write(project / "other/requirements.txt", "pytest>=8\n")
    names = ["pkg/test_x.py", "other/test_x.py"]
    assert [load_settings(project / name).rules.pytest_version for name in names] == [(7, 0), (8, 0)]


def test_what_lies_above_the_repository_is_not_asked(project):
    write(project / "requirements.txt", "pytest>=7\n")
    (project / "inner/.git").mkdir(parents=True)
    assert load_settings(project / "inner/test_x.py").rules.pytest_version == (9, 0)


def test_outside_a_repository_the_search_ends_at_the_project(tmp_path):
    write(tmp_path / "requirements.txt", "pytest>=7\n")
    write(tmp_path / "pkg/setup.py", "")
    assert load_settings(tmp_path / "pkg/test_x.py").rules.pytest_version == (9, 0)


LOCK = '[[package]]\nname = "{name}"\nversion = "{version}"\n\n'


@pytest.mark.parametrize("name", ["poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"])
def test_where_no_requirement_names_a_version_the_lock_does(project, name):
    write(project / "pyproject.toml", '[dependency-groups]\ndev = ["pytest", "pytest-asyncio"]\n')
    locked = [("pytest-cov", "1.0"), ("pytest", "8.3.2"), ("pytest-asyncio", "0.24.0")]
    write(project / name, "".join(LOCK.format(name=n, version=v) for n, v in locked))
    rules = load_settings(project / "tests/test_x.py").rules
    assert (rules.pytest_version, rules.plugins) == ((8, 3), (("pytest-asyncio", (0, 24)),))


def test_of_several_locked_versions_the_oldest_counts(project):
    write(
        project / "uv.lock",
        LOCK.format(name="pytest", version="8.3") + LOCK.format(name="pytest", version="7.1"),
    )
    assert load_settings(project / "test_x.py").rules.pytest_version == (7, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"default": {}, "develop": {"pytest": {"version": "==8.1.1"}}}', (8, 1)),
        ('{"develop": {"pytest": "8.1.1"}}', (9, 0)),
        ("[]", (9, 0)),
        ("{", (9, 0)),
    ],
)
def test_the_lock_of_pipenv_is_read_unless_it_is_broken(project, text, expected):
    write(project / "Pipfile.lock", text)
    assert load_settings(project / "test_x.py").rules.pytest_version == expected


def test_a_requirement_comes_before_a_lock_and_a_lock_before_what_is_installed(project):
    write(project / "setup.py", "")
    metadata = "lib/python3.11/site-packages/{}.dist-info/METADATA"
    for package in ("pytest_subtests-0.13.1", "pytest-7.4.4"):
        write(project / ".venv" / metadata.format(package), "")
    rules = load_settings(project / "test_x.py").rules
    assert (rules.pytest_version, rules.plugins) == ((7, 4), (("pytest-subtests", (0, 13)),))
    write(project / "poetry.lock", LOCK.format(name="pytest", version="8.3"))
    assert load_settings(project / "test_x.py").rules.pytest_version == (8, 3)
    write(project / "requirements.txt", "pytest>=8.1\n")
    assert load_settings(project / "test_x.py").rules.pytest_version == (8, 1)


def test_a_plugin_is_there_when_it_is_asked_for_without_a_version(project):
    write(project / "tox.ini", "[testenv]\ndeps =\n    pytest\n    pytest-subtests\n    pytest-asyncio-x\n")
    assert load_settings(project / "test_x.py").rules.plugins == (("pytest-subtests", None),)


def test_a_huge_or_unreadable_requirements_file_is_no_hint(project):
    write(project / "requirements.txt", "pytest>=7\n" + "#" * 1_000_001)
    (project / "requirements-dev.txt").mkdir()
    assert load_settings(project / "test_x.py").rules.pytest_version == (9, 0)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.10"', (3, 10)),
        ("pyproject.toml", '[project]\nrequires-python = ">=2.7, !=3.0.*, <4"', (3, 8)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.9"', (3, 9)),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.99"', (3, 14)),
        ("setup.cfg", "[options]\npython_requires = >=3.11\n", (3, 11)),
        ("setup.py", 'setup(python_requires=">=3.12")', (3, 12)),
        ("pyproject.toml", "[project]\n", (3, 8)),
    ],
)
def test_the_target_version_comes_from_requires_python(project, name, text, expected):
    write(project / name, text)
    assert load_settings(project / "test_x.py").rules.target_version == expected


def test_the_schema_says_what_the_settings_accept():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        name: {"description": key.about, **key.schema} for name, key in KEYS.items()
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, key in KEYS.items() for value in key.schema.get("enum", ())],
)
def test_each_choice_of_the_schema_is_accepted(project, name, value):
    table(project, f'{name} = "{value}"')
    assert load_settings(project / "test_x.py").path


def test_limits_of_tables(project):
    table(project, "max-parameters = 2\nmax-rows = 7\nmax-value-length = 9\nmin-copies = 3")
    expected = Limits(parameters=2, rows=7, value_length=9, copies=3)
    assert load_settings(project).rules.limits == expected
