"""What was bought before, as Stripe's authorizations tell it."""

from support.purchases import CARD

from provisioner.core.model.resource import Live, Ownership
from provisioner.core.model.scenario import Purchase
from provisioner.core.purchases.history import issuing_available, live_facts

FIELDS = {"currency": "usd", "status": "active"}
LIVE = Live(CARD, "ic_new", FIELDS, Ownership("p", CARD))


def authorization(card, amount, **more):
    return {
        "approved": True,
        "amount": amount,
        "status": "pending",
        "created": 1_700_000_000,
        "card": card,
        "merchant_data": {"category": "caterers", "country": "US"},
        "authorization_method": "chip",
        "transactions": [],
        **more,
    }


def facts(*past, card=None, available=0):
    shown = {"id": "ic_new", "cardholder": {"id": "ich_1"}, **(card or {})}
    return live_facts(LIVE, {"status": "active"}, shown, past, available)


def card(identity, replaces=None):
    return {"id": identity, "replacement_for": replaces}


def test_what_is_held_and_what_was_captured_counts():
    captured = {"type": "capture", "amount": -300}
    found = facts(
        authorization(card("ic_new"), 100),
        authorization(card("ic_new"), 0, status="reversed"),
        authorization(card("ic_new"), 500, status="closed", transactions=[captured]),
        authorization(card("ic_new"), 700, transactions=[captured]),
        authorization(card("ic_new"), 900, status="closed", approved=False),
    )

    assert [one.amount for one in found.on_card] == [100, 0, 300, 700]
    assert found.on_card[0] == Purchase(100, "caterers", "US", "chip", 1_700_000_000)
    assert found.on_holder == found.on_card
    assert not found.fresh


def test_cards_that_replaced_each_other_count_together_and_others_for_the_holder_only():
    found = facts(
        authorization(card("ic_old"), 10),
        authorization(card("ic_older"), 20),
        authorization(card("ic_other"), 40),
        authorization(card("ic_old", {"id": "ic_older"}), 80),
        card=card("ic_new", "ic_old"),
    )

    assert [one.amount for one in found.on_card] == [10, 20, 80]
    assert [one.amount for one in found.on_holder] == [10, 20, 40, 80]


def test_a_holder_of_whom_stripe_wants_more():
    owing = {"cardholder": {"id": "ich_1", "requirements": {"disabled_reason": "requirements.past_due"}}}

    assert facts(card=owing).disabled
    assert not facts().disabled


def test_the_balance_of_a_currency():
    rows = {"issuing": {"available": [{"currency": "eur", "amount": 5}, {"currency": "usd", "amount": -7}]}}

    assert [issuing_available(rows, currency) for currency in ("eur", "usd", "gbp")] == [5, -7, 0]
    assert issuing_available({}, "usd") == 0
