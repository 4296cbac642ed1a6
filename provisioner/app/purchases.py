"""Scenarios played: offline, on a private sandbox, or on the applied cards in Stripe's test mode."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.sandboxes import stages
from provisioner.app.stage import on_stage
from provisioner.core.diff.change import Action
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError, ProvisionerError, StripeError
from provisioner.core.model.resource import Address, Declared, Live, Ref
from provisioner.core.model.scenario import Course, Scenario, Unsure
from provisioner.core.ownership.reissue import says_self_canceled
from provisioner.core.purchases.generate import Choices, declared_facts, hides
from provisioner.core.purchases.history import issuing_available, live_facts
from provisioner.core.purchases.result import ScenarioResult
from provisioner.core.purchases.simulator import simulate
from provisioner.engine.ports import Writer
from provisioner.engine.purchases.authorize import on_applied
from provisioner.kinds.categories import CATEGORIES

# A merchant of Stripe's guides comes first, for cards that any merchant may charge.
CHOICES = Choices(("taxicabs_limousines", *CATEGORIES))


def refuse_live(config: Config) -> None:
    """Test purchases exist in test mode only; raises AccessError before anything is sent."""
    if config.mode != "test":
        raise AccessError(
            "Stripe's test helpers exist in test mode only, and the configuration says mode: live; "
            "add --sandbox to try the declaration by itself"
        )


def offline(config: Config, scenarios: Iterable[Scenario]) -> Iterator[ScenarioResult]:
    """Ask the simulator alone."""
    for scenario in scenarios:
        if scenario.card not in config.declared:
            unsure = Course(len(scenario.after), Unsure("there is no such card"))
            yield ScenarioResult(scenario, unsure, trouble=f"{scenario.card} is not declared")
            continue
        facts = declared_facts(scenario.card, config.declared, scenario.balance)
        yield ScenarioResult(scenario, simulate(scenario, facts))


def on_sandbox(config: Config, scenarios: Iterable[Scenario]) -> Iterator[ScenarioResult]:
    """Ask a private sandbox, with nothing in it but the declared card and its cardholder."""
    with stages() as stage_for:
        for told in offline(config, scenarios):
            scenario = told.scenario
            if told.trouble:
                yield told
                continue
            try:
                course = on_stage(scenario, config.declared, stage_for(scenario.currency))
            except StripeError as error:
                yield ScenarioResult(scenario, told.simulated, trouble=str(error))
            else:
                yield ScenarioResult(scenario, told.simulated, course)


def in_test_mode(account: Account, scenarios: Sequence[Scenario]) -> Iterator[ScenarioResult]:
    """
    Ask Stripe's test mode, on the cards as they are applied, with all that was bought on them before.

    What cannot be arranged there (times, a balance, a card that ends itself) is asked of the simulator
    alone. Raises StripeError or AccessError when Stripe cannot be read.
    """
    refuse_live(account.config)
    applied = _applied(account)
    for told in offline(account.config, scenarios):
        if told.trouble:
            yield told
        elif remark := _beyond_reach(told.scenario, account.config):
            yield replace(told, remark=remark)
        else:
            yield applied.play(told)


def _beyond_reach(scenario: Scenario, config: Config) -> str:
    """Why Stripe's test mode cannot play a scenario, empty when it can."""
    if scenario.timed:
        return "simulated only: Stripe's clock cannot be moved"
    if scenario.balance is not None:
        return "simulated only: the account's balance is not ours to set"
    if "lifecycle_controls" in config.declared[scenario.card].fields:
        return "simulated only: test purchases would use up the card's life"
    return ""


class _Applied(Struct, frozen=True):
    """What is applied in an account; `past` keeps each cardholder's authorizations, once they are read."""

    writer: Writer
    declared: Mapping[Address, Declared]
    live: Mapping[Address, Live]
    pending: frozenset[Address]
    balance: Mapping[str, Any]
    past: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def play(self, told: ScenarioResult) -> ScenarioResult:
        """Make the purchases of one scenario and compare; what Stripe refuses is the result's trouble."""
        address = told.scenario.card
        card, owner = self.live.get(address), self._owner(address)
        if waiting := [one for one in (address, *owner) if one in self.pending]:
            text = f"{waiting[0]} is not applied as it is declared; run apply first, or add --sandbox"
            return replace(told, trouble=text)
        if card is None:
            return replace(told, trouble=f"{address} is not in Stripe; run apply first, or add --sandbox")
        try:
            return self._play(told, card)
        except StripeError as error:
            return replace(told, trouble=str(error))

    def _play(self, told: ScenarioResult, card: Live) -> ScenarioResult:
        shown = self.writer.retrieve(f"issuing/cards/{card.id}")
        holder = next((self.live[one].fields for one in self._owner(card.address)), {})
        available = issuing_available(self.balance, told.scenario.currency)
        holder_id = str(shown["cardholder"]["id"])
        if holder_id not in self.past:
            found = self.writer.list("issuing/authorizations", {"cardholder": holder_id})
            self.past[holder_id] = list(found)
        facts = live_facts(card, holder, shown, self.past[holder_id], available)
        hidden = hides(card.address, self.declared)
        actual, now = on_applied(self.writer, told.scenario, card.id)
        simulated = simulate(told.scenario, replace(facts, hidden=hidden), now)
        return replace(told, simulated=simulated, actual=actual)

    def _owner(self, card: Address) -> tuple[Address, ...]:
        """The card's cardholder, where it is managed here."""
        reference = self.declared[card].fields.get("cardholder")
        return (reference.address,) if isinstance(reference, Ref) else ()


def _applied(account: Account) -> _Applied:
    seen = account.compare()
    changes = seen.differences.changes
    moving = (change.address for change in changes if change.action not in (Action.RETIRE, Action.TOP_UP))
    estates = seen.inventory.estates.values()
    live = {address: each for estate in estates for address, each in estate.current.items()}
    writer = account.writer
    return _Applied(writer, account.config.declared, live, frozenset(moving), writer.retrieve("balance"))


def find_card(account: Account, card: Address) -> Live:
    """Find a card as it is applied; raises as `Account.read` does, and ProvisionerError without one."""
    for estate in account.take_inventory()[1].estates.values():
        if card in estate.current:
            return estate.current[card]
        if ended := estate.self_canceled.get(card):
            raise ProvisionerError(f"{card}: {says_self_canceled(ended)}")
    raise ProvisionerError(f"{card} is not in Stripe yet; run `provisioner apply` first")
