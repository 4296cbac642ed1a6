"""
Converts Stripe's authorizations into compact records, and records into the requests and moves of a past.

An authorization contains its whole history: its requests with Stripe's decisions, the balance transactions
that hold and release its amount, and its captures and refunds (SDK: issuing/_authorization.py).
"""

import heapq
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, final

from msgspec import Struct

from provisioner.core.purchases.past import Moment, PastMove, PastRequest

HOLD, RELEASE = "issuing_authorization_hold", "issuing_authorization_release"
PRESENT = frozenset({"chip", "contactless", "swipe"})
TOGETHER = 60  # the most seconds between a decision and the hold that it causes [?]
# docs.stripe.com/issuing/purchases/authorizations: holds end after 7 days, or 31 for hotels and the like
ENDS_AFTER = 7 * 86_400

Raw = Mapping[str, Any]


@final
class RecordedRequest(Struct, frozen=True, array_like=True, gc=False):
    """A request and Stripe's decision; amounts are in minor units, times are Unix seconds."""

    at: int
    """The time of the decision."""
    amount: int
    """The requested amount."""
    approved: bool
    """Stripe's decision."""
    reason: str
    """Stripe's reason."""
    granted: int
    """The amount that was approved and is then held; 0 if the request was declined."""
    merchant_amount: int
    """The amount in the merchant's currency."""


@final
class RecordedMove(Struct, frozen=True, array_like=True, gc=False):
    """A change of the held and captured amounts that is not a request."""

    at: int
    """The time (Unix seconds)."""
    held: int
    """The change of the held amount, in minor units."""
    captured: int
    """The captured amount, in minor units."""


class AuthorizationRecord(Struct, frozen=True, array_like=True):
    """The parts of an authorization that a replay needs."""

    card: str
    """Stripe's id of the card."""
    holder: str
    """Stripe's id of the cardholder."""
    category: str
    """The merchant's category."""
    country: str
    """The merchant's country."""
    presence: str
    """`present` or `not_present`."""
    currency: str
    """The card's currency."""
    merchant_currency: str
    """The merchant's currency."""
    merchant: str
    """The merchant's name; empty if names are not kept."""
    requests: tuple[RecordedRequest, ...]
    """The requests that Stripe decided, oldest first."""
    moves: tuple[RecordedMove, ...]
    """The other changes, oldest first."""
    is_open: bool
    """True if the authorization is pending, so that further changes will follow."""
    size: int
    """The combined length of its histories. They only grow, so the longer of two records is the newer one."""

    def is_older_than(self, other: "AuthorizationRecord") -> bool:
        """Return whether `other` is a later state of this authorization."""
        return (self.size, not self.is_open) < (other.size, not other.is_open)


def record(raw: Raw, *, with_merchant: bool = False) -> AuthorizationRecord:
    """
    Convert an authorization to a record; the merchant's name is kept only with `with_merchant`.

    `raw` has the form of `stripe_api.answers.Authorization`. Raises KeyError, TypeError or ValueError if it
    does not.
    """
    card, merchant = raw.get("card"), raw.get("merchant_data") or {}
    decided = sorted(raw.get("request_history") or (), key=lambda each: int(each["created"]))
    entries = raw.get("balance_transactions") or ()
    holds = [(int(each["created"]), -int(each["amount"])) for each in entries if each["type"] == HOLD]
    requests = tuple(_request(each, holds) for each in decided)
    approved = sum(each.granted for each in requests)
    releases = [(int(each["created"]), int(each["amount"])) for each in entries if each["type"] == RELEASE]
    transactions = raw.get("transactions") or ()
    captures = [(int(t["created"]), -int(t["amount"])) for t in transactions if t.get("type") == "capture"]
    if not entries and approved:  # The funds of the account are in a financial account.
        releases = _releases(raw, approved, captures)
    method = str(raw.get("authorization_method") or "")
    return AuthorizationRecord(
        _id(card),
        _id(raw.get("cardholder") or (card.get("cardholder") if isinstance(card, Mapping) else None)),
        str(merchant.get("category") or ""),
        str(merchant.get("country") or "").upper(),
        str(raw.get("card_presence") or ("present" if method in PRESENT else "not_present")),
        str(raw.get("currency") or ""),
        str(raw.get("merchant_currency") or ""),
        str(merchant.get("name") or "") if with_merchant else "",
        requests,
        tuple(_moves(holds, releases, captures)),
        raw.get("status") == "pending",
        len(decided) + len(entries) + len(transactions),
    )


def _request(decision: Raw, holds: list[tuple[int, int]]) -> RecordedRequest:
    """Return a request, and remove the hold that it caused from `holds`."""
    at, amount, approved = int(decision["created"]), int(decision["amount"]), bool(decision["approved"])
    granted = amount if approved else 0
    near = [each for each in holds if abs(each[0] - at) <= TOGETHER] if granted else []
    if near:
        hold = min(near, key=lambda each: (each[1] != amount, abs(each[0] - at)))
        holds.remove(hold)
        granted = hold[1]  # A webhook may approve less, and Stripe holds more for a fuel pump.
    theirs = int(decision.get("merchant_amount") or 0)
    return RecordedRequest(at, max(amount, granted), approved, str(decision["reason"]), granted, theirs)


def _releases(raw: Raw, approved: int, captures: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """
    Infer the releases of an authorization without balance transactions from its captures.

    Cards of a financial account have no balance transactions. The amount left when the authorization ends
    counts as released by its last capture or, without a capture, when holds expire [?].
    """
    found, left = [], approved
    for at, amount in captures:
        found.append((at, min(amount, left)))
        left -= min(amount, left)
    if left and raw.get("status") != "pending":
        found.append((captures[-1][0] if captures else int(raw["created"]) + ENDS_AFTER, left))
    return found


def _moves(
    holds: list[tuple[int, int]], releases: list[tuple[int, int]], captures: list[tuple[int, int]]
) -> Iterator[RecordedMove]:
    """
    Yield the changes; those of one second are combined, because a capture also releases the captured
    amount.
    """
    held: dict[int, int] = {}
    captured: dict[int, int] = {}
    for at, amount in holds:
        held[at] = held.get(at, 0) + amount
    for at, amount in releases:
        held[at] = held.get(at, 0) - amount
    for at, amount in captures:
        captured[at] = captured.get(at, 0) + amount
    for at in sorted(held.keys() | captured.keys()):
        yield RecordedMove(at, held.get(at, 0), captured.get(at, 0))


def _id(value: Any) -> str:
    return str((value["id"] if isinstance(value, Mapping) else value) or "")


def moments(records: Iterable[tuple[int, AuthorizationRecord]]) -> Iterator[Moment]:
    """
    Yield the requests and moves of authorizations in the order of time, as `Past.moments` does.

    `records` are pairs of a time of creation and an authorization, oldest first. Only changes that happen
    later than the current authorization are held in memory.
    """
    waiting: list[tuple[int, int, int, Moment]] = []
    push, pop = heapq.heappush, heapq.heappop
    for number, (began, each) in enumerate(records):
        while waiting and waiting[0][0] <= began:
            yield pop(waiting)[3]
        requests = each.requests
        if len(requests) != 1 or requests[0].at > began:
            for place, moment in enumerate(_of_one(number, began, each)):
                push(waiting, (moment.at, number, place, moment))
            continue
        # Most authorizations are of this form, and there may be millions.
        yield _past_request(number, began, each, requests[0], 0, 0)
        held = requests[0].granted
        for place, move in enumerate(each.moves):
            held += move.held
            push(waiting, (move.at, number, place, _past_move(number, began, each, move, held)))
    while waiting:
        yield pop(waiting)[3]


def _of_one(number: int, began: int, each: AuthorizationRecord) -> Iterator[Moment]:
    """Yield the requests and moves of one authorization in the order of time; requests come first."""
    held = amount = 0
    steps: list[RecordedRequest | RecordedMove] = [*each.requests, *each.moves]
    for step in sorted(steps, key=attrgetter("at")):
        if isinstance(step, RecordedRequest):
            yield _past_request(number, began, each, step, amount, held)
            held += step.granted
            amount += step.granted
        else:
            held += step.held
            # A capture does not lower the authorization's amount, but a reversal does.
            amount += step.held + min(step.captured, -step.held) if step.held < 0 else step.held
            yield _past_move(number, began, each, step, held)


def _past_move(number: int, began: int, each: AuthorizationRecord, move: RecordedMove, held: int) -> PastMove:
    return PastMove(
        move.at,
        number,
        began,
        each.card,
        each.holder,
        each.category,
        move.held,
        move.captured,
        max(0, held),
        not each.is_open and move is each.moves[-1],
    )


def _past_request(
    number: int, began: int, each: AuthorizationRecord, request: RecordedRequest, amount: int, held: int
) -> PastRequest:
    return PastRequest(
        request.at,
        number,
        began,
        each.card,
        each.holder,
        request.amount,
        amount + request.amount,
        request.approved,
        request.reason,
        request.granted,
        request is each.requests[0],
        held,
        each.category,
        each.country,
        each.presence,
        each.currency,
        request.merchant_amount,
        each.merchant_currency,
        each.merchant,
    )
