"""A certificate as JSON, as ``docs/certificate.schema.json`` describes it. Its keys are stable."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reassert.model.certificate import Certificate, Difference

VERSION = 1


def certificate_json(certificate: Certificate) -> str:
    """Give the document, indented, with a line end; the same certificate gives the same characters."""
    document = {
        "version": VERSION,
        "verdict": certificate.verdict.value,
        "tests": {"before": certificate.tests_before, "after": certificate.tests_after},
        "counts": {label.value: number for label, number in certificate.counts.items()},
        "differences": [_difference(difference) for difference in certificate.differences],
        "flaky": certificate.flaky,
        "excluded": [asdict(unit) | {"label": unit.label.value} for unit in certificate.excluded],
        "assertions": asdict(certificate.assertions),
        "coverage": asdict(certificate.coverage),
        "mutants": asdict(certificate.mutants),
        "order": asdict(certificate.order),
        "reasons": certificate.reasons,
        "notes": certificate.notes,
        "command": certificate.command,
        "python": certificate.python,
        "pytest": certificate.pytest,
        "seconds": {name: round(seconds, 3) for name, seconds in certificate.seconds.items()},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "label": difference.label.value,
        "before": difference.before,
        "after": difference.after,
        "detail": difference.detail,
        "evidence": difference.evidence,
        "explained": difference.explained,
        "certain": difference.certain,
        "loss": difference.is_loss,
    }
