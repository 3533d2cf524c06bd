"""What an audit found as JSON, as ``docs/audit.schema.json`` describes it. Its keys are stable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from reassert.model.outcomes import Audited, Location

VERSION = 1


def audit_json(audited: Audited) -> str:
    """Give the document, indented, with a line end; paths are relative to the root where they lie below."""
    document = {
        "version": VERSION,
        "files": audited.files,
        "findings": [
            {
                "rule": finding.rule_id,
                "code": finding.code,
                **_place(finding.location, audited.root),
                "message": finding.message,
                "suggestion": finding.suggestion,
                "others": [_place(other, audited.root) for other in finding.others],
            }
            for finding in audited.findings
        ],
        "failures": [
            {"path": _name(failure.path, audited.root), "line": failure.line, "error": failure.error}
            for failure in audited.failures
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _place(location: Location, root: Path) -> dict[str, object]:
    return {"path": _name(location.path, root), "line": location.line, "column": location.column}


def _name(path: Path, root: Path) -> str:
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
