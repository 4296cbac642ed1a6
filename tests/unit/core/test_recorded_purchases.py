"""Authorizations as records, and records as the moments of a past."""

from typing import Any

from provisioner.core.purchases.past import Moment, PastMove, PastRequest
from provisioner.core.purchases.recorded import moments, record

AT = 1_790_000_000
HOUR = 3600


def decision(at: int, amount: int, *, approved: bool = True, reason: str = "card_active") -> dict[str, Any]:
    return {
        "created": at,
        "amount": amount,
        "approved": approved,
        "reason": reason,
        "merchant_amount": amount,
    }


def hold(at: int, amount: int) -> dict[str, Any]:
    return {"created": at, "amount": -amount, "type": "issuing_authorization_hold"}


def release(at: int, amount: int) -> dict[str, Any]:
    return {"created": at, "amount": amount, "type": "issuing_authorization_release"}


def transaction(at: int, amount: int, type_: str = "capture") -> dict[str, Any]:
    return {"created": at, "amount": -amount if type_ == "capture" else amount, "type": type_}


def authorization(*decisions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "iauth_1",
        "created": AT,
        "status": "closed",
        "currency": "usd",
        "merchant_currency": "eur",
        "card": {"id": "ic_1", "cardholder": {"id": "ich_1"}},
        "merchant_data": {"name": "Canary Books", "category": "book_stores", "country": "us"},
        "request_history": decisions,
        **more,
    }


def past(*raw: dict[str, Any]) -> list[Moment]:
    return list(moments((each["created"], record(each)) for each in raw))


def told(*raw: dict[str, Any]) -> list[tuple[int, ...]]:
    """For a request its time, amount, total, granted and held before; for a move held, captured and left."""
    return [
        (each.at - AT, each.amount, each.total, each.granted, each.held)
        if isinstance(each, PastRequest)
        else (each.at - AT, each.held, each.captured, each.left)
        for each in past(*raw)
    ]


def test_a_purchase_that_is_captured() -> None:
    raw = authorization(
        decision(AT, 500),
        balance_transactions=[hold(AT, 500), release(AT + HOUR, 500)],
        transactions=[transaction(AT + HOUR, 450), transaction(AT + 2 * HOUR, 450, "refund")],
    )
    [request, move] = past(raw)

    assert isinstance(request, PastRequest)
    assert isinstance(move, PastMove)
    assert (request.card, request.holder, request.category, request.country) == (
        "ic_1",
        "ich_1",
        "book_stores",
        "US",
    )
    assert (request.merchant_currency, request.merchant, request.presence) == ("eur", "", "not_present")
    assert told(raw) == [(0, 500, 500, 500, 0), (HOUR, -500, 450, 0)]
    assert move.ends


def test_a_declined_purchase_holds_nothing() -> None:
    raw = authorization(decision(AT, 500, approved=False, reason="spending_controls"))

    assert told(raw) == [(0, 500, 500, 0, 0)]


def test_what_was_captured_and_reversed_before_an_increase_counts_in_its_total_as_stripe_counts_it() -> None:
    raw = authorization(
        decision(AT, 500),
        decision(AT + 3 * HOUR, 100),
        decision(AT + 4 * HOUR, 70, approved=False),
        balance_transactions=[
            hold(AT, 500),
            release(AT + HOUR, 200),  # by a capture
            release(AT + 2 * HOUR, 50),  # by a reversal
            hold(AT + 3 * HOUR, 100),
            hold(AT + 5 * HOUR, 30),  # by a final amount
            release(AT + 6 * HOUR, 380),
        ],
        transactions=[transaction(AT + HOUR, 200)],
    )

    assert told(raw) == [
        (0, 500, 500, 500, 0),
        (HOUR, -200, 200, 300),
        (2 * HOUR, -50, 0, 250),
        (3 * HOUR, 100, 550, 100, 250),
        (4 * HOUR, 70, 620, 0, 350),
        (5 * HOUR, 30, 0, 380),
        (6 * HOUR, -380, 0, 0),
    ]


def test_a_webhook_approves_less_and_a_fuel_pump_holds_more() -> None:
    less = authorization(decision(AT, 500), balance_transactions=[hold(AT + 1, 300)])
    more = authorization(decision(AT, 100), balance_transactions=[hold(AT, 10_000)])

    assert told(less) == [(0, 500, 500, 300, 0)]
    assert told(more) == [(0, 10_000, 10_000, 10_000, 0)]


def test_without_balance_transactions_the_captures_tell() -> None:
    raw = authorization(
        decision(AT, 500), transactions=[transaction(AT + HOUR, 100), transaction(AT + 2 * HOUR, 350)]
    )
    assert told(raw) == [(0, 500, 500, 500, 0), (HOUR, -100, 100, 400), (2 * HOUR, -400, 350, 0)]

    waiting = authorization(decision(AT, 500), status="pending")
    assert told(waiting) == [(0, 500, 500, 500, 0)]
    lapsed = authorization(decision(AT, 500), status="expired")
    assert told(lapsed) == [(0, 500, 500, 500, 0), (7 * 24 * HOUR, -500, 0, 0)]


def test_moments_come_in_the_order_of_time_and_those_of_a_second_in_the_order_of_creation() -> None:
    def one(number: int, created: int, captured: int) -> dict[str, Any]:
        return authorization(
            decision(created, number),
            created=created,
            balance_transactions=[hold(created, number), release(captured, number)],
            transactions=[transaction(captured, number)],
        )

    found = past(
        one(1, AT, AT + 30), one(2, AT + 10, AT + 20), one(3, AT + 20, AT + 20), one(4, AT + 20, AT + 40)
    )

    assert [(each.at - AT, each.authorization, isinstance(each, PastRequest)) for each in found] == [
        (0, 0, True),
        (10, 1, True),
        (20, 1, False),
        (20, 2, True),
        (20, 2, False),
        (20, 3, True),
        (30, 0, False),
        (40, 3, False),
    ]


def test_the_longer_of_two_records_is_newer_and_the_closed_of_two_as_long() -> None:
    first = record(authorization(decision(AT, 500), status="pending"))
    closed = record(authorization(decision(AT, 500)))
    longer = record(authorization(decision(AT, 500), decision(AT + 1, 20), status="pending"))

    assert first.is_older_than(closed)
    assert closed.is_older_than(longer)
    assert not longer.is_older_than(closed)
    assert not first.is_older_than(first)
