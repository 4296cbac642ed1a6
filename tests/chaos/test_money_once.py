"""Top-ups: one for each state of the past, whatever Stripe has kept, and only into the Issuing balance."""

import pytest

from chaos.acts import apply, carry_out, money, once, plan, reasons, switch, top_ups
from chaos.direct import Bank, Direct
from provisioner.core.plan.call import Call

DAY = 25 * 3600


@pytest.fixture
def bank():
    bank = Bank(settle=None)
    yield bank
    bank.store.close()


def test_two_applies_of_the_same_past_fund_once(bank):
    first, second = plan(bank, money(5000)), plan(bank, money(5000))

    assert carry_out(Direct(bank), first).complete
    assert carry_out(Direct(bank), second).complete
    assert top_ups(bank) == [(5000, "pending")]


def test_another_amount_after_the_same_past_is_refused(bank):
    first, second = plan(bank, money(5000)), plan(bank, money(9000))
    carry_out(Direct(bank), first)

    [reason] = reasons(carry_out(Direct(bank), second))

    assert "another run has just funded this balance" in reason
    assert top_ups(bank) == [(5000, "pending")]


def test_two_at_the_very_same_moment_are_told_apart_by_stripe(bank):
    """Neither sees the other's top-up beforehand; only the key is in the way."""
    first, second = plan(bank, money(5000)), plan(bank, money(9000))
    key = first.steps[-1].call.key
    assert key == second.steps[-1].call.key
    looked: list[str] = []

    def between(method: str, path: str) -> str:
        if (method, path) == ("GET", "topups") and not looked:
            looked.append(path)
            return ""
        if (method, path) == ("POST", "topups") and len(looked) == 1:
            looked.append(path)
            carry_out(Direct(bank), first)
        return ""

    [reason] = reasons(carry_out(Direct(bank, strike=between), second))

    assert "another run has just funded" in reason
    assert top_ups(bank) == [(5000, "pending")]


@pytest.mark.parametrize("effect", ["drop_after", "500_after", "500_began", "500_before", "drop_before"])
def test_a_lost_or_failed_answer_ends_in_one_top_up(bank, effect):
    report = apply(bank, money(5000), strike=once(effect, "POST", "topups"))

    assert report.complete, reasons(report)
    assert top_ups(bank) == [(5000, "pending")]


def test_a_refusal_that_stripe_has_kept_does_not_block_the_next_try(bank):
    switch(bank, issuing_top_ups=False)
    assert reasons(apply(bank, money(5000))) != []
    switch(bank, issuing_top_ups=True)

    report = apply(bank, money(5000))

    assert report.complete, reasons(report)
    assert top_ups(bank) == [(5000, "pending")]


def test_nor_does_one_of_another_amount(bank):
    switch(bank, issuing_top_ups=False)
    assert reasons(apply(bank, money(7000))) != []
    switch(bank, issuing_top_ups=True)

    report = apply(bank, money(5000))

    assert report.complete, reasons(report)
    assert top_ups(bank) == [(5000, "pending")]


def test_a_plan_that_waited_until_the_keys_were_forgotten_funds_nothing_twice(bank):
    old = plan(bank, money(5000))
    apply(bank, money(5000))
    bank.advance(DAY)

    assert carry_out(Direct(bank), old).complete
    assert top_ups(bank) == [(5000, "pending")]


def test_a_replayed_top_up_that_was_canceled_since_makes_the_plan_stale(bank):
    old = plan(bank, money(5000))
    apply(bank, money(5000))
    identity = next(iter(Direct(bank).list("topups")))["id"]
    Direct(bank).perform(Call("topups", "cancel", identity, {}))

    [reason] = reasons(carry_out(Direct(bank), old))

    assert "plan again" in reason
    assert apply(bank, money(5000)).complete
    assert top_ups(bank) == [(5000, "pending"), (5000, "canceled")]


def test_money_that_stripe_does_not_confirm_for_issuing_is_canceled_at_once(bank):
    switch(bank, destination_balance_shown=False)

    [reason] = reasons(apply(bank, money(5000)))

    assert "not to Issuing; it was canceled" in reason
    assert top_ups(bank) == [(5000, "canceled")]


def test_and_by_the_next_run_where_this_one_was_killed_before(bank):
    switch(bank, destination_balance_shown=False)
    step = plan(bank, money(5000)).steps[-1]
    Direct(bank).perform(step.call)

    [reason] = reasons(apply(bank, money(5000)))

    assert "not to Issuing; it was canceled" in reason
    assert top_ups(bank) == [(5000, "canceled")]


def test_after_a_top_up_has_failed_another_one_is_made(bank):
    config = money(5000)
    for _ in range(3):
        assert apply(bank, config).complete
        identity = next(iter(Direct(bank).list("topups")))["id"]
        Direct(bank).perform(Call("topups", "cancel", identity, {}))

    assert top_ups(bank) == [(5000, "canceled")] * 3
