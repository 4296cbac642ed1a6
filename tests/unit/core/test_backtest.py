"""A replay of past purchases, as small pasts show it that are written by hand."""

import pytest
from msgspec.structs import replace
from support.pasts import CARD, DAY, HOUR, NOON, RETIRED, asked, card, counts, moved, past, plan
from support.purchases import limit, limits

from provisioner.core.purchases.past import PastCard, PastControls
from provisioner.core.purchases.planned import Planned, PlannedControls
from provisioner.core.purchases.replay import backtest


def test_a_lower_limit_declines_what_no_longer_fits_and_leaves_the_rest():
    there = past(asked(600), asked(300, NOON + 60, number=1), asked(50, NOON + 120, number=2))

    found = backtest(there, plan(card(limit(700, "daily"))))

    assert counts(found) == ((3, 3), 1, 0, 0)
    assert found.newly_declined.amounts[0].amount == 300
    [one] = found.examples
    assert (one.at, one.address, one.amount) == ("2026-03-03T12:01:00Z", "cards.ads", 300)
    assert (one.was, one.becomes, one.merchant) == ("approved", "declined", "Rocket Rides")
    assert one.rule == "the card's limit is $7.00 per day, and $6.00 of it is spent"
    [row] = found.by_card
    assert (row.address, row.newly_declined, row.amount, row.currency) == ("cards.ads", 1, 300, "usd")
    assert [(row.day, row.approved, row.newly_declined) for row in found.days] == [("2026-03-03", 2, 1)]
    assert [row.name for row in found.by_category] == ["caterers"]


def test_a_higher_limit_approves_and_the_purchase_counts_from_then_on():
    there = past(
        asked(900),
        asked(300, NOON + 60, number=1, approved=False),
        asked(300, NOON + 120, number=2, approved=False),
    )

    found = backtest(there, plan(card(limit(1_200, "daily"))))

    assert counts(found) == ((3, 3), 0, 1, 0)
    assert found.newly_approved.amounts[0].amount == 300
    assert found.examples[0].rule == "the card's limit is $10.00 per day, and $9.00 of it is spent"
    assert found.by_card[0].amount_approved == 300


def test_a_purchase_that_would_be_declined_leaves_room_for_the_next_and_its_moves_are_ignored():
    first = asked(800)
    there = past(
        first,
        moved(first, NOON + 30, held=-800, captured=900),
        asked(90, NOON + 60, number=1),
        asked(400, NOON + 120, number=2, approved=False),
    )

    found = backtest(there, plan(card(limit(500, "daily"))))

    assert counts(found) == ((3, 3), 1, 1, 0)  # 800 is declined, so 90 and 400 fit


def test_an_increase_that_would_be_declined_leaves_the_rest_of_its_authorization():
    first = asked(300)
    more = asked(300, NOON + 60, first=False, began=NOON, total=600, held=300)
    there = past(
        first,
        more,
        moved(more, NOON + 90, held=-600, captured=600),  # all of what is held
        asked(200, NOON + 120, number=1),
        asked(1, NOON + 180, number=2),
    )

    found = backtest(there, plan(card(limit(500, "daily"))))

    assert counts(found) == ((4, 4), 2, 0, 0)
    assert [one.amount for one in found.examples] == [300, 1]


def test_what_follows_on_a_declined_purchase_is_not_asked_for():
    first = asked(600)
    more = asked(10, NOON + 60, first=False, began=NOON, total=610, held=600)

    fraud = asked(20, NOON + 90, first=False, began=NOON, approved=False, reason="suspected_fraud")

    found = backtest(past(first, more, fraud), plan(card(limit(500, "daily"))))

    assert counts(found) == ((2, 2), 1, 0, 1)
    assert found.newly_declined.amounts[0].amount == 600


@pytest.mark.parametrize(
    "reason", ["insufficient_funds", "suspected_fraud", "webhook_declined", "not_allowed"]
)
def test_declines_that_no_control_explains_stay_as_they_were(reason):
    there = past(asked(5_000, approved=False, reason=reason), asked(1_000, NOON + 60, number=1))

    found = backtest(there, plan(card(limit(9_000, "daily"))))

    assert counts(found) == ((1, 1), 0, 0, 1)
    assert [(row.reason, row.count) for row in found.unjudged_reasons] == [(reason, 1)]


def test_earlier_purchases_fill_the_windows_and_are_not_judged():
    there = past(asked(900), asked(50, NOON + HOUR, number=1))

    found = backtest(there, plan(card(limit(900, "monthly"))), begin=NOON + HOUR)

    assert found.purchases == 1
    assert counts(found) == ((1, 1), 1, 0, 0)


def test_a_grant_holds_for_its_time_only():
    wide = card(limit(900, "daily"))
    rows = (
        card(limit(100, "daily")),
        replace(wide, since=NOON + DAY),
        card(limit(100, "daily"), since=NOON + 2 * DAY),
    )
    there = past(*(asked(500, NOON + day * DAY, number=day) for day in range(3)))

    found = backtest(there, plan(*rows))

    assert [one.at[:10] for one in found.examples] == ["2026-03-03", "2026-03-05"]


def test_a_card_that_the_plan_retires_declines_everything():
    found = backtest(past(asked(1)), plan(card(status="inactive"), retired=True))

    assert found.examples[0].rule == "the plan retires the card"


def test_a_cardholder_that_the_plan_retires_declines_everything():
    found = backtest(past(asked(1)), Planned({}, {"ich_1": replace(RETIRED, address="cardholders.acme")}))

    assert found.examples[0].rule == "the plan retires the cardholder"


def test_a_card_outside_of_the_configuration_keeps_its_controls_but_not_its_cardholders():
    there = past(asked(400), asked(400, NOON + 60, number=1))
    holder = [PastControls(0, {"status": "active", "spending_controls": limits(limit(500, "daily"))})]

    found = backtest(there, plan(holder=holder))

    assert counts(found) == ((2, 2), 1, 0, 0)
    assert found.by_card[0].address == "ic_1"
    assert not found.by_card[0].declared
    assert found.undeclared.newly_declined.count == 1
    assert found.examples[0].rule.startswith("the cardholder's limit is $5.00 per day")


def test_spending_goes_on_over_a_chain_of_replacements():
    new = PastCard("ic_2", "ich_1", replacement_for="ic_1")
    there = past(asked(600), asked(300, NOON + 60, number=1, card="ic_2"), cards=(CARD, new))
    rows = PlannedControls("cards.ads", [card(limit(800, "daily"))])

    found = backtest(there, Planned({"ic_1": rows, "ic_2": rows}))

    assert counts(found) == ((2, 2), 1, 0, 0)


def test_a_replaced_card_without_an_address_is_judged_as_its_successor():
    new = PastCard("ic_2", "ich_1", replacement_for="ic_1")
    there = past(asked(600), cards=(CARD, new))

    found = backtest(there, Planned({"ic_2": PlannedControls("cards.ads", [card(limit(500, "daily"))])}))

    assert [row.address for row in found.by_card] == ["cards.ads"]


def test_nobody_can_use_a_canceled_number_again():
    versions = (card(limit(1_000, "daily")), card(since=NOON, status="canceled"))
    there = past(asked(1, NOON + 60, approved=False, reason="card_canceled"), controls=versions)

    assert counts(backtest(there, plan(card(limit(1_000, "daily"))))) == ((1, 1), 0, 0, 0)


def test_a_card_that_ends_itself_after_payments_ends_when_the_plan_says():
    controls = {"lifecycle_controls": {"cancel_after": {"payment_count": 2}}}
    there = past(
        *(asked(10, NOON + minute * 60, number=minute) for minute in range(3)), asked(0, NOON + 300, number=9)
    )

    found = backtest(there, plan(card(limit(1_000, "daily"), **controls)))

    assert counts(found) == ((4, 4), 2, 0, 0)
    assert found.examples[0].rule == "Stripe cancels the card after 2 payments"


def test_before_the_horizon_a_disagreement_means_that_the_controls_were_different():
    there = past(
        asked(10),
        asked(5_000, NOON + 60, number=1),  # more than the oldest known limit
        asked(20, NOON + DAY, number=2),
        horizon=NOON + 2 * DAY,
    )

    found = backtest(there, Planned())

    assert counts(found) == ((1, 1), 0, 0, 0)
    assert found.unknown_controls.count == 2
    assert found.unknown_controls.addresses == ("ic_1",)
    assert found.unknown_controls.before == "2026-03-05T12:00:00Z"


def test_after_the_horizon_it_is_a_disagreement_with_a_name():
    found = backtest(past(asked(5_000)), Planned())

    assert counts(found) == ((0, 1), 0, 0, 0)
    [one] = found.disagreements
    assert (one.was, one.becomes, one.rule) == ("approved", "declined", "the card's limit is $10.00 per day")


def test_limits_in_another_currency_use_the_rate_that_purchases_tell():
    eur = {**limits(limit(1_000, "daily")), "spending_limits_currency": "eur"}  # 1,100 in dollars
    holder = [PastControls(0, {"status": "active", "spending_controls": eur})]
    told = asked(1_100, NOON - 9 * DAY, number=9, merchant_amount=1_000, merchant_currency="eur")
    there = past(told, asked(1_099), asked(2, NOON + 60, number=1), controls=(card(limit(9_000, "daily")),))

    found = backtest(there, plan(holder=holder))

    assert [one.amount for one in found.examples] == [2]
    unknown = past(asked(1_099), controls=(card(limit(9_000, "daily")),))
    assert [row.reason for row in backtest(unknown, plan(holder=holder)).unjudged_reasons] == [
        "no_exchange_rate"
    ]


def test_limits_in_another_currency_without_a_rate_are_not_judged():
    eur = {**limits(limit(1_000, "daily")), "spending_limits_currency": "eur"}
    holder = [PastControls(0, {"status": "active", "spending_controls": eur})]
    second = asked(1, number=1, approved=False)

    found = backtest(past(asked(500), second, holder=holder), plan(card(limit(100, "daily"))))

    assert [(row.reason, row.count) for row in found.unjudged_reasons] == [("no_exchange_rate", 2)]
    assert found.agreement.compared == 0


def test_the_rate_of_a_limit_is_that_of_its_time():
    eur = {**limits(limit(1_000, "daily")), "spending_limits_currency": "eur"}
    holder = [PastControls(0, {"status": "active", "spending_controls": eur})]
    rates = ((1_100, NOON - 90 * DAY), (1_100, NOON - 80 * DAY), (1_200, NOON - DAY))
    told = [
        asked(dollars, at, number=n, merchant_amount=1_000, merchant_currency="eur")
        for n, (dollars, at) in enumerate(rates)
    ]
    there = past(
        *told, asked(1_150, number=8), asked(51, NOON + 1, number=9), controls=(card(limit(9_000, "daily")),)
    )

    assert [one.amount for one in backtest(there, plan(holder=holder)).examples] == [51]


def test_nobody_knows_whether_the_default_limit_returns_when_limits_are_cleared():
    there = past(asked(40_000), asked(20_000, NOON + 60, number=1), controls=(card(limit(90_000, "daily")),))

    found = backtest(there, plan(card()))

    assert counts(found) == ((2, 2), 0, 0, 1)
    assert found.unjudged_reasons[0].reason == "default_limit"


def test_a_card_that_stripe_no_longer_shows_has_its_cardholders_controls():
    holder = [PastControls(0, {"status": "active", "spending_controls": limits(limit(500, "daily"))})]

    found = backtest(past(asked(600, card="ic_gone")), plan(holder=holder))

    assert [row.address for row in found.by_card] == ["ic_gone"]


def test_a_final_amount_is_final_whatever_was_declined_before():
    first = asked(300)
    more = asked(300, NOON + 60, first=False, began=NOON, total=600, held=300)
    final = moved(more, NOON + 90, held=100, left=700, ends=False)
    there = past(first, more, final, asked(100, NOON + 120, number=1), asked(1, NOON + 180, number=2))

    found = backtest(there, plan(card(limit(500, "daily"))))

    assert [one.amount for one in found.examples] == [300, 100, 1]  # 700 of 500 are used


def test_a_decline_that_only_the_default_limit_explains_tells_that_it_applied():
    there = past(
        asked(40_000), asked(20_000, NOON + 60, number=1, approved=False), controls=(card(status="active"),)
    )

    assert counts(backtest(there, plan(card()))) == ((2, 2), 0, 0, 0)


def test_hidden_rules_are_not_told():
    found = backtest(past(asked(600)), plan(card(limit(500, "daily")), hidden=True))

    assert found.examples[0].rule == ""


def test_headroom_tells_the_most_that_any_window_used():
    eur = {**limits(limit(1_000, "daily")), "spending_limits_currency": "eur"}
    there = past(
        asked(400, NOON),
        asked(234, NOON + 60, number=1),
        asked(500, NOON + DAY, number=2),
        asked(800, NOON + DAY + 60, number=3, approved=False),
        cards=(CARD, PastCard("ic_2", "ich_1")),
    )
    planned = plan(card(limit(100_000, "daily", "caterers"), limit(500, "per_authorization")))
    planned.cards["ic_2"] = PlannedControls("cards.idle", [card(limit(7, "daily"))])
    foreign = [PastControls(0, {"status": "active", "spending_controls": eur})]
    planned = replace(planned, holders={"ich_1": PlannedControls("cardholders.acme", foreign)})

    found = backtest(there, planned, headroom=True).headroom

    rows = {(row.address, row.interval): row for row in found.limits}
    daily = rows["cards.ads", "daily"]
    assert (daily.most_used, daily.most_used_at, daily.declines) == (634, "2026-03-03T12:01:00Z", 0)
    assert daily.suggested == 700
    single = rows["cards.ads", "per_authorization"]
    assert (single.most_used, single.declines, single.suggested) == (500, 1, None)
    assert found.idle == ("cards.idle",)
    assert found.yaml == (
        "cards:\n"
        "  ads:\n"
        "    spending_controls:\n"
        "      spending_limits:\n"
        '        - {amount: "7.00 USD", interval: daily, categories: [caterers]}\n'
        '        - {amount: "5.00 USD", interval: per_authorization}\n'
    )
