"""The result of a check of a configuration: its parts, and the plan that a reviewer reads."""

from msgspec import Struct

from provisioner.core.model.check import CheckOutcome, CheckPart
from provisioner.core.model.errors import ExitCode, worst
from provisioner.core.plan.document import PlanDocument


class ProjectCheck(Struct, frozen=True, kw_only=True):
    """The result of checking a pull request; project and mode are empty if the YAML is not valid."""

    path: str
    """The path of the configuration, as the user gave it."""
    environment: str | None
    """The environment; None if there is none."""
    parts: tuple[CheckPart, ...] = ()
    """All parts, including those that were skipped."""
    project: str = ""
    """The name of the project."""
    mode: str = ""
    """The mode: test or live."""
    account: str = ""
    """
    The Stripe account of the plan or, if there is no plan, of the configuration; empty if it is
    unknown.
    """
    plan: PlanDocument | None = None
    """The plan; None if none could be made."""

    @property
    def exit_code(self) -> ExitCode:
        """Return the worst exit code of the parts."""
        return worst(*(part.exit_code for part in self.parts))

    @property
    def failed(self) -> list[str]:
        """Return the names of the parts that failed."""
        return [part.name for part in self.parts if part.outcome is CheckOutcome.FAILED]
