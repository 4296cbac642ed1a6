"""The figures that the pages show, without a browser."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.estate.cards import chains
from provisioner.core.estate.filters import CardFilter, chosen_cards
from provisioner.core.estate.limits import held_limits, own_limits, tightest, uses
from provisioner.core.estate.outside import outside_changes
from provisioner.core.estate.periods import period_at
from provisioner.core.estate.purchases import UNKNOWN, PurchaseFilter, by_day, lots, matching, tallies
from provisioner.core.estate.rows import CardRow
from provisioner.core.estate.shipments import shipment_remark
from provisioner.core.estate.teams import OTHERS, team_spending
from provisioner.core.model.resource import Address, ObservedFacts
from provisioner.core.model.snapshot import Observed
from provisioner.core.plan.outlook_document import Power, TeamExposure
from provisioner.core.purchases.record import PurchaseRecord, read_record
from provisioner.core.purchases.windows import PLACES, windows
from provisioner.kinds import KINDS
from provisioner.web.render import environment

DAY = 86_400
NOW = int(dt.datetime(2026, 11, 18, 15, tzinfo=dt.UTC).timestamp())  # a Wednesday
MOMENTS = st.integers(0, 4_000_000_000)


def at(text):
    return int(dt.datetime.fromisoformat(f"{text}+00:00").timestamp())


def bought(moment, counted, *, approved=True, card="ic_1", category="caterers", currency="usd"):
    amount = counted or 100
    reason = "card_active" if approved else "spending_controls"
    return PurchaseRecord(
        "iauth_1", moment, card, "ich_1", amount, counted, currency, approved, reason, category=category
    )


def row(name, **more):
    given_ = {"team": "red", "holder": "ada", "person": "", "status": "active", "currency": "usd", **more}
    return CardRow(
        id=f"ic_{name}", name=name, address=f"cards.{name}", holder_id="ich_1", type="virtual",
        expires="", created=0, **given_,
    )  # fmt: skip


@given(MOMENTS, MOMENTS, st.sampled_from(sorted(PLACES)))
def test_a_period_has_what_counts_in_the_same_window(now, moment, interval):
    place = PLACES[interval]

    assert period_at(interval, now).has(moment) == (windows(moment)[place] == windows(now)[place])


def test_what_is_used_is_what_counts_in_the_window_and_the_categories():
    past = [
        bought(NOW, 100),
        bought(at("2026-11-18T00:00:00"), 20, category="taxicabs_limousines"),
        bought(at("2026-11-17T23:59:59"), 3_000),
        bought(at("2026-11-14T23:59:59"), 40_000),  # a Saturday, last week
        bought(at("2026-10-31T23:59:59"), 500_000),
    ]
    limits = [
        ("card", {"amount": 1_000, "interval": interval})
        for interval in ("daily", "weekly", "monthly", "all_time", "per_authorization")
    ]
    limits.append(("card", {"amount": 10, "interval": "daily", "categories": ("taxicabs_limousines",)}))
    found = list(uses(limits, "usd", past, NOW))

    assert [each.used for each in found] == [120, 3_120, 43_120, 543_120, None, 20]
    assert found[0].end == at("2026-11-19T00:00:00")
    assert found[1].end == at("2026-11-22T00:00:00")
    assert found[3].end == 0
    assert (found[0].left, found[5].left) == (880, 0)
    assert tightest(found) is found[3]


def test_a_card_without_limits_has_stripes_default():
    assert own_limits({"currency": "jpy"}) == [("default", {"amount": 500, "interval": "daily"})]


def test_cards_that_replace_each_other_are_one_chain_also_if_they_go_round():
    def card(identity, before=""):
        return Observed(identity, fields={"replacement_for": before} if before else {})

    found = chains([card("c", "b"), card("b", "a"), card("a"), card("x"), card("p", "q"), card("q", "p")])

    assert found["a"] == found["b"] == found["c"] == "a"
    assert found["x"] == "x"
    assert {found["p"], found["q"]} <= {"p", "q"}


def test_teams_beyond_the_largest_are_one_entry_and_currencies_stay_apart():
    def power(amount, cards):
        return Power(amount, 0, cards)

    exposure = [
        TeamExposure(team="red", currency="usd", others=0, before=power(1_000, 2), after=power(0, 0)),
        TeamExposure(team=None, currency="usd", others=2, before=power(70, 3), after=power(0, 0)),
    ]
    cards = [row("one"), row("two", team="blue"), row("three", currency="eur")]
    past = [
        bought(NOW, 10, card="ic_one"),
        bought(NOW, 0, card="ic_one", approved=False),
        bought(NOW, 7, card="ic_two"),
        bought(NOW, 5, card="ic_three", currency="eur"),
        bought(at("2026-10-31T00:00:00"), 1_000, card="ic_one"),
    ]
    found = {(each.team, each.currency): each for each in team_spending(exposure, cards, past, NOW)}

    assert {place: each.spent for place, each in found.items()} == {
        ("red", "usd"): 10,
        (OTHERS, "usd"): 7,
        ("red", "eur"): 5,
    }
    assert found["red", "usd"].declined == 1
    assert (found["red", "eur"].cards, found["red", "usd"].exposure) == (0, 1_000)


def test_days_without_purchases_are_there_and_those_before_are_not():
    found = by_day(
        [bought(NOW, 5), bought(NOW - 2 * DAY, 0, approved=False), bought(NOW - 9 * DAY, 1)], NOW, 3
    )

    assert [(each.name, each.approved, each.declined) for each in found] == [
        ("2026-11-16", 0, 1),
        ("2026-11-17", 0, 0),
        ("2026-11-18", 1, 0),
    ]


def test_totals_keep_currencies_and_declined_purchases_apart():
    past = [
        bought(NOW, 5),
        bought(NOW, 7),
        bought(NOW, 9, currency="eur"),
        bought(NOW, 0, approved=False),
        bought(NOW, 1, category=""),
    ]

    caterers, unknown = tallies(lots(past, {}), lambda each: each.category)

    assert (caterers.name, caterers.approved, caterers.declined) == ("caterers", 3, 1)
    assert (caterers.spent, caterers.refused) == ({"usd": 12, "eur": 9}, {"usd": 100})
    assert (unknown.name, unknown.spent, unknown.refused) == (UNKNOWN, {"usd": 1}, {})


def test_purchases_and_cards_are_filtered_by_what_people_write():
    rows = {"ic_one": row("one"), "ic_two": row("two", team="blue", status="canceled")}
    past = [bought(NOW, 5, card="ic_one"), bought(NOW, 0, card="ic_two", approved=False)]

    assert list(matching(past, PurchaseFilter(text="ONE"), rows)) == past[:1]
    assert list(matching(past, PurchaseFilter(team="blue", outcome="declined"), rows)) == past[1:]
    assert list(matching(past, PurchaseFilter(reason="nothing"), rows)) == []
    assert [each.name for each in tallies(lots(past, {}), lambda each: each.reason)] == [
        "card_active",
        "spending_controls",
    ]
    assert [each.name for each in chosen_cards(rows.values(), CardFilter())] == ["one"]
    assert [each.name for each in chosen_cards(rows.values(), CardFilter(status=""))] == ["one", "two"]
    assert [each.name for each in chosen_cards(rows.values(), CardFilter(text="tW", status=""))] == ["two"]


def test_changes_made_outside_have_paths_and_no_values():
    def event(number, previous, key=None, kind="issuing_card.updated"):
        request = {"id": f"req_{number}", "idempotency_key": key}
        data = {"object": {"id": "ic_1"}, "previous_attributes": previous}
        return {"id": f"evt_{number}", "type": kind, "created": number, "request": request, "data": data}

    events = [
        event(1, {"spending_controls": {"spending_limits": [{"amount": 5}]}}),
        event(2, {"status": "active"}, key="provisioner-1"),
        event(3, {"metadata": {"provisioner_generation": "1"}, "wallets": {}}),
        event(4, {"status": "active"}, kind="topup.updated"),
    ]
    [found] = outside_changes(KINDS, events, {"ic_1": Address("cards", "ads")})

    assert (found.name, found.request, found.paths) == (
        "ads",
        "req_1",
        ("spending_controls.spending_limits",),
    )


def test_shipments_that_do_not_arrive_are_said():
    def said(shipment, days, **fields):
        card = Observed("ic_1", NOW - days * DAY, fields, facts=ObservedFacts(shipment=shipment))
        return list(shipment_remark(card, NOW))

    assert said("returned", 1) == ["the shipment was returned to the sender"]
    assert said("shipped", 30) == ["the shipment is shipped, 30 days after the card was created"]
    assert said("shipped", 3) == said("delivered", 300) == said("", 300) == []
    assert said("returned", 1, status="canceled") == []


def test_an_authorization_is_read_with_names_only_if_they_are_asked_for():
    raw = {
        "id": "iauth_1",
        "created": NOW,
        "amount": 0,
        "approved": True,
        "status": "closed",
        "currency": "usd",
        "card": {"id": "ic_1", "cardholder": {"id": "ich_1"}},
        "merchant_data": {"name": "Canary Merchant", "category": "caterers", "country": "US"},
        "transactions": [{"type": "capture", "amount": -700}, {"type": "refund", "amount": 700}],
        "request_history": [{"reason": "card_active"}],
    }

    assert read_record(raw).merchant == ""
    assert read_record(raw, names=True).merchant == "Canary Merchant"
    assert (read_record(raw).counted, read_record(raw).amount, read_record(raw).holder) == (700, 700, "ich_1")
    assert read_record({**raw, "approved": False, "amount": 900, "transactions": []}).counted == 0


def test_purchases_in_another_currency_than_a_cardholders_limit_are_shown_apart():
    limits = [{"amount": 90_000, "interval": "monthly"}, {"amount": 500, "interval": "per_authorization"}]
    holder = {"spending_controls": {"spending_limits": limits, "spending_limits_currency": "usd"}}
    past = [bought(NOW, 1_200), bought(NOW, 3_000, currency="eur"), bought(NOW, 500)]
    long_ago = bought(NOW - 60 * DAY, 3_000, currency="eur")
    month, each = held_limits(holder, "usd", past, NOW)
    (same, _) = held_limits(holder, "usd", [*past[::2], long_ago], NOW)

    assert (month.used, month.apart) == (None, {"eur": 3_000, "usd": 1_700})
    assert (each.used, each.apart) == (None, {})
    assert (same.used, same.apart) == (1_700, {})
    shown = environment().from_string('{% from "parts.html" import limit_use %}{{ limit_use(use) }}')
    assert "€30.00, $17.00</b> spent; limit $900.00 per month" in shown.render(use=month)
