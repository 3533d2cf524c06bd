import pytest


@pytest.fixture
def run_id(run, planned, tmp_path_factory, monkeypatch):  # noqa: ARG001 - planning gives what it holds
    """A run that changed test_x.py, the only one in its journal."""
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    return run("migrate", "--yes", "--allow-dirty", "test_x.py").err.split()[-1]


@pytest.mark.usefixtures("run_id")
def test_the_newest_run_is_undone(run, project):
    assert run("undo").code == 0
    assert (project / "test_x.py").read_bytes() == b"old\r\n"
    again = run("undo")
    assert (again.code, again.err) == (2, "error: there is no run to undo\n")


def test_a_file_changed_since_is_left_alone(run, run_id, project):
    (project / "test_x.py").write_bytes(b"mine\n")
    done = run("undo", run_id)
    assert done.code == 1
    assert done.err.startswith("left alone: test_x.py: ")
    assert (project / "test_x.py").read_bytes() == b"mine\n"


@pytest.mark.usefixtures("project")
def test_runs_are_listed(run, run_id):
    listed = run("undo", "--list")
    assert listed.code == 0
    assert listed.out.decode().split()[0] == run_id
    assert b"reassert migrate --yes" in listed.out
    run("undo")
    assert b"  undone  " in run("undo", "--list").out


def test_the_shell_completes_runs(run, run_id, monkeypatch):
    for name, value in (
        ("_REASSERT_COMPLETE", "complete_bash"),
        ("COMP_WORDS", "reassert undo 2"),
        ("COMP_CWORD", "2"),
    ):
        monkeypatch.setenv(name, value)
    assert run().out.decode().split() == [run_id]


def test_a_list_undoes_nothing(run, run_id, project):
    done = run("undo", "--list", run_id)
    assert (done.code, (project / "test_x.py").read_bytes()) == (2, b"new\r\n")
    assert "RUN cannot be given" in done.err


def test_an_empty_list_says_so(run, tmp_path, monkeypatch):
    monkeypatch.setenv("REASSERT_STATE_DIR", str(tmp_path / "empty"))
    done = run("undo", "--list")
    assert (done.code, done.out, done.err) == (0, b"", "There is no run.\n")


@pytest.mark.usefixtures("run_id")
def test_an_unknown_run(run):
    done = run("undo", "nonsense")
    assert done.code == 2
    assert done.err.startswith("error: ")
    assert "nonsense" in done.err
