"""A check of a configuration: its parts, and the plan that a reviewer reads."""

from msgspec import Struct

from provisioner.core.model.check import CheckOutcome, CheckPart
from provisioner.core.model.errors import ExitCode, worst
from provisioner.core.plan.document import PlanDocument


class ProjectCheck(Struct, frozen=True, kw_only=True):
    """Everything that a pull request is checked for; project and mode are empty if there is no valid YAML."""

    path: str
    """The path of the configuration, as it was given."""
    environment: str | None
    """The environment; None if there is none."""
    parts: tuple[CheckPart, ...] = ()
    """All parts, also those that were skipped."""
    project: str = ""
    """The name of the project."""
    mode: str = ""
    """The mode: test or live."""
    account: str = ""
    """The Stripe account, if a plan could be made, or else as configured; empty if it is not known."""
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
