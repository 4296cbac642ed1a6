"""What a plan adds to what cards may spend, against a count of what Stripe has before and after it."""

from collections.abc import Mapping
from math import inf
from typing import Any

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from support.declare import card, config, holder
from support.depth import thorough
from support.stripe_model import StripeModel, carry_out

from provisioner.core.approval.approve import above, hold_to
from provisioner.core.diff.change import Action
from provisioner.core.model.config import Guardrails
from provisioner.core.model.resource import Declared, Lifecycle, Reissue
from provisioner.core.plan.guardrails import judge
from provisioner.core.plan.outlook_document import TeamExposure
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.write_document import plan_document
from provisioner.kinds import KINDS

TIMES = {"daily": 31, "weekly": 6, "monthly": 1, "yearly": 1, "all_time": 1}
LIMITS = Guardrails(max_exposure_added={"usd": 1000, "gbp": 1000}, max_activated=1)


# --- the count, from the objects as Stripe has them


def counted(stripe: StripeModel) -> dict[str, float]:
    """What all cards may spend in a month, by currency, holder by holder."""
    found = stripe.objects
    totals: dict[str, float] = {}
    for one in found["issuing/cardholders"]:
        for currency in ("usd", "gbp"):
            cards = [c for c in found["issuing/cards"] if c["cardholder"] == one["id"]]
            own = sum(bound(c, currency) for c in cards if c["currency"] == currency)
            totals[currency] = totals.get(currency, 0) + min(own, bound(one, currency))
    return totals


def bound(item: Mapping[str, Any], currency: str) -> float:
    if item["status"] != "active":
        return 0
    controls = item.get("spending_controls") or {}
    if controls.get("spending_limits_currency", currency) != currency:
        return inf
    # a card without any limit has Stripe's default, whether it shows it or not
    default = [{"amount": 50_000, "interval": "daily"}] if "cardholder" in item else []
    limits = controls.get("spending_limits") or default
    rows = [row for row in limits if not row.get("categories")]
    return min(
        [row["amount"] * TIMES[row["interval"]] for row in rows if row["interval"] in TIMES], default=inf
    )


def shown(rows: tuple[TeamExposure, ...], side: str) -> dict[str, float]:
    totals: dict[str, float] = {}
    for row in rows:
        power = getattr(row, side)
        totals[row.currency] = totals.get(row.currency, 0) + (inf if power.unlimited else power.amount)
    return totals


def added(plan: Plan) -> dict[str, float]:
    return {currency: inf if more is None else more for currency, more in plan.blast.exposure.items()}


# --- estates


ROWS = st.lists(
    st.tuples(st.sampled_from([0, 7, 100, 5000]), st.sampled_from([*TIMES, "per_authorization", "ads"])),
    max_size=2,
    unique_by=lambda row: row[1],
)


def controls(rows: list[tuple[int, str]], **more: Any) -> dict[str, Any] | None:
    if not rows:
        return None
    limits = tuple(
        {"amount": amount, "interval": "monthly", "categories": ("advertising_services",)}
        if interval == "ads"
        else {"amount": amount, "interval": interval}
        for amount, interval in rows
    )
    return {"spending_limits": limits, **more}


# Made once: Hypothesis checks each new strategy at its first draw.
CURRENCIES = st.sampled_from(["usd", "usd", "gbp"])
NAMES = st.sampled_from(["Acme Inc", "Acme Inc", "Other Inc"])  # another is a new holder
HOLDER_STATES = st.sampled_from(["active", "inactive"])
CARD_STATES = st.sampled_from(["active", "active", "inactive"])
CARDS = st.sets(st.sampled_from("abcd"))
REISSUES = st.sampled_from([0, 0, 1])
REASONS = st.sampled_from(["lost", "expired"])
HOLDERS = st.sampled_from(["ann", "bob"])


@st.composite
def estates(draw: st.DrawFn) -> list[Declared]:
    holders = []
    for name in ("ann", "bob"):
        limits = controls(draw(ROWS), spending_limits_currency=draw(CURRENCIES))
        fields = {"spending_controls": limits} if limits else {}
        fields["name"] = draw(NAMES)
        holders.append(holder(name, status=draw(HOLDER_STATES), **fields))
    cards = []
    for name in draw(CARDS):
        number = draw(REISSUES)
        cards.append(
            card(
                name,
                Lifecycle(reissue=Reissue(number, draw(REASONS))) if number else Lifecycle(),
                cardholder=draw(HOLDERS),
                status=draw(CARD_STATES),
                currency=draw(CURRENCIES),
                spending_controls=controls(draw(ROWS)),
            )
        )
    return [*holders, *sorted(cards, key=lambda each: each.address)]


def applied(*declared: Declared) -> StripeModel:
    stripe = StripeModel()
    finish(make_plan(KINDS, config(*declared), stripe.world()), stripe)
    return stripe


def finish(plan: Plan, stripe: StripeModel) -> None:
    for _ in carry_out(plan, stripe):
        pass


def planned(stripe: StripeModel, declared: list[Declared]) -> Plan:
    return make_plan(KINDS, config(*declared, guardrails=LIMITS), stripe.world())


@settings(max_examples=thorough(150))
@given(estates(), estates())
def test_before_after_and_what_is_added_are_those_of_the_objects(
    before: list[Declared], after: list[Declared]
) -> None:
    stripe = applied(*before)
    plan = planned(stripe, after)
    had = counted(stripe)
    finish(plan, stripe)
    has = counted(stripe)

    rows = plan.outlook.exposure
    for currency in ("usd", "gbp"):
        assert shown(rows, "before").get(currency, 0) == had[currency]
        assert shown(rows, "after").get(currency, 0) == has[currency]
        if has[currency] > had[currency]:
            assert added(plan)[currency] >= has[currency] - had[currency]


@settings(max_examples=thorough(150))
@given(estates())
def test_of_a_new_estate_all_is_added(wanted: list[Declared]) -> None:
    stripe = StripeModel()
    plan = planned(stripe, wanted)
    finish(plan, stripe)

    assert added(plan) == {currency: amount for currency, amount in counted(stripe).items() if amount}
    assert plan.blast.activated == sum(
        bound(each, each["currency"]) != 0
        and bound(stripe.find("issuing/cardholders", each["cardholder"]), each["currency"]) != 0
        for each in stripe.objects["issuing/cards"]
    )


@settings(max_examples=thorough(150))
@given(estates(), estates(), st.data())
def test_no_higher_limit_lowers_what_is_added(
    before: list[Declared], after: list[Declared], data: st.DataObject
) -> None:
    limited = [
        n
        for n, each in enumerate(after)
        if (each.fields.get("spending_controls") or {}).get("spending_limits")
    ]
    assume(limited)
    place = data.draw(st.sampled_from(limited))
    rows = list(after[place].fields["spending_controls"]["spending_limits"])
    number = data.draw(st.integers(0, len(rows) - 1))
    rows[number] = {**rows[number], "amount": rows[number]["amount"] + data.draw(st.sampled_from([1, 5000]))}
    higher = {**after[place].fields["spending_controls"], "spending_limits": tuple(rows)}
    raised = list(after)
    raised[place] = Declared(
        after[place].address, {**after[place].fields, "spending_controls": higher}, after[place].lifecycle
    )

    stripe = applied(*before)
    low, high = added(planned(stripe, after)), added(planned(stripe, raised))
    for currency, amount in low.items():
        assert high.get(currency, 0) >= amount


@settings(max_examples=thorough(150))
@given(estates(), estates())
def test_a_saved_plan_is_judged_like_the_plan_itself(before: list[Declared], after: list[Declared]) -> None:
    stripe = applied(*before)
    plan = planned(stripe, after)
    held = hold_to(KINDS, plan, plan_document(KINDS, plan))

    assert held.blast == plan.blast
    assert held.outlook == plan.outlook
    assert judge(held, LIMITS, {}) == judge(plan, LIMITS, {})


def limited_in_usd(interval: str) -> list[Declared]:
    """A card in pounds whose cardholder has a limit in dollars, of 0."""
    limits = controls([(0, interval)], spending_limits_currency="usd")
    pounds = card("a", cardholder="ann", currency="gbp")
    return [holder("ann", spending_controls=limits), pounds]


@settings(max_examples=thorough(150))
@given(estates(), estates(), st.integers(0, 12))
# after the first call, the cardholder has both limits: the end of the first one adds nothing to a month
@example(limited_in_usd("per_authorization"), limited_in_usd("daily"), 1)
def test_what_is_left_of_an_interrupted_apply_is_within_what_was_approved(
    before: list[Declared], after: list[Declared], calls: int
) -> None:
    stripe = applied(*before)
    plan = planned(stripe, after)
    for _ in carry_out(plan, stripe, calls=calls):
        pass

    left = planned(stripe, after)
    replaced = {str(each.address) for each in plan.changes if each.action is Action.REPLACE}
    assert [*above(KINDS, left, plan.blast.exposure, plan.blast.activated, replaced)] == []


def test_a_saved_plan_in_which_a_replacement_pays_for_a_raise_is_not_stale() -> None:
    def limited(name: str, amount: int, of: str) -> Declared:
        limits = {"spending_limits": ({"amount": amount, "interval": "monthly"},)}
        return card(name, cardholder=of, spending_controls=limits)

    people = [holder("ann"), holder("bob")]
    stripe = applied(*people, limited("a", 100, "ann"), limited("c", 5000, "bob"))
    after = [*people, limited("a", 200, "ann"), limited("c", 7, "ann")]
    plan = planned(stripe, after)

    held = hold_to(KINDS, planned(stripe, after), plan_document(KINDS, plan))

    assert added(plan) == {}
    assert [change.action for change in held.changes] == [Action.UPDATE, Action.REPLACE]
