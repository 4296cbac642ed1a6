"""The laws that a plan and its calls keep, in worlds of plain data: all of a small one, and drawn ones."""

from collections.abc import Iterator
from itertools import groupby, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from support.declare import HOLDER, card, config, holder, target
from support.depth import DEEP, thorough
from support.stripe_model import StripeModel, carry_out

from provisioner.core.model.config import Config
from provisioner.core.model.resource import Declared, Lifecycle, Reissue
from provisioner.core.plan.call import Call, Phase, Step
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.core.plan.write_document import plan_document
from provisioner.core.schema.field import Direction
from provisioner.core.schema.kind import owned
from provisioner.engine.apply.scheduler import Ready
from provisioner.engine.read.projection import observer
from provisioner.kinds import KINDS

ADS, SOFTWARE = "advertising_services", "computer_software_stores"


def plan_of(wanted: Config, stripe: StripeModel) -> Plan:
    return make_plan(KINDS, wanted, stripe.world())


def apply(wanted: Config, stripe: StripeModel) -> None:
    for _ in carry_out(plan_of(wanted, stripe), stripe):
        pass


# --- what is drawn

LIMITS = st.lists(
    st.fixed_dictionaries(
        {
            "amount": st.sampled_from([0, 50000, 100000, 200000]),
            "interval": st.sampled_from(["daily", "monthly"]),
        },
        optional={"categories": st.sampled_from([(ADS,), (ADS, SOFTWARE)])},
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda row: (row["interval"], row.get("categories")),
).map(tuple)
CATEGORIES = st.sampled_from([(ADS,), (SOFTWARE,), (ADS, SOFTWARE)])
CONTROLS = st.one_of(
    st.fixed_dictionaries({}, optional={"allowed_categories": CATEGORIES, "spending_limits": LIMITS}),
    st.fixed_dictionaries(
        {},
        optional={
            "blocked_categories": CATEGORIES,
            "allowed_merchant_countries": st.sampled_from([("US",), ("CA", "US")]),
            "spending_limits": LIMITS,
        },
    ),
).map(lambda controls: controls or None)
PHYSICAL = {"type": "physical", "shipping": {"name": "Jenny Rosen", "address": HOLDER["billing"]["address"]}}
ENDS = {"cancel_after": {"payment_count": 1}}
LIFECYCLES = st.builds(
    Lifecycle,
    on_remove=st.sampled_from(["deactivate", "deactivate", "cancel", "keep"]),
    reissue=st.none() | st.builds(Reissue, st.integers(1, 2), st.sampled_from(["lost", "expired"])),
    ignore=st.sampled_from([frozenset(), frozenset({"spending_controls.spending_limits"})]),
)
METADATA = st.none() | st.dictionaries(st.sampled_from(["team", "floor"]), st.sampled_from("12"), min_size=1)


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Two holders, up to three cards, each with or without what can be declared of it."""
    holders = [
        holder(name, name=draw(st.sampled_from(["Acme Inc", "Acme Corp"])), metadata=draw(METADATA) or {})
        for name in ("acme", "bob")
    ]
    names = draw(st.lists(st.sampled_from(["ads", "travel", "spare"]), unique=True))
    cards = [
        card(
            name,
            draw(LIFECYCLES),
            cardholder=draw(st.sampled_from(["acme", "bob"])),
            status=draw(st.sampled_from(["active", "active", "inactive", None])),
            second_line=draw(st.none() | st.sampled_from(["A", "B"])),
            spending_controls=draw(CONTROLS),
            metadata=draw(METADATA),
            lifecycle_controls=draw(st.sampled_from([None, None, ENDS])),
            **draw(st.sampled_from([{}, {}, PHYSICAL])),
        )
        for name in names
    ]
    return config(*holders, *cards, *draw(st.sampled_from([(), (target(50000),)])))


BY_HAND = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(
            [
                {"status": "active"},
                {"status": "inactive"},
                {"status": "canceled"},
                {"spending_controls": {"spending_limits": [{"amount": 7, "interval": "daily"}]}},
                {"spending_controls": {"blocked_merchant_countries": ["US"]}},
                {"metadata": {"theirs": "1", "team": "9"}},
            ]
        ),
    ),
    max_size=3,
)


def meddle(stripe: StripeModel, edits: list[tuple[int, dict[str, Any]]]) -> None:
    """What people do in the Dashboard, to cards that still can be changed."""
    for number, params in edits:
        cards = [item for item in stripe.objects["issuing/cards"] if item["status"] != "canceled"]
        if cards:
            stripe.change("issuing/cards", cards[number % len(cards)]["id"], params)


@st.composite
def worlds(draw: st.DrawFn) -> StripeModel:
    stripe = StripeModel()
    apply(draw(configs()), stripe)
    meddle(stripe, draw(BY_HAND))
    return stripe


# --- law 2

STATUSES = (None, "active", "inactive")
SOME_CONTROLS = (
    None,
    {"allowed_categories": (ADS,)},
    {"blocked_categories": (ADS,), "spending_limits": ({"amount": 100, "interval": "daily"},)},
    {"spending_limits": ({"amount": 50000, "interval": "daily"},)},
    {"spending_limits": ({"amount": 300, "interval": "daily"}, {"amount": 200, "interval": "monthly"})},
)
SMALL = [None, *(card(status=s, spending_controls=c) for s, c in product(STATUSES, SOME_CONTROLS))]
THEN = ("nothing", "active", "inactive", "canceled")
EACH = 1 if DEEP else 3  # a third of the pairs, in which each side has all its values


@pytest.mark.parametrize("then", THEN)
def test_law_2_the_second_plan_is_empty_in_all_of_a_small_world(then: str) -> None:
    for before, after in list(product(SMALL, SMALL))[THEN.index(then) % EACH :: EACH]:
        stripe = StripeModel()
        apply(_with(before), stripe)
        if then != "nothing" and before:
            stripe.change("issuing/cards", stripe.objects["issuing/cards"][0]["id"], {"status": then})
        apply(_with(after), stripe)
        again = plan_of(_with(after), stripe)
        assert again.changes == (), (before, then, after)
        assert again.steps == ()


def _with(one: Declared | None) -> Config:
    return config(holder(), *([one] if one else []))


@settings(max_examples=thorough(120))
@given(worlds(), configs())
def test_law_2_the_second_plan_is_empty_in_any_world(stripe: StripeModel, wanted: Config) -> None:
    apply(wanted, stripe)

    assert plan_of(wanted, stripe).changes == ()


@settings(max_examples=thorough(60))
@given(configs(), configs(), st.integers(0, 2))
def test_what_has_ended_as_declared_is_made_anew_once_for_each_number(
    before: Config, wanted: Config, which: int
) -> None:
    stripe = StripeModel()
    apply(before, stripe)
    spent = [c for c in stripe.objects["issuing/cards"] if "lifecycle_controls" in c][which : which + 1]
    for each in spent:
        each["status"] = "canceled"
    asked = {str(a): d.lifecycle.reissue for a, d in wanted.declared.items()}

    for _ in range(2):
        apply(wanted, stripe)

    for each in spent:
        address = each["metadata"]["provisioner_address"]
        had = next(d.lifecycle.reissue for a, d in before.declared.items() if str(a) == address)
        again = bool((new := asked.get(address)) and new.number > (had.number if had else 0))
        assert len([c for c in stripe.cards(address) if c["status"] != "canceled"]) == again


@settings(max_examples=thorough(60))
@given(worlds(), configs())
def test_the_same_world_gives_the_same_plan(stripe: StripeModel, wanted: Config) -> None:
    one, other = plan_of(wanted, stripe), plan_of(wanted, stripe)

    assert one == other
    assert one.fingerprint == other.fingerprint


@st.composite
def revisions(draw: st.DrawFn) -> tuple[Config, Config]:
    """A configuration, and a later one that is mostly the same."""
    before, other = draw(configs()), draw(configs())
    declared = dict(before.declared)
    for address, each in before.declared.items():
        match draw(st.sampled_from(["same", "same", "lifecycle", "other"])):
            case "lifecycle" if address.section == "cards":
                declared[address] = replace(each, lifecycle=draw(LIFECYCLES))
            case "other":
                declared[address] = other.declared.get(address, each)
    return before, replace(before, declared=declared)


@settings(max_examples=thorough(150))
@given(revisions(), BY_HAND, st.booleans())
def test_what_is_compared_while_it_is_read_gives_the_same_plan(
    configured: tuple[Config, Config], by_hand: list[tuple[int, dict[str, Any]]], is_moved: bool
) -> None:
    stripe, (before, wanted) = StripeModel(), configured
    apply(before, stripe)
    meddle(stripe, by_hand)
    if is_moved:
        for item in stripe.objects["issuing/cards"][:1]:
            item["cardholder"] = stripe.objects["issuing/cardholders"][0]["id"]
    world = stripe.world()
    read = {
        kind.resource: [*map(observer(kind, wanted.declared), stripe.objects[kind.resource])]
        for kind in owned(KINDS)
    }

    one, other = (make_plan(KINDS, wanted, replace(world, objects=each)) for each in (world.objects, read))

    assert plan_document(KINDS, one) == plan_document(KINDS, other)
    assert one.fingerprint == other.fingerprint
    assert one.steps == other.steps


# --- law 3


@settings(max_examples=thorough(120))
@given(worlds(), configs(), st.integers(0, 12))
def test_law_3_stopped_anywhere_and_run_again_ends_alike(
    stripe: StripeModel, wanted: Config, calls: int
) -> None:
    for _ in carry_out(plan_of(wanted, stripe), stripe, calls=calls):
        pass
    apply(wanted, stripe)

    assert plan_of(wanted, stripe).changes == ()
    for address, each in wanted.declared.items():
        if address.section == "cards":
            every = stripe.cards(str(address))
            able = [c for c in every if c["status"] != "canceled"]
            if not able and any("lifecycle_controls" in c for c in every):
                continue  # it has ended as it was declared to
            assert len(able) == 1, (address, able)
            assert each.fields.get("status", able[0]["status"]) == able[0]["status"]
    assert sum(t["amount"] for t in stripe.objects["topups"]) <= 50000


# --- law 5


@settings(max_examples=thorough(60))
@given(worlds(), configs())
def test_law_5_what_is_not_ours_is_never_written(stripe: StripeModel, wanted: Config) -> None:
    other = stripe.create(
        "issuing/cardholders", {"name": "Other", "metadata": {"provisioner_project": "bakery"}}
    )
    theirs = stripe.create("issuing/cards", {"cardholder": other["id"], "status": "active"})
    before = len(stripe.calls)

    apply(wanted, stripe)

    assert {other["id"], theirs["id"]}.isdisjoint({call.id for call in stripe.calls[before:]})


# --- law 6

PROBES = list(product((ADS, SOFTWARE, "airlines_air_carriers"), ("US", "CA"), (7, 60000, 150000)))


def powers(stripe: StripeModel) -> dict[str, set[tuple[Any, ...]]]:
    """What could be bought on the cards of each address, of a few purchases, and how many cards can buy."""
    can: dict[str, set[tuple[Any, ...]]] = {}
    for item in stripe.objects["issuing/cards"]:
        address = item["metadata"].get("provisioner_address")
        if address and stripe.spends(item):
            bought = {probe for probe in PROBES if _approves(item["spending_controls"], *probe)}
            can[address] = can.get(address, set()) | bought
    return can


def _approves(controls: dict[str, Any], category: str, country: str, amount: int) -> bool:
    if controls.get("allowed_categories") and category not in controls["allowed_categories"]:
        return False
    if category in controls.get("blocked_categories", ()):
        return False
    if controls.get("allowed_merchant_countries") and country not in controls["allowed_merchant_countries"]:
        return False
    if country in controls.get("blocked_merchant_countries", ()):
        return False
    return all(
        amount <= row["amount"]
        for row in controls.get("spending_limits", ())
        if not row.get("categories") or category in row["categories"]
    )


@settings(max_examples=thorough(120))
@given(worlds(), configs())
def test_law_6_at_no_moment_can_a_card_spend_more_than_old_and_new_allow(
    stripe: StripeModel, wanted: Config
) -> None:
    plan = plan_of(wanted, stripe)
    seen = [powers(stripe)]
    for _ in carry_out(plan, stripe):
        seen.append(powers(stripe))
        for address in seen[-1]:
            assert sum(stripe.spends(c) for c in stripe.cards(address)) == 1, (
                f"two cards of {address} can spend"
            )

    for moment in seen:
        for address, bought in moment.items():
            assert bought <= seen[0].get(address, set()) | seen[-1].get(address, set()), address


@settings(max_examples=thorough(60))
@given(worlds(), configs(), st.data())
def test_law_6_holds_in_every_order_in_which_the_steps_of_a_phase_can_end(
    stripe: StripeModel, wanted: Config, data: st.DataObject
) -> None:
    plan = plan_of(wanted, stripe)
    seen = [powers(stripe)]
    ended: list[Step] = []
    for _, steps in groupby(plan.steps, key=lambda step: step.phase):
        ended += one_order(list(steps), data)
    for _ in carry_out(plan, stripe, steps=ended):
        seen.append(powers(stripe))
        assert all(sum(map(stripe.spends, stripe.cards(address))) == 1 for address in seen[-1])
    for address, bought in (each for moment in seen for each in moment.items()):
        assert bought <= seen[0].get(address, set()) | seen[-1].get(address, set()), address


def one_order(steps: list[Step], data: st.DataObject) -> Iterator[Step]:
    """Yield the steps of a phase as they end, in one of the orders that an apply may make them in."""
    ready, under_way = Ready(steps), list[int]()
    while True:
        while (number := ready.take()) is not None:
            under_way.append(number)
        if not under_way:
            return
        number = under_way.pop(data.draw(st.integers(0, len(under_way) - 1)))
        yield steps[number]
        ready.end(number)


@settings(max_examples=thorough(60))
@given(worlds(), configs())
def test_law_6_power_is_given_only_after_all_that_takes_it(stripe: StripeModel, wanted: Config) -> None:
    steps = plan_of(wanted, stripe).steps
    phases = [step.phase for step in steps]

    assert phases == sorted(phases)
    assert all(step.direction is not Direction.BROADENING for step in steps if step.phase is Phase.TIGHTEN)
    assert all(
        step.phase is Phase.TIGHTEN
        for step in steps
        if step.does in ("tighten", "deactivate") and step.address.section == "cards"
    )


def test_law_6_what_tightens_goes_first_and_what_broadens_after_it() -> None:
    stripe = StripeModel()
    wide, narrow = {"allowed_categories": (ADS, SOFTWARE)}, {"allowed_categories": (ADS,)}
    apply(
        config(holder(), card("narrowed", spending_controls=wide), card("woken", status="inactive")), stripe
    )
    wanted = config(holder(), card("narrowed", spending_controls=narrow), card("woken"), card("new"))

    steps = [(str(step.address), step.phase) for step in plan_of(wanted, stripe).steps]
    assert steps == [
        ("cards.narrowed", Phase.TIGHTEN),
        ("cards.new", Phase.CREATE),
        ("cards.woken", Phase.ACTIVATE),
    ]


def test_law_6_the_first_half_of_a_mixed_edit_gives_nothing() -> None:
    stripe = StripeModel()
    low = {"spending_limits": ({"amount": 100, "interval": "daily"},)}
    high = {"spending_limits": ({"amount": 900, "interval": "daily"},), "allowed_categories": (ADS,)}
    apply(config(holder(), card(spending_controls=low)), stripe)

    first, second = plan_of(config(holder(), card(spending_controls=high)), stripe).steps
    assert [row["amount"] for row in first.call.params["spending_controls"]["spending_limits"]] == [100]
    assert first.call.params["spending_controls"]["allowed_categories"] == [ADS]
    assert (first.direction, second.direction) == (Direction.TIGHTENING, Direction.BROADENING)


def test_metadata_keys_that_are_declared_no_more_are_gone() -> None:
    stripe = StripeModel()
    apply(config(holder(metadata={"team": "a", "floor": "1"})), stripe)
    stripe.change("issuing/cardholders", "ich_1", {"metadata": {"theirs": "b"}})
    apply(config(holder(metadata={"floor": "1"})), stripe)

    metadata = stripe.objects["issuing/cardholders"][0]["metadata"]
    assert {name for name in metadata if not name.startswith("provisioner_")} == {"floor", "theirs"}


@settings(max_examples=thorough(60))
@given(worlds(), configs())
def test_what_is_referred_to_is_made_before(stripe: StripeModel, wanted: Config) -> None:
    plan = plan_of(wanted, stripe)
    there = set(plan.ids)
    for step in plan.steps:
        assert step.needs <= there | {step.address} or step.phase is Phase.FINISH
        there.add(step.address)


def test_a_call_that_only_sets_values_has_no_key_of_its_own() -> None:
    """A, B, A, B within a day: a replay must never stand in for a write."""
    stripe = StripeModel()
    for status in ("active", "inactive", "active", "inactive"):
        apply(config(holder(), card(status=status)), stripe)

    updates: list[Call] = [call for call in stripe.calls if call.verb == "update"]
    assert [call.key for call in updates] == [None, None, None]
    assert stripe.objects["issuing/cards"][0]["status"] == "inactive"
