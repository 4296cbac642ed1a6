"""How much is pulled: never past the target, within its bounds, and once for what has been seen."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from support.declare import PROJECT, config, target

from provisioner.core.diff.top_up import Funds, funds, read_top_up, shortfall
from provisioner.core.model.limits import LARGEST_AMOUNT
from provisioner.core.model.resource import Address
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.kinds import KINDS

AMOUNTS = st.integers(0, 10**9)
USD = Address("balance_targets", "usd")


@st.composite
def targets(draw: st.DrawFn) -> dict[str, int]:
    goal = draw(AMOUNTS)
    fields = {"target": goal}
    if draw(st.booleans()):
        fields["top_up_below"] = draw(st.integers(0, goal))
    least, most = sorted((draw(st.integers(1, 10**9)), draw(st.integers(1, 10**9))))
    if draw(st.booleans()):
        fields["min_top_up"] = least
    if draw(st.booleans()):
        fields["max_top_up"] = most
    return fields


@example({"target": 10**8, "min_top_up": 10**8}, 0, 0)
@given(targets(), st.integers(-(10**9), 2 * 10**9), AMOUNTS)
def test_the_amount_keeps_to_every_bound(fields: dict[str, int], available: int, pending: int) -> None:
    have = Funds(available, pending)
    amount, remark = shortfall(fields, have, "usd")

    assert amount >= 0
    assert have.coming + amount <= max(fields["target"], have.coming)
    if amount:
        assert have.coming < fields.get("top_up_below", fields["target"])
        assert fields.get("min_top_up", 0) <= amount <= fields.get("max_top_up", amount)
    elif have.coming != fields["target"] and have.coming < fields.get("top_up_below", fields["target"]):
        assert remark, "money is short and nothing says why nothing is done"


@given(targets(), st.integers(-(10**9), 10**9))
def test_enough_applies_reach_the_target_and_then_rest(fields: dict[str, int], available: int) -> None:
    fields["max_top_up"] = max(fields.get("max_top_up", 1), 10**8)
    for _ in range(60):
        amount, _ = shortfall(fields, Funds(available, 0), "usd")
        if not amount:
            break
        available += amount
    assert shortfall(fields, Funds(available, 0), "usd")[0] == 0
    assert available <= max(fields["target"], available)
    missing = fields["target"] - available
    below = available < fields.get("top_up_below", fields["target"])
    assert not below or min(missing, LARGEST_AMOUNT) < fields.get("min_top_up", 0)


def top_up(number: int, status: str = "pending", **more: Any) -> dict[str, Any]:
    marks = {"provisioner_project": PROJECT, "provisioner_address": "balance_targets.usd"}
    return {
        "id": f"tu_{number}",
        "amount": 1000,
        "currency": "usd",
        "status": status,
        "destination_balance": "issuing",
        "metadata": marks,
        **more,
    }


def world(*top_ups: dict[str, Any], available: int = 0, country: str = "US", balance: Any = None) -> Snapshot:
    rows = [{"currency": "eur", "amount": 99}, {"currency": "usd", "amount": available}]
    issuing = {"issuing": {"available": rows}} if balance is None else balance
    return Snapshot({"id": "acct_1", "country": country}, issuing, {}, [*map(read_top_up, top_ups)])


def plan(seen: Snapshot, amount: int = 5000, **fields: int) -> Plan:
    return make_plan(KINDS, config(target(amount, **fields)), seen)


def test_only_money_on_its_way_to_issuing_in_this_currency_counts() -> None:
    seen = world(
        top_up(9),
        top_up(8, metadata={}),
        top_up(7, destination_balance="payments"),
        top_up(6, destination_balance=None, metadata={}),
        top_up(5, destination_balance=None),
        top_up(4, "succeeded"),
        top_up(3, "failed"),
        top_up(2, currency="eur"),
        available=250,
    )
    found = funds(seen, USD)
    assert (found.available, found.pending, found.newest) == (250, 2000, "tu_9")
    assert [identity for identity, amount in found.made if not amount] == ["tu_3"]


def test_stripe_is_asked_for_eight_digits_at_most() -> None:
    seen = plan(world(), 1_000_000_000)

    assert [step.call.params["amount"] for step in seen.steps] == [99_999_999]
    assert "limited to Stripe's maximum ($999,999.99)" in seen.notes[0].text


def test_the_newest_of_ours_is_what_the_key_is_made_of_whatever_became_of_it() -> None:
    one, other = plan(world(top_up(1, "failed"))), plan(world())
    assert one.steps[0].call.params == other.steps[0].call.params
    assert one.steps[0].call.key != other.steps[0].call.key
    assert plan(world(top_up(1, "failed"))).steps[0].call.key == one.steps[0].call.key


def test_top_ups_of_others_do_not_move_the_key() -> None:
    other = plan(world(top_up(1, metadata={"provisioner_project": "bakery"}, amount=5)))
    assert other.steps[0].call.key == plan(world()).steps[0].call.key


def test_an_account_without_an_issuing_balance_has_nothing() -> None:
    assert funds(world(balance={}), USD).available == 0
    assert funds(world(balance={"issuing": None}), USD).available == 0


def test_a_negative_balance_is_filled_to_the_target() -> None:
    assert plan(world(available=-700)).steps[0].call.params["amount"] == 5700


def test_the_largest_top_up_says_what_stays_short() -> None:
    found = plan(world(), max_top_up=2000)
    assert found.steps[0].call.params["amount"] == 2000
    assert "$30.00 is still missing; an apply after this top-up has settled adds it" in found.notes[0].text


def test_what_stays_short_is_not_promised_where_no_later_apply_would_pull_it() -> None:
    found = plan(world(), max_top_up=2000, top_up_below=1500)
    assert found.steps[0].call.params["amount"] == 2000
    assert (
        "$30.00 is still missing, but the balance is then no longer below top_up_below" in found.notes[0].text
    )


def test_where_stripe_cannot_pull_nothing_is_called() -> None:
    found = plan(world(country="GB"))
    assert found.steps == ()
    assert "wire $50.00" in found.notes[0].text
