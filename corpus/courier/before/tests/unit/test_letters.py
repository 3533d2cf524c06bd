import pytest

from courier import Letter, parse


@pytest.mark.parametrize("line", ["", "ada", ": text"])
def test_no_address(line):
    with pytest.raises(ValueError, match="no address"):
        parse(line)


def test_urgent():
    assert parse("ada: !run") == Letter("ada", "run", urgent=True)


def test_plain():
    assert parse(" ada : walk ") == Letter("ada", "walk")
