"""Scenarios on a stage: an account that is empty before each, and whose clock can be moved."""

import calendar
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.apply import carry_out
from provisioner.app.sandboxes import PrivateSandbox
from provisioner.core.model.config import Config
from provisioner.core.model.currencies import country_of, currency_of
from provisioner.core.model.errors import StripeError
from provisioner.core.model.limits import LARGEST_AMOUNT
from provisioner.core.model.resource import Address, Declared, Lifecycle, Ref
from provisioner.core.model.scenario import Course, Purchase, Scenario
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.call import Call
from provisioner.engine.apply.execute import Outcome
from provisioner.engine.ports import Writer
from provisioner.engine.purchases.authorize import Authorization, capture, play

# The Gregorian calendar repeats itself, weekdays and all, every 28 years (between 1901 and 2099).
CYCLE_YEARS = 28
MONTHS = 12
AHEAD = 2  # months; a card must not expire at once when it is made
CYCLE = (CYCLE_YEARS * 365 + CYCLE_YEARS // 4) * 86_400
# What an empty account has none of: other cards, financial accounts, designs; nor Stripe's PIN key.
ELSEWHERE = ("replacement_for", "replacement_reason", "financial_account", "personalization_design", "pin")
STAND_IN = Address("cardholders", "stand-in")
PHONE = "+18005550100"
TEST_PROJECT = "scenario"


def on_stage(scenario: Scenario, declared: Mapping[Address, Declared], stage: PrivateSandbox) -> Course:
    """
    Apply the scenario's card and cardholder to the empty stage, fund it, and make the purchases.

    What lies in the past is played one or more whole cycles of the calendar later. Raises StripeError or
    AccessError, also when Stripe refuses the card itself.
    """
    now = stage.clear()
    begin = _beginning(scenario, declared[scenario.card].fields, now)
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
        # what is only held would be given back after a week of the stage's time
        if scenario.timed and authorization["amount"]:
            capture(stage.writer, authorization)

    card_id = _apply(cast, scenario.card, stage)
    course, _ = play(stage.writer, scenario, card_id, before, then)
    return course


def _beginning(scenario: Scenario, card: Mapping[str, Any], now: int) -> int:
    """When the stage must begin: with the first purchase, and early enough for a card of such an expiry."""
    first = scenario.purchases[0].at or now
    if "exp_year" not in card:
        return first
    months = card["exp_year"] * MONTHS + card["exp_month"] - 1 - AHEAD
    return min(first, calendar.timegm((months // MONTHS, months % MONTHS + 1, 1, 0, 0, 0)))


def _cast(card: Address, declared: Mapping[Address, Declared], years: int) -> dict[Address, Declared]:
    """The card and its cardholder as declared, without ties to anything else; expiry so many years later."""
    fields = {name: value for name, value in declared[card].fields.items() if name not in ELSEWHERE}
    if "exp_year" in fields:
        fields["exp_year"] += years
    holder = fields["cardholder"]
    if isinstance(holder, Ref):
        owner = declared[holder.address]
    else:
        owner = _stand_in(str(fields["currency"]))
        fields["cardholder"] = Ref(STAND_IN)
    cast = (replace(declared[card], fields=fields), owner)
    return {each.address: replace(each, lifecycle=Lifecycle()) for each in cast}


def _stand_in(currency: str) -> Declared:
    """Who holds the card of a cardholder that is not managed here: a company without limits of its own."""
    home = {"line1": "1 Main Street", "city": "Springfield", "postal_code": "94111"}
    address = {**home, "country": currency_of(currency).home}
    fields = {"type": "company", "name": "Stand In", "phone_number": PHONE, "billing": {"address": address}}
    return Declared(STAND_IN, fields)


def _fund(writer: Writer, amount: int, currency: str) -> None:
    """Have so much available for Issuing; accounts outside the US are pushed to, they cannot pull."""
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
    """Create what is declared by the same way as an apply does, and return the card's id."""
    account = Account(Config(TEST_PROJECT, "test", None, cast), stage.transport)
    plan = account.plan(account.compare_with(Snapshot({}, {}, {})))
    report = carry_out(account, plan)
    for result in report.results:
        if result.outcome is Outcome.FAILED:
            raise StripeError(f"{result.step.address} cannot be applied: {result.reason}")
    return next(r.id for r in report.results if r.step.address == card)
