"""Run purchase scenarios: offline, in a private sandbox, or on the applied cards in Stripe's test mode."""

import calendar
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.app.configuration import with_grants
from provisioner.app.sandboxes import PrivateSandbox, stages
from provisioner.core.diff.change import Action
from provisioner.core.model.config import Config
from provisioner.core.model.currencies import country_of, currency_of
from provisioner.core.model.errors import AccessError, ProvisionerError, StripeError
from provisioner.core.model.limits import LARGEST_AMOUNT
from provisioner.core.model.resource import Address, Declared, Lifecycle, Live, Ref
from provisioner.core.model.scenario import Course, Purchase, Scenario, Unsure
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.reissue import says_self_canceled
from provisioner.core.plan.call import Call
from provisioner.core.purchases.generate import Choices, declared_facts, hides
from provisioner.core.purchases.history import issuing_available, live_facts
from provisioner.core.purchases.result import ScenarioResult
from provisioner.core.purchases.simulator import simulate
from provisioner.engine.apply.execute import Outcome
from provisioner.engine.ports import Writer
from provisioner.engine.purchases.authorize import Authorization, capture, on_applied, play
from provisioner.kinds.categories import CATEGORIES

# A merchant of Stripe's guides comes first, for cards that may be used at any merchant.
CHOICES = Choices(("taxicabs_limousines", *CATEGORIES))
# The Gregorian calendar, including weekdays, repeats every 28 years (between 1901 and 2099).
CYCLE_YEARS = 28
MONTHS = 12
AHEAD = 2  # months; a card must not expire right after it is created
CYCLE = (CYCLE_YEARS * 365 + CYCLE_YEARS // 4) * 86_400
# Fields that refer to objects an empty account lacks: other cards, financial accounts, designs, Stripe's PIN
# key.
ELSEWHERE = ("replacement_for", "replacement_reason", "financial_account", "personalization_design", "pin")
STAND_IN = Address("cardholders", "stand-in")
PHONE = "+18005550100"
TEST_PROJECT = "scenario"


def refuse_live(config: Config) -> None:
    """Raise AccessError for a live configuration, because test purchases exist in test mode only."""
    if config.mode != "test":
        raise AccessError(
            "Stripe's test helpers exist in test mode only, and the configuration has mode: live; "
            "add --sandbox to test the configuration without Stripe"
        )


def offline(config: Config, scenarios: Iterable[Scenario]) -> Iterator[ScenarioResult]:
    """Yield the simulator's results, without asking Stripe."""
    for scenario in scenarios:
        if scenario.card not in config.declared:
            unsure = Course(len(scenario.after), Unsure("the card does not exist"))
            yield ScenarioResult(scenario, unsure, trouble=f"{scenario.card} is not in the configuration")
            continue
        facts = declared_facts(scenario.card, _declared(config, scenario), scenario.balance)
        yield ScenarioResult(scenario, simulate(scenario, facts))


def _declared(config: Config, scenario: Scenario) -> Mapping[Address, Declared]:
    """Return the resources, including the grants in force at the time of the scenario's purchase."""
    at = scenario.purchase.at
    return config.declared if at is None else with_grants(config, at).declared


def on_sandbox(config: Config, scenarios: Iterable[Scenario]) -> Iterator[ScenarioResult]:
    """Yield the results of a private sandbox that contains only the scenario's card and its cardholder."""
    with stages() as stage_for:
        for told in offline(config, scenarios):
            scenario = told.scenario
            if told.trouble:
                yield told
                continue
            try:
                course = on_stage(scenario, _declared(config, scenario), stage_for(scenario.currency))
            except StripeError as error:
                yield ScenarioResult(scenario, told.simulated, trouble=str(error))
            else:
                yield ScenarioResult(scenario, told.simulated, course)


def on_stage(scenario: Scenario, declared: Mapping[Address, Declared], stage: PrivateSandbox) -> Course:
    """
    Apply the scenario's card and cardholder in an empty sandbox, fund it, and make the purchases.

    Purchases with a time in the past are made one or more cycles of the calendar later. Raises StripeError or
    AccessError, also if the card itself is rejected.
    """
    now = stage.clear()
    card = declared[scenario.card].fields
    first = scenario.purchases[0].at or now
    if "exp_year" not in card:
        begin = first
    else:
        months = card["exp_year"] * MONTHS + card["exp_month"] - 1 - AHEAD
        begin = min(first, calendar.timegm((months // MONTHS, months % MONTHS + 1, 1, 0, 0, 0)))
    cycles = max(0, -((begin - now) // CYCLE))
    if begin != now:
        stage.go_to(begin + cycles * CYCLE)
    cast = _cast(scenario.card, declared, cycles * CYCLE_YEARS)
    currency = str(cast[scenario.card].fields["currency"])
    _fund(stage.writer, scenario.amount if scenario.balance is None else scenario.balance, currency)

    def before(purchase: Purchase) -> None:
        if purchase.at is not None:
            stage.go_to(purchase.at + cycles * CYCLE)

    def then(authorization: Authorization) -> None:
        # A hold alone would be released after a week of sandbox time.
        if scenario.timed and authorization["amount"]:
            capture(stage.writer, authorization)

    card_id = _apply(cast, scenario.card, stage)
    course, _ = play(stage.writer, scenario, card_id, before, then)
    return course


def _cast(card: Address, declared: Mapping[Address, Declared], years: int) -> dict[Address, Declared]:
    """
    Return the card and cardholder without references to other objects; the card expires `years` years
    later.
    """
    fields = {name: value for name, value in declared[card].fields.items() if name not in ELSEWHERE}
    if "exp_year" in fields:
        fields["exp_year"] += years
    holder = fields["cardholder"]
    if isinstance(holder, Ref):
        owner = declared[holder.address]
    else:
        # stands in for a cardholder that the configuration does not manage: a company without limits
        home = {"line1": "1 Main Street", "city": "Springfield", "postal_code": "94111"}
        address = {**home, "country": currency_of(str(fields["currency"])).home}
        billing = {"address": address}
        person = {"type": "company", "name": "Stand In", "phone_number": PHONE, "billing": billing}
        owner, fields["cardholder"] = Declared(STAND_IN, person), Ref(STAND_IN)
    cast = (replace(declared[card], fields=fields), owner)
    return {each.address: replace(each, lifecycle=Lifecycle()) for each in cast}


def _fund(writer: Writer, amount: int, currency: str) -> None:
    """Make an amount available for Issuing; accounts that cannot be topped up are funded by a test helper."""
    if not country_of(currency_of(currency).home).can_pull:
        if amount:
            call = Call(
                "test_helpers.issuing", "fund_balance", None, {"amount": amount, "currency": currency}
            )
            writer.perform(call)
        return
    while amount > 0:
        part = min(amount, LARGEST_AMOUNT)
        params = {"amount": part, "currency": currency, "destination_balance": "issuing"}
        writer.perform(Call("topups", "create", None, params))
        amount -= part


def _apply(cast: Mapping[Address, Declared], card: Address, stage: PrivateSandbox) -> str:
    """Create the card and the cardholder with an ordinary apply, and return the card's id."""
    account = Account(Config(TEST_PROJECT, "test", None, cast), stage.transport)
    plan = account.plan(account.compare_with(Snapshot({}, {}, {})))
    report = carry_out(account, plan)
    for result in report.results:
        if result.outcome is Outcome.FAILED:
            raise StripeError(f"{result.step.address} cannot be applied: {result.reason}")
    return next(r.id for r in report.results if r.step.address == card)


def in_test_mode(account: Account, scenarios: Sequence[Scenario]) -> Iterator[ScenarioResult]:
    """
    Yield results from Stripe's test mode, made with the applied cards after all of their earlier purchases.

    Conditions that cannot be arranged there (times, a balance, a card that cancels itself) are only
    simulated. Raises StripeError or AccessError when Stripe cannot be read.
    """
    refuse_live(account.config)
    seen = account.compare()
    applied = _Applied(
        account.writer,
        account.config.declared,
        {a: live for estate in seen.inventory.estates.values() for a, live in estate.current.items()},
        frozenset(
            change.address
            for change in seen.differences.changes
            if change.action not in (Action.RETIRE, Action.TOP_UP)
        ),
        account.writer.retrieve("balance"),
    )
    for told in offline(account.config, scenarios):
        if told.trouble:
            yield told
        elif remark := _beyond_reach(told.scenario, account.config):
            yield replace(told, remark=remark)
        else:
            yield applied.play(told)


def _beyond_reach(scenario: Scenario, config: Config) -> str:
    """Return why a scenario cannot be run in Stripe's test mode; empty if it can."""
    if scenario.timed:
        return "simulated only: Stripe's clock cannot be set"
    if scenario.balance is not None:
        return "simulated only: the account's balance cannot be set"
    if "lifecycle_controls" in config.declared[scenario.card].fields:
        return "simulated only: test purchases would use up the card's life"
    return ""


class _Applied(Struct, frozen=True):
    """The state of an account after the last apply."""

    writer: Writer
    """Makes the purchases."""
    declared: Mapping[Address, Declared]
    """The resources in the configuration, by address."""
    live: Mapping[Address, Live]
    """Their objects in Stripe, by address."""
    pending: frozenset[Address]
    """The addresses that the next apply would change."""
    balance: Mapping[str, Any]
    """The balance, as Stripe returns it."""
    past: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    """The authorizations read so far, by the id of their cardholder."""

    def play(self, told: ScenarioResult) -> ScenarioResult:
        """
        Make the purchases of one scenario; if Stripe rejects a request, the result has the reason as
        `trouble`.
        """
        address = told.scenario.card
        card, owner = self.live.get(address), self._owner(address)
        if card is None:
            text = f"{address} is not in Stripe yet; apply the configuration first, or add --sandbox"
            return replace(told, trouble=text)
        if waiting := [one for one in (address, *owner) if one in self.pending]:
            text = f"{waiting[0]} has changes that are not applied yet; apply them first, or add --sandbox"
            return replace(told, trouble=text)
        try:
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
        except StripeError as error:
            return replace(told, trouble=str(error))

    def _owner(self, card: Address) -> tuple[Address, ...]:
        """Return the card's cardholder, if it is managed here."""
        reference = self.declared[card].fields.get("cardholder")
        return (reference.address,) if isinstance(reference, Ref) else ()


def find_card(account: Account, card: Address) -> Live:
    """
    Return an applied card. Raises as `Account.read` does, and ProvisionerError if the card is not in
    Stripe.
    """
    for estate in account.take_inventory()[1].estates.values():
        if card in estate.current:
            return estate.current[card]
        if ended := estate.self_canceled.get(card):
            raise ProvisionerError(f"{card}: {says_self_canceled(ended)}")
    raise ProvisionerError(f"{card} is not in Stripe yet; apply the configuration first")
