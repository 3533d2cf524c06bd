"""Where a registration goes in a conftest.py, to the byte; what comes out must parse, and stay as it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from reassert import catalog
from reassert.engine import Member, rewrite
from reassert.model.config import RuleConfig
from reassert.model.edits import Unit
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Rewritten
from reassert.model.source import SourceFile
from reassert.workspace.reading import decode

RULE = "unrewritten_assert_to_registered"
CALL = 'pytest.register_assert_rewrite("base")\n'


def register(data, names=("base",), early=(), excluded=frozenset()):
    source = decode(Path("conftest.py"), data)
    assert isinstance(source, SourceFile)
    facts = FileFacts(registers=tuple(names), early=frozenset(early))
    outcome = rewrite(Member(source, catalog.load([RULE]), facts, RuleConfig(excluded=excluded))).outcome
    return outcome.change.after if isinstance(outcome, Rewritten) else data


@pytest.mark.parametrize(
    ("before", "early", "after"),
    [
        pytest.param("", (), f"import pytest\n\n{CALL}", id="nothing"),
        pytest.param("# Note.\n", (), f"# Note.\n\nimport pytest\n\n{CALL}", id="a comment"),
        pytest.param('"""Doc."""', (), f'"""Doc."""\n\nimport pytest\n\n{CALL}', id="no last newline"),
        pytest.param(
            '"""Doc."""\n\nX = 1\n', (), f'"""Doc."""\n\nimport pytest\n\n{CALL}\nX = 1\n', id="no import"
        ),
        pytest.param(
            "#!/usr/bin/env python\n# Of X.\nX = 1\n",
            (),
            f"#!/usr/bin/env python\n\nimport pytest\n\n{CALL}\n# Of X.\nX = 1\n",
            id="a shebang",
        ),
        pytest.param("import pytest\n", (), f"import pytest\n\n{CALL}", id="only the import"),
        pytest.param(
            "import pytest\nX = 1\n", (), f"import pytest\n\n{CALL}\nX = 1\n", id="no blank line behind"
        ),
        pytest.param(
            "import os\nimport pytest\n\n\n@pytest.fixture\ndef f():\n    return os\n",
            (),
            f"import os\nimport pytest\n\n{CALL}\n\n@pytest.fixture\ndef f():\n    return os\n",
            id="a fixture",
        ),
        pytest.param(
            "from __future__ import annotations\n\nimport os\n\n\n# Of f.\n@os.f\ndef f(): ...\n",
            (),
            "from __future__ import annotations\n\nimport os\n\nimport pytest\n\n\n"
            f"{CALL}\n\n# Of f.\n@os.f\ndef f(): ...\n",
            id="the import is sorted in",
        ),
        pytest.param(
            "import os\nX = os\n",
            (),
            f"import os\n\nimport pytest\n\n{CALL}\nX = os\n",
            id="no room to sort it in",
        ),
        pytest.param(
            "import os\nimport pytest\nfrom base import Base\nimport sys\n",
            ("base.Base",),
            f"import os\nimport pytest\n\n{CALL}\nfrom base import Base\nimport sys\n",
            id="before the import that counts",
        ),
        pytest.param(
            "from .base import Base\n\nimport pytest\n",
            (".base.Base",),
            f"import pytest\n\n{CALL}\nfrom .base import Base\n\nimport pytest\n",
            id="before pytest itself is imported",
        ),
        pytest.param(
            "import pytest as pt\n\n\nx = pt\n",
            (),
            f"import pytest as pt\n\n\nimport pytest\n\n{CALL}\nx = pt\n",
            id="pytest by another name",
        ),
        pytest.param(
            "import pytest\n\ntry:\n    import base.more\nexcept ImportError:\n    pass\n",
            ("base.more",),
            f"import pytest\n\n{CALL}\ntry:\n    import base.more\nexcept ImportError:\n    pass\n",
            id="an import inside a statement",
        ),
        pytest.param(
            "import pytest; import base\n",
            ("base",),
            f"import pytest\n\n{CALL}\nimport pytest; import base\n",
            id="two on a line",
        ),
        pytest.param(
            'import pytest\n\npytest.register_assert_rewrite("a")  # this\n',
            (),
            'import pytest\n\npytest.register_assert_rewrite("a", "base")  # this\n',
            id="one more name",
        ),
        pytest.param(
            'import pytest\nimport base\n\npytest.register_assert_rewrite("a")\n',
            ("base",),
            f'import pytest\n\n{CALL}\nimport base\n\npytest.register_assert_rewrite("a")\n',
            id="one that comes too late",
        ),
        pytest.param(
            "import pytest\n\npytest.register_assert_rewrite(*names())\n",
            (),
            f"import pytest\n\n{CALL}\npytest.register_assert_rewrite(*names())\n",
            id="one that cannot be read",
        ),
    ],
)
def test_the_place(before, early, after):
    done = register(before.encode(), early=early)
    assert done.decode() == after
    ast.parse(done)
    assert register(done, early=early) == done


def test_a_package_that_is_registered_covers_its_modules():
    data = b'import pytest\n\npytest.register_assert_rewrite("tests")\n'
    assert register(data, ["tests", "tests.base"]) == data
    assert register(data, ["testsuite"]) != data


def test_many_names_get_a_line_each():
    names = [f"tests.a_long_name_of_a_package.module_{n}" for n in range(3)]
    lines = "".join(f'    "{name}",\n' for name in names)
    assert register(b"", names).decode() == f"import pytest\n\npytest.register_assert_rewrite(\n{lines})\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b'"""Doc."""\r\nimport pytest\r\n', id="CRLF"),
        pytest.param(b"# coding: latin-1\nimport pytest\n\nX = '\xe9'\n", id="latin-1"),
        pytest.param(b"\xef\xbb\xbfimport pytest\n", id="a byte order mark"),
        pytest.param(b"# coding: latin-1\n# Caf\xe9\nX = '\xe9'\n", id="latin-1 without an import"),
    ],
)
def test_encoding_and_line_ends_stay(data):
    done = register(data)
    assert b"register_assert_rewrite" in done
    assert done.count(b"\r\n") == (done.count(b"\n") if b"\r\n" in data else 0)
    assert all(line in done for line in data.splitlines(keepends=True))
    assert done[:3] == data[:3]
    compile(done, "conftest.py", "exec")


def test_a_comment_switches_it_off_and_so_does_an_excluded_unit():
    data = f"# reassert: file-ignore[{RULE}] no\n".encode()
    assert register(data) == data
    assert register(b"", excluded=frozenset({Unit(RULE, "base")})) == b""
