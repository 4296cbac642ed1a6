"""Reads the past purchases of an account into a history file, as far as the file does not have them."""

import logging
import math
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.core.model.errors import AccessError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.model.words import count
from provisioner.core.purchases.windows import DAY, window_start
from provisioner.core.schema.kind import Role
from provisioner.engine.purchases.history import (
    StoredPast,
    check_cards,
    controlled,
    past_cards,
    past_controls,
)
from provisioner.engine.purchases.history_file import HistoryFile, HistoryOwner, open_history
from provisioner.engine.purchases.read_history import (
    AUTHORIZATIONS,
    PROBES,
    HistorySource,
    estimate,
    newest_authorization,
    read_authorizations,
    read_changes,
    read_updates,
)
from provisioner.engine.read.parallel_list import PAGE, READERS
from provisioner.stripe_api.rate_limit import at_least

RAGGED = 1.12  # requests per full page, because several threads start reading at different times
ROUGHLY = 2  # significant digits of an estimate

log = logging.getLogger("provisioner")


class PastPeriod(Struct, frozen=True):
    """The period whose purchases are judged, and the file that stores them."""

    days: int = 90
    """The number of days, counted back from now or from the newest purchase, whichever is later."""
    file: Path | None = None
    """The history file; None for a temporary one."""
    with_merchants: bool = False
    """True to store and show merchants' names."""


class ReadPast(Struct, frozen=True):
    """A past that can be read while its history file is open."""

    past: StoredPast
    """The past."""
    begin: int
    """The time since which purchases are judged (Unix seconds). Earlier ones only count towards limits."""
    end: int
    """The end of the past (Unix seconds)."""


@contextmanager
def read_past(account: Account, snapshot: Snapshot, period: PastPeriod) -> Iterator[ReadPast]:
    """
    Read the past purchases of an account with a client that cannot write; yields them with the file open.

    `snapshot` has the account's cards and cardholders. Raises StripeError, AccessError if the history belongs
    to another account, and ProvisionerError if the file cannot be used.
    """
    cards = past_cards(account.kinds, snapshot)
    named = str(snapshot.account.get("id") or account.transport.account or "")
    # a key that may not read its account is identified by a digest of itself
    owner = HistoryOwner(named or f"of the key {account.transport.secret[:12]}", account.config.mode)
    with open_history(period.file, owner) as history:
        check_cards(history, cards)
        if period.with_merchants and not history.fact("merchants", 0):  # the last run left names out
            history.forget_since(0)
        history.remember("merchants", int(period.with_merchants))
        end = max(snapshot.now or int(time.time()), newest_authorization(account.reader))
        begin = end - period.days * DAY
        with ThreadPoolExecutor(READERS) as pool:
            with account.display({}, account.transport.limits) as progress:
                source = HistorySource(account.reader, pool, end, progress)
                horizon = _read_changes(source, account, history)
                read_updates(source, history)
            since = _since(account, snapshot, history, begin)
            expected = _announced(account, history, since, end)
            with account.display({AUTHORIZATIONS: expected}, account.transport.limits) as progress:
                source = replace(source, progress=progress)
                read_authorizations(source, history, since, expected, with_merchants=period.with_merchants)
        history.commit()
        controls = past_controls(account.kinds, snapshot, history.changes(), horizon)
        past = StoredPast(history, since, period.with_merchants, cards, controls, horizon)
        yield ReadPast(past, begin, end)


def _read_changes(source: HistorySource, account: Account, history: HistoryFile) -> int:
    """Read the changes of controls, and return the time since which all are known."""
    try:
        return read_changes(source, controlled(account.kinds), history)
    except AccessError:
        log.warning(
            "Warning: events cannot be read with this key; past purchases are judged as if cards and "
            "cardholders had always had their present controls."
        )
        return source.now


def _since(account: Account, snapshot: Snapshot, history: HistoryFile, begin: int) -> int:
    """
    Return the time since which purchases can affect a purchase after `begin` through a limit.

    All limits are considered: those in the configuration, those in Stripe, and past ones. No purchase is
    older than the oldest card.
    """
    rules: list[Any] = [each.fields for each in account.config.declared.values()]
    rules += [grant.power for grant in account.config.grants]
    objects = {kind: snapshot.objects[kind.resource] for kind in controlled(account.kinds)}
    rules += [item.fields for items in objects.values() for item in items]
    rules += [tree for change in history.changes() for tree in (change.before, change.after)]
    intervals = {name for tree in rules for name in _intervals(tree)}
    born = [item.created for kind, items in objects.items() if kind.role is Role.SPENDER for item in items]
    return max(min(born, default=begin), min(window_start(name, begin) for name in {"daily", *intervals}))


def _intervals(tree: Any) -> Iterator[str]:
    """Yield the intervals of all limits in some fields. A maximum number of payments counts as `all_time`."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            if name == "interval":
                yield str(value)
            elif name == "cancel_after" and value:
                yield "all_time"
            else:
                yield from _intervals(value)
    elif isinstance(tree, (list, tuple)):
        for each in tree:
            yield from _intervals(each)


def _announced(account: Account, history: HistoryFile, since: int, end: int) -> int:
    """Estimate how many authorizations will be read, log this with the expected duration, and return it."""
    gaps = [gap for gap in history.gaps(since, end) if gap[1] - gap[0] > DAY]
    begun = time.monotonic()
    expected = estimate(account.reader, gaps)
    took = time.monotonic() - begun
    if expected:
        requests = math.ceil(math.ceil(expected / PAGE) * RAGGED) + 1
        seconds = max(at_least(account.transport.limits, [requests]), took / PROBES * requests / READERS)
        log.info(
            "Reading about %s purchases: about %s requests, %s.",
            f"{_rough(expected):,}",
            f"{_rough(requests):,}",
            count(math.ceil(seconds), "second"),
        )
    return expected


def _rough(number: int) -> int:
    """Round a number to the significant digits of an estimate."""
    places = max(0, len(str(number)) - ROUGHLY)
    return round(number, -places)
