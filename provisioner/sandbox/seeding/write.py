"""Writes past purchases into a sandbox, with all their later changes, in the order of time."""

import heapq
import random
import sqlite3
from collections.abc import Callable, Sequence
from typing import Any

from provisioner.sandbox.api import acts, timers
from provisioner.sandbox.registry import resource_of
from provisioner.sandbox.rules.common.currencies import converted
from provisioner.sandbox.rules.common.programs import program_of
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION
from provisioner.sandbox.seeding.buyers import PLACES, Buyer, PlannedPurchase, buyers, plan
from provisioner.sandbox.seeding.calls import PastCalls
from provisioner.sandbox.seeding.funds import TopUps
from provisioner.sandbox.seeding.recipe import Recipe, WrittenPast
from provisioner.sandbox.seeding.renewal import renew
from provisioner.sandbox.seeding.trades import HABITS, HOUR, Followup, PurchaseCourse
from provisioner.sandbox.state import clock
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.objects import Origin, Tx, ids_by
from provisioner.sandbox.state.set_back import make_older
from provisioner.sandbox.state.store import Store

Json = dict[str, Any]

_DAY = 86_400
_EVENTS_KEPT = 30 * _DAY  # docs.stripe.com/api/events
_MISTYPED = 0.006  # the share of online purchases made with a wrong CVC
_SUSPECT = 0.003  # the share of purchases that Stripe takes for fraud
_RENEWED_EVERY = 20  # one of this many cards is lost
_OFTEN = 5  # with at least this many purchases per card, some card is lost
_RENEWED_WITHIN = 25  # a card is lost at most this many days ago, so that its events are still kept
_TEST = "/v1/test_helpers/issuing/authorizations"
_PATHS = {
    "capture": ("capture", "capture_amount"),
    "part": ("capture", "capture_amount"),
    "reverse": ("reverse", "reverse_amount"),
    "increment": ("increment", "increment_amount"),
    "finalize": ("finalize_amount", "final_amount"),
}


def write_past(store: Store, recipe: Recipe, progress: Callable[[int], None]) -> WrittenPast:
    """
    Write purchases up to the present of the sandbox, in one transaction.

    Objects that the sandbox has already are moved into the past, so that they existed before the purchases.
    `progress` is called with the number of purchases so far. Raises ValueError if no card can make purchases.
    """
    rng = random.Random(recipe.seed)  # noqa: S311 - to be repeatable
    with store.transaction(write=True) as db, ids_by(_drawn(db, recipe.seed)):
        if recipe.at is not None:
            clock.stop(db, recipe.at)
            make_older(db, recipe.at)
        now = int(clock.now(db))
        begin = now - recipe.days * _DAY
        timers.run(db, now)
        make_older(db, begin)
        told = db.execute("SELECT coalesce(max(seq), 0) FROM deliveries").fetchone()[0]
        account = default_account(Tx(db, "", now, Origin()))
        writer = _Writer(PastCalls(db, account, now - _EVENTS_KEPT), recipe, (begin, now), rng)
        written = writer.write(progress)
        timers.run(db, now)
        # Nobody was listening for webhooks in the past.
        db.execute("DELETE FROM deliveries WHERE seq > ?", (told,))
    return written


def _drawn(db: sqlite3.Connection, seed: int) -> int:
    """Return a seed for ids that differs for each run on a sandbox, so that no id occurs twice."""
    return seed * 1_000_003 + int(db.execute("SELECT coalesce(max(seq), 0) FROM objects").fetchone()[0])


class _Writer:
    """Makes the planned purchases and the changes that follow from them."""

    def __init__(self, calls: PastCalls, recipe: Recipe, span: tuple[int, int], rng: random.Random) -> None:
        self._calls, self._recipe, self._span, self._rng = calls, recipe, span, rng
        timers.run(calls.db, span[0])
        tx = calls.tx(span[0])
        self._people = buyers(tx, recipe.cards, rng)
        if not any(buyer.weight for buyer in self._people):
            raise ValueError(
                "no card can make purchases: all are canceled, inactive, or for a number of payments"
            )
        self._planned = plan(tx, self._people, recipe.purchases, span, rng)
        self._funds = TopUps(calls, span, sum(each.amount for each in self._planned))
        self._waiting: list[tuple[int, int, Callable[[int], None]]] = []
        self._written = WrittenPast(*span, program_of(tx).currency)

    def write(self, progress: Callable[[int], None]) -> WrittenPast:
        """Write everything, and return the totals."""
        for buyer, at in self._renewals():
            self._later(at, lambda at, buyer=buyer: self._renew(buyer, at))  # type: ignore[misc]
        for number, planned in enumerate(self._planned, start=1):
            self._reach(planned.at)
            self._purchase(planned)
            if number % 100 == 0:
                progress(number)
        self._reach(self._span[1])
        self._written.cards = len({planned.buyer for planned in self._planned})
        return self._written

    def _later(self, at: float, act: Callable[[int], None]) -> None:
        """Schedule a change, unless it would happen after the present."""
        if at < self._span[1]:
            heapq.heappush(self._waiting, (int(at), len(self._waiting) + self._rng.getrandbits(40), act))

    def _reach(self, now: int) -> None:
        """Make the changes scheduled up to a time; the sandbox's timers run in between."""
        while self._waiting and self._waiting[0][0] <= now:
            at, _, act = heapq.heappop(self._waiting)
            timers.run(self._calls.db, at)
            act(at)
        timers.run(self._calls.db, now)

    def _purchase(self, planned: PlannedPurchase) -> None:
        at, buyer = planned.at, self._people[planned.buyer]
        self._funds.see_to(at)
        card = buyer.lost.pop() if buyer.lost else buyer.card
        if self._rng.random() < _SUSPECT:
            acts.decide_next_authorization(self._calls.tx(at), card, "suspected_fraud")
        seller, currency = planned.seller, self._written.currency
        theirs = PLACES.get(seller.country, (currency, (), 0))[0]
        params: Json = {
            "card": card,
            "authorization_method": planned.method,
            "merchant_data": seller.data(),
        }
        if theirs == currency:
            params["amount"] = planned.amount
        else:
            there = max(1, converted(planned.amount, currency, theirs))
            params |= {"merchant_amount": there, "merchant_currency": theirs}
        if planned.method == "online":
            cvc = "mismatch" if self._rng.random() < _MISTYPED else "match"
            params["verification_data"] = {"cvc_check": cvc, "expiry_check": "match"}
        made = self._calls.post(at, _TEST, params)
        written = self._written
        written.purchases += 1
        if not made["approved"]:
            written.declined[made["request_history"][-1]["reason"]] += 1
            return
        written.approved += 1
        written.amount += made["amount"]
        courses = HABITS[planned.seller.trade.habit].courses
        course: PurchaseCourse = self._rng.choices(courses, [each.weight for each in courses])[0]
        self._follow(at, made["id"], course.followups)

    def _follow(self, after: int, authorization: str, rest: Sequence[Followup]) -> None:
        """Schedule the next change of an authorization."""
        if rest:
            at = after + self._rng.uniform(*rest[0].hours) * HOUR
            self._later(at, lambda now: self._carry_out(now, authorization, rest))

    def _carry_out(self, at: int, authorization: str, rest: Sequence[Followup]) -> None:
        step = rest[0]
        found = self._calls.tx(at).fetch(AUTHORIZATION, authorization)
        share = self._rng.uniform(*step.share)
        if step.act == "refund":
            self._refund(at, found, share)
        elif found["status"] == "pending":
            name, param = _PATHS[step.act]
            params: Json = {param: max(1, round(found["_held"] * share))}
            if step.act == "part":
                params["close_authorization"] = False
            self._calls.post(at, f"{_TEST}/{{id}}/{name}", params, authorization)
            self._written.followed["capture" if step.act == "part" else step.act] += 1
        self._follow(at, authorization, rest[1:])

    def _refund(self, at: int, authorization: Json, share: float) -> None:
        captured = next(iter(authorization["transactions"]), None)
        if captured is not None:
            amount = -self._calls.tx(at).fetch(resource_of("issuing.transaction"), captured)["amount"]
            params = {"refund_amount": max(1, round(amount * share))}
            path = "/v1/test_helpers/issuing/transactions/{id}/refund"
            self._calls.post(at, path, params, captured)
            self._written.followed["refund"] += 1

    def _renewals(self) -> list[tuple[Buyer, float]]:
        """Choose which cards are lost, and when; with few purchases or days, none is."""
        used = [buyer for buyer in self._people if buyer.weight]
        count = len(used) // _RENEWED_EVERY or int(len(used) > 1)
        if self._recipe.days < _RENEWED_WITHIN or len(self._planned) < _OFTEN * len(used):
            return []
        end = self._span[1]
        return [
            (buyer, end - self._rng.uniform(3, _RENEWED_WITHIN) * _DAY)
            for buyer in self._rng.sample(used, k=count)
        ]

    def _renew(self, buyer: Buyer, at: int) -> None:
        old = buyer.card
        new = renew(self._calls, at, old, self._recipe.renewed)
        if new is not None:
            buyer.card = new
            buyer.lost = [old]
            self._written.followed["replacement"] += 1
