"""The whole configuration, valid and in normal form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from provisioner.core.model.errors import Problem

if TYPE_CHECKING:
    from provisioner.core.model.scenario import Scenario
from provisioner.core.model.resource import Address, Declared, _least, _lower


class Guardrails(Struct, frozen=True):
    """
    Limits on one apply. Amounts are in minor units by currency; None means the built-in default.

    `keeps_share` says that the built-in share of objects that may be retired applies besides `max_retired`.
    """

    max_top_up: Mapping[str, int] = field(default_factory=dict)
    max_exposure_added: Mapping[str, int] = field(default_factory=dict)
    max_activated: int | None = None
    max_retired: int | None = None
    keeps_share: bool = False
    require_approval: str = ""

    def tightened(self, policy: "Guardrails") -> "Guardrails":
        """Return the stricter one of each limit, given a policy from outside the configuration."""
        return Guardrails(
            max_top_up=_lower(self.max_top_up, policy.max_top_up),
            max_exposure_added=_lower(self.max_exposure_added, policy.max_exposure_added),
            max_activated=_least(self.max_activated, policy.max_activated),
            max_retired=_least(self.max_retired, policy.max_retired),
            keeps_share=self.max_retired is None,
            require_approval=self.require_approval or policy.require_approval,
        )


class Config(Struct, frozen=True):
    """All of the YAML, valid and in normal form.

    `environment` is the one whose values override the rest; `warnings` do not stop a command.
    """

    project: str
    mode: str
    account: str | None
    declared: Mapping[Address, Declared]
    guardrails: Guardrails = Guardrails()
    scenarios: tuple["Scenario", ...] = ()
    environment: str | None = None
    warnings: tuple[Problem, ...] = ()
