"""Reads an account for the pages about it, with a client that cannot write."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from provisioner.app.account import Account
from provisioner.app.drift import drift_of, explain_drift
from provisioner.core.diff.drift_document import drift_document
from provisioner.core.diff.find import Comparison
from provisioner.core.estate.estate import EstateReading, first_needed, make_estate, with_purchases
from provisioner.core.estate.model import Estate
from provisioner.core.estate.outside import outside_changes
from provisioner.core.estate.rows import OutsideChange
from provisioner.core.model.errors import AccessError
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.plan.guardrails import stops
from provisioner.core.plan.write_document import plan_document
from provisioner.core.purchases.record import PurchaseRecord, read_record
from provisioner.core.schema.kind import owned
from provisioner.engine.ports import Page
from provisioner.engine.read.attribution import Explanation
from provisioner.engine.read.parallel_list import READERS, read_list

T = TypeVar("T")
PURCHASES = "issuing/authorizations"
MOST_EVENTS = 5_000  # 50 requests; if an account has more changes in 30 days, only the newest are shown
LATELY = 3_600  # seconds: a purchase of the last hour may still change


class EstateReader:
    """
    Reads an account completely, and then only what is new.

    `current` is called before each complete reading and returns the account with its current configuration.
    Names of people and merchants are kept only with `personal`.
    """

    def __init__(self, current: Callable[[], Account], *, days: int, personal: bool = False) -> None:
        self._current, self._days, self._personal = current, days, personal
        self._last: tuple[Account, EstateReading, Estate] | None = None

    def read(self) -> Estate:
        """
        Read the account and its purchases, as far back as the shown days and the windows of all limits need.

        Raises the same errors as `Account.compare`.
        """
        account = self._current()
        reading = _reading(account, account.compare(), self._days, personal=self._personal)
        return self._made(account, reading)

    def read_new(self) -> Estate:
        """
        Read the purchases since the last reading, and those of the hour before it, which may have changed.

        Returns the same estate as before if nothing has changed. Raises StripeError or AccessError.
        """
        if self._last is None:
            return self.read()
        account, reading, estate = self._last
        newest = reading.purchases[0].at if reading.purchases else reading.now
        since = max(reading.since, newest - LATELY)
        page = account.reader.page(PURCHASES, {"created": {"gte": since}, "limit": 100})
        if page.more:
            arrived = _purchases(account, since, personal=self._personal)
        else:
            arrived = [read_record(each, names=self._personal) for each in page.items]
        known = {each.id: each for each in reading.purchases}
        if all(known.get(each.id) == each for each in arrived):
            return estate
        now = account.transport.now or int(time.time())
        return self._made(account, with_purchases(reading, arrived, now))

    def _made(self, account: Account, reading: EstateReading) -> Estate:
        estate = make_estate(account.kinds, reading)
        self._last = account, reading, estate
        return estate


def read_sums(account: Account, compared: Comparison | None = None) -> Estate:
    """
    Read the data of a snapshot of an account: everything but events, which show who changed something.

    `compared` is a comparison for which everything was read. Raises as `Account.compare` does.
    """
    reading = _reading(account, compared or account.compare(), days=1, personal=False, events=False)
    return make_estate(account.kinds, reading)


def _reading(
    account: Account, compared: Comparison, days: int, *, personal: bool, events: bool = True
) -> EstateReading:
    now = compared.snapshot.now or int(time.time())
    plan, drifts = account.plan(compared), drift_of(account, compared)
    explanation = explain_drift(account, drifts) if events else Explanation()
    since = first_needed(account.kinds, compared.snapshot, now, days)
    get_purchases = partial(_purchases, account, since, personal=personal)
    purchases, without_purchases = _allowed(get_purchases, "Purchases")
    get_outside = partial(_outside, account, compared.inventory)
    outside, without_outside = (
        _allowed(get_outside, "Changes made outside of provisioner") if events else ((), "")
    )
    return EstateReading(
        config=account.config,
        compared=compared,
        plan=plan_document(account.kinds, plan, stops(plan, account.config.guardrails)),
        drift=drift_document(
            account.config, drifts.account, drifts.drifts, explanation.traces, drifts.others, listed=False
        ),
        purchases=purchases,
        outside=outside,
        since=since,
        now=now,
        days=days,
        gaps=tuple(filter(None, (without_purchases, without_outside, explanation.gap))),
        personal=personal,
    )


def _purchases(
    account: Account,
    since: int,
    *,
    personal: bool,
    workers: Callable[[int], Executor] = ThreadPoolExecutor,
) -> list[PurchaseRecord]:
    """Return all purchases since a time, newest first."""
    keep = partial(read_record, names=personal)

    def ask(params: Mapping[str, Any]) -> Page:
        created = params.get("created", {})
        created = {**created, "gte": max(since, created.get("gte", 0))}
        return account.reader.page(PURCHASES, {**params, "created": created})

    with workers(READERS) as pool:
        return read_list(pool, ask, PURCHASES, 0, keep, lambda _count: None)


def _outside(account: Account, inventory: Inventory) -> list[OutsideChange]:
    types = [kind.updated_event for kind in owned(account.kinds) if kind.updated_event]
    events = islice(account.reader.list("events", {"types": types}), MOST_EVENTS)
    return list(outside_changes(account.kinds, events, inventory.ever))


def _allowed(read: Callable[[], list[T]], what: str) -> tuple[Sequence[T], str]:
    """Return the result of `read`, or an empty one and the reason if the key may not read it."""
    try:
        return read(), ""
    except AccessError as error:
        return (), f"{what} are not shown: {error}"
