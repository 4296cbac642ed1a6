"""Creations happen once, updates always happen: what keys, kept answers and lost ones come to."""

import pytest

from chaos.acts import CARD, HOLDER, apply, cards, carry_out, config, once, one_card, plan, reasons, top_ups
from chaos.direct import Bank, Direct
from provisioner.core.plan.call import Call

CARDS, HOLDERS = "issuing/cards", "issuing/cardholders"


@pytest.fixture
def bank():
    bank = Bank()
    yield bank
    bank.store.close()


def limits(bank: Bank) -> list[int]:
    return [card["spending_controls"]["spending_limits"][0]["amount"] for card in cards(bank)]


@pytest.mark.parametrize("effect", ["drop_after", "500_after", "500_began", "500_before", "drop_before"])
@pytest.mark.parametrize("path", [CARDS, HOLDERS])
def test_a_creation_whose_answer_is_lost_or_failed_is_made_once(bank, effect, path):
    report = apply(bank, one_card(), strike=once(effect, "POST", path))

    assert report.complete, reasons(report)
    assert len(cards(bank)) == 1
    assert len(list(Direct(bank).list(HOLDERS))) == 1
    assert not plan(bank, one_card()).changes


def test_a_killed_creation_is_taken_up_by_the_next_run(bank):
    holder, _ = plan(bank, one_card()).steps
    Direct(bank).perform(holder.call)

    assert apply(bank, one_card()).complete
    assert len(list(Direct(bank).list(HOLDERS))) == 1


def test_a_refusal_that_stripe_has_kept_does_not_block_an_address(bank):
    late = {**HOLDER, "type": "individual", "individual": {"first_name": "Jenny", "last_name": "Rosen"}}
    refused = config(cardholders={"acme": late}, cards={"ads": CARD})
    assert "outstanding requirements" in reasons(apply(bank, refused))[0]
    terms = {"card_issuing": {"user_terms_acceptance": {"date": 1_600_000_000, "ip": "127.0.0.1"}}}
    whole = {**late, "individual": {**late["individual"], **terms}}

    # the holder is whole now, and the card's parameters are those that were refused
    assert apply(bank, config(cardholders={"acme": whole})).complete
    report = apply(bank, config(cardholders={"acme": whole}, cards={"ads": CARD}))

    assert report.complete, reasons(report)
    assert len(cards(bank)) == 1


def test_two_runs_that_see_the_same_past_create_once(bank):
    first, second = plan(bank, one_card()), plan(bank, one_card())

    assert carry_out(Direct(bank), first).complete
    assert carry_out(Direct(bank), second).complete
    assert len(cards(bank)) == 1


def test_the_one_that_wanted_something_else_must_plan_again(bank):
    first, second = plan(bank, one_card(1000)), plan(bank, one_card(2000))
    carry_out(Direct(bank), first)

    assert any(
        "with other values; plan again" in reason for reason in reasons(carry_out(Direct(bank), second))
    )
    assert limits(bank) == [1000]
    assert apply(bank, one_card(2000)).complete
    assert limits(bank) == [2000]


def test_a_card_that_was_canceled_is_issued_anew_within_the_day(bank):
    for count in (1, 2, 3):
        assert apply(bank, one_card()).complete
        assert len(cards(bank)) == count
        Direct(bank).perform(Call("issuing.cards", "update", cards(bank)[0]["id"], {"status": "canceled"}))


def test_there_and_back_and_there_again_within_the_day_ends_there(bank):
    keys = []
    for limit in (1000, 2000, 1000, 2000, 1000, 2000):
        report = apply(bank, one_card(limit))
        assert report.complete, reasons(report)
        assert limits(bank) == [limit]
        keys += [result.key for result in report.results if result.step.does in ("update", "tighten")]
    assert len(keys) == len(set(keys)) == 5


@pytest.mark.parametrize("effect", ["drop_after", "500_after", "500_began", "500_before", "drop_before"])
def test_an_update_whose_answer_is_lost_or_failed_is_made(bank, effect):
    apply(bank, one_card(1000))
    [card] = cards(bank)

    report = apply(bank, one_card(2000), strike=once(effect, "POST", f"{CARDS}/{card['id']}"))

    assert report.complete, reasons(report)
    assert limits(bank) == [2000]


def test_what_is_canceled_already_counts_as_canceled(bank):
    apply(bank, one_card(lifecycle={"on_remove": "cancel"}))
    leaving = plan(bank, config(cardholders={"acme": HOLDER}))
    Direct(bank).perform(Call("issuing.cards", "update", cards(bank)[0]["id"], {"status": "canceled"}))

    assert carry_out(Direct(bank), leaving).complete


def test_a_failed_step_stops_what_needs_it_and_all_that_gives_power(bank):
    apply(bank, one_card(1000))
    wanted = config(
        cardholders={"acme": HOLDER, "new": HOLDER},
        cards={
            "ads": {
                **CARD,
                "spending_controls": {"spending_limits": [{"amount": 9000, "interval": "monthly"}]},
            },
            "more": {**CARD, "cardholder": "new"},
            "quiet": {**CARD, "status": "inactive"},
        },
        balance_targets={"usd": {"target": 5000}},
    )

    def strike(method: str, path: str) -> str:
        return "drop_before" if (method, path) == ("POST", HOLDERS) else ""

    report = apply(bank, wanted, strike=strike)
    ended = {str(result.step.address): (str(result.outcome), result.reason) for result in report.results}

    assert ended["cardholders.new"][0] == "failed"
    assert ended["cards.more"] == ("skipped", "cardholders.new failed")
    assert ended["cards.ads"] == ("skipped", "it raises spending, and another step failed")
    assert ended["balance_targets.usd"][0] == "skipped"
    assert ended["cards.quiet"][0] == "done"
    assert limits(bank)[-1] == 1000
    assert top_ups(bank) == []
    assert apply(bank, wanted).complete
