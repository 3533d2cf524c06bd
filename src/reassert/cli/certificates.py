"""From typed options to a certificate, and the certificate to whoever reads it: shared by two commands."""

import sys
from typing import TYPE_CHECKING

from reassert.cli.console import wants_colour
from reassert.cli.documents import write_document
from reassert.cli.guard import DONE, PENDING, TROUBLE, note, outlasting
from reassert.cli.options import PlanOptions, VerifyOptions
from reassert.cli.planning import check, plan_request

if TYPE_CHECKING:
    from reassert.model.certificate import Certificate
    from reassert.workflow.benches import Suite
    from reassert.workflow.proving import Verified
    from reassert.workflow.verifying import Proof


def prove_plan(
    planning: PlanOptions, wanted: VerifyOptions, *, back_off: bool, allow_dirty: bool = True
) -> "Verified":
    """Make the plan and prove it in a copy; raises UsageError and SettingsError.

    Without ``allow_dirty`` nothing is run where git could not bring back what would be written over.
    """
    from reassert.batch.executors import LocalExecutor  # noqa: PLC0415 - not needed for help
    from reassert.workflow.applying import check_clean  # noqa: PLC0415
    from reassert.workflow.benches import prove_in_copy  # noqa: PLC0415

    check(planning)
    request = plan_request(planning)
    with LocalExecutor(planning.jobs) as executor:
        return prove_in_copy(
            request,
            executor,
            suite_of(planning, wanted),
            proof_of(wanted),
            note,
            back_off=back_off,
            accept=(lambda _: None) if allow_dirty else check_clean,
        )


def prove_revisions(planning: PlanOptions, wanted: VerifyOptions, before: str, after: str) -> "Certificate":
    """Compare the suites of two revisions in git; raises UsageError and SettingsError."""
    from reassert.workflow.revisions import prove_between  # noqa: PLC0415 - not needed for help

    check(planning)
    return prove_between(planning.paths, (before, after), suite_of(planning, wanted), proof_of(wanted), note)


def proof_of(wanted: VerifyOptions) -> "Proof":
    """How far to go, as typed."""
    from reassert.workflow.verifying import Proof  # noqa: PLC0415 - not needed for help

    return Proof(wanted.coverage, wanted.with_unittest, wanted.mutants, wanted.seed, wanted.shuffle)


def suite_of(planning: PlanOptions, wanted: VerifyOptions) -> "Suite":
    """How the suite is run: as typed, else as configured for the first path. Raises SettingsError."""
    from reassert.workflow.benches import Suite  # noqa: PLC0415 - not needed for help
    from reassert.workspace.settings import load_settings  # noqa: PLC0415

    settings = load_settings(planning.paths[0], config_file=planning.config, isolated=planning.isolated)
    verify = settings.verify
    return Suite(
        paths=planning.paths,
        command=verify.command,
        env=verify.env,
        timeout=wanted.timeout or verify.timeout,
        jobs=verify.jobs,
        python=wanted.python or verify.python,
        config=settings.pytest_path,
    )


def hand_out(certificate: "Certificate", wanted: VerifyOptions) -> None:
    """Show the certificate on standard error, and write the documents that were asked for."""
    from reassert.report.certificate_json import certificate_json  # noqa: PLC0415 - not needed for help
    from reassert.report.certificate_markdown import certificate_markdown  # noqa: PLC0415
    from reassert.report.certificate_terminal import write_certificate  # noqa: PLC0415

    with outlasting(sys.stderr) as stream:
        write_certificate(certificate, stream, colour=wants_colour(stream))
    write_document(wanted.json, lambda: certificate_json(certificate))
    write_document(wanted.markdown, lambda: certificate_markdown(certificate))


def exit_code_of(certificate: "Certificate") -> int:
    """0 valid, 1 invalid, 2 where nothing is known."""
    from reassert.model.certificate import Verdict  # noqa: PLC0415 - not needed for help

    return {Verdict.VALID: DONE, Verdict.INVALID: PENDING, Verdict.NOT_RUN: TROUBLE}[certificate.verdict]
