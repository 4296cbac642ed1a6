"""The document of a check: the JSON that `check --format json` prints."""

from msgspec import UNSET, Struct, UnsetType

from provisioner.core.model.check import CheckOutcome
from provisioner.core.model.errors import ExitCode
from provisioner.core.model.json_document import FORMAT_VERSION, Format
from provisioner.core.plan.check import ProjectCheck
from provisioner.core.plan.document import PlanDocument
from provisioner.views.problem_document import ProblemDocument, problem_document


class CheckPartDocument(Struct, frozen=True, kw_only=True):
    """One part of a check."""

    name: str
    """validate, scenarios, guardrails, backtest (with `--backtest`) or plan."""
    outcome: CheckOutcome
    """The outcome: passed, failed, or skipped."""
    exit_code: int
    """The exit code of this part alone."""
    text: str
    """The result in one line."""
    problems: tuple[ProblemDocument, ...]
    """The problems that made it fail."""
    warnings: tuple[ProblemDocument, ...]
    """Other observations, which do not make it fail."""


class CheckDocument(Struct, frozen=True, kw_only=True):
    """The result of a check."""

    format_version: Format
    """The version of this format."""
    project: str | None
    """The name of the project; null if the configuration is not valid."""
    environment: str | None
    """The environment (`--env`); null if there is none."""
    mode: str | None
    """The mode: test or live; null if the configuration is not valid."""
    account: str | None
    """The Stripe account; null if it is not known."""
    passed: bool
    """True if no part failed."""
    exit_code: int
    """The worst exit code of the parts, with which the command ends."""
    checks: tuple[CheckPartDocument, ...]
    """The parts, in order."""
    plan: PlanDocument | UnsetType = UNSET
    """The plan, as `plan --format json` prints it; absent if none can be made."""


def check_document(check: ProjectCheck) -> CheckDocument:
    """Return a check as its document."""
    return CheckDocument(
        format_version=FORMAT_VERSION,
        project=check.project or None,
        environment=check.environment,
        mode=check.mode or None,
        account=check.account or None,
        passed=check.exit_code is ExitCode.DONE,
        exit_code=check.exit_code,
        checks=tuple(
            CheckPartDocument(
                name=part.name,
                outcome=part.outcome,
                exit_code=part.exit_code,
                text=part.text,
                problems=tuple(map(problem_document, part.problems)),
                warnings=tuple(map(problem_document, part.warnings)),
            )
            for part in check.parts
        ),
        plan=check.plan or UNSET,
    )
