"""The whole configuration, valid and in normal form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.model.errors import Problem
from provisioner.core.model.grant import Grant

if TYPE_CHECKING:
    from provisioner.core.model.scenario import Scenario
from provisioner.core.model.resource import Address, Declared, _least, _lower


class Guardrails(Struct, frozen=True):
    """Limits on one apply; None means the built-in default."""

    max_top_up: Mapping[str, int] = field(default_factory=dict)
    """Maximum to top up, in minor units by currency."""
    max_exposure_added: Mapping[str, int] = field(default_factory=dict)
    """Maximum monthly exposure to add, in minor units by currency."""
    max_activated: int | None = None
    """Maximum number of cards to activate."""
    max_retired: int | None = None
    """Maximum number of objects to retire or replace."""
    keeps_share: bool = False
    """True if the built-in share of objects that may be retired applies in addition to `max_retired`."""
    max_declined_purchases: int | None = None
    """Maximum number of past purchases that the plan would have declined; None for no limit."""
    require_approval: str = ""
    """`broadening` if changes that raise spending need an explicit approval."""

    def tightened(self, policy: "Guardrails") -> "Guardrails":
        """
        Return guardrails with the stricter of each limit, given a policy from outside of the
        configuration.
        """
        return Guardrails(
            max_top_up=_lower(self.max_top_up, policy.max_top_up),
            max_exposure_added=_lower(self.max_exposure_added, policy.max_exposure_added),
            max_activated=_least(self.max_activated, policy.max_activated),
            max_retired=_least(self.max_retired, policy.max_retired),
            max_declined_purchases=_least(self.max_declined_purchases, policy.max_declined_purchases),
            keeps_share=self.max_retired is None,
            require_approval=self.require_approval or policy.require_approval,
        )


class Config(Struct, frozen=True):
    """A whole configuration, valid and in normal form."""

    project: str
    """The name of the project."""
    mode: str
    """`test` or `live`."""
    account: str | None
    """The only account that may be used; None for any."""
    declared: Mapping[Address, Declared]
    """The resources, by address."""
    guardrails: Guardrails = Guardrails()
    """The limits on one apply."""
    scenarios: tuple["Scenario", ...] = ()
    """The purchase scenarios."""
    environment: str | None = None
    """The environment whose values override the others; None if there is none."""
    warnings: tuple[Problem, ...] = ()
    """Warnings, which do not stop a command."""
    grants: tuple[Grant, ...] = ()
    """The grants of temporary spending power."""
    now: int = 0
    """The time (Unix seconds) whose grants are included in `declared`; 0 if grants are not included yet."""
    lasting: Mapping[Address, Declared] = field(default_factory=dict)
    """The resources without grants; empty if `declared` includes none."""

    @property
    def hands_over(self) -> bool:
        """Return whether any resource hands over a secret."""
        return any(each.secret_to for each in self.declared.values())

    def without_secrets(self) -> "Config":
        """Return the configuration without destinations for secrets."""
        if not self.hands_over:
            return self
        declared = {address: replace(each, secret_to=None) for address, each in self.declared.items()}
        return replace(self, declared=declared)

    def for_sandbox(self) -> "Config":
        """
        Return the configuration for the embedded Stripe API: in test mode, and for any account.

        If it is for live mode, no secret is handed over, because it would replace a real one.
        """
        config = self.without_secrets() if self.mode == "live" else self
        return replace(config, mode="test", account=None)
