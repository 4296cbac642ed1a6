"""
Reads past authorizations and changes of controls into a history; it reads only what the history lacks.

Authorizations are listed by their time of creation. Their later changes (captures, releases, increases) are
in Stripe's events, each with the whole authorization. Stripe keeps events for 30 days.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

from msgspec import Struct

from provisioner.core.model.errors import AccessError, StripeError
from provisioner.core.purchases.recorded import AuthorizationRecord, record
from provisioner.core.schema.kind import Kind
from provisioner.engine.ports import Lister, Page, Wanted
from provisioner.engine.purchases.history_file import HistoryFile, RecordedChange
from provisioner.engine.read.observe import Progress, silent
from provisioner.engine.read.parallel_list import PAGE, Covered, read_periods

AUTHORIZATIONS, EVENTS = "issuing/authorizations", "events"
UPDATED = "issuing_authorization.updated"
KEPT = 30 * 86_400  # seconds for which Stripe keeps events
MARGIN = 300  # the most seconds after which an object or event appears in a list [?]
PROBES = 4  # the most pages read for an estimate of the number of authorizations
RUSH = 20  # a rate of purchases that is this many times the lower one is a burst
# The type of the response decides which members of an authorization are read.
NARROW = Wanted(frozenset(), frozenset())
# The parts of cards and cardholders that decide purchases, in Stripe's spelling.
PARTS = ("status", "spending_controls", "lifecycle_controls")

Raw = Mapping[str, Any]
Found = tuple[str, int, AuthorizationRecord]
"""An authorization: its id, its time of creation, and its record."""


class HistorySource(Struct, frozen=True):
    """The connection through which a history is read."""

    reader: Lister
    """The client, which cannot write."""
    pool: Executor
    """Runs requests for several pages at the same time."""
    now: int
    """The time at which reading begins (Unix seconds)."""
    progress: Progress = silent
    """Called with the resource and the number of objects read so far, after every page."""


def newest_authorization(reader: Lister) -> int:
    """
    Return the time of the newest authorization; 0 if there is none.

    Raises StripeError or AccessError.
    """
    items = reader.page(AUTHORIZATIONS, {"limit": 1}, NARROW).items
    return int(items[0]["created"]) if items else 0


def estimate(reader: Lister, periods: Sequence[tuple[int, int]]) -> int:
    """
    Estimate how many authorizations were created in some periods, from a few pages of the longest one.

    Raises StripeError or AccessError.
    """
    if not periods:
        return 0
    low, high = max(periods, key=lambda each: each[1] - each[0])
    part = max(1, -(-(high - low) // PROBES))
    found, end = 0.0, high
    before: _Probe | None = None
    for place in range(1, PROBES + 1):
        page = reader.page(AUTHORIZATIONS, {"limit": PAGE, "created": {"gte": low, "lt": end}}, NARROW)
        oldest = int(page.items[-1]["created"]) if page.more else low
        probe = _Probe(oldest, len(page.items) / max(1, end - oldest))
        found += len(page.items) + (before.until(end, probe.rate) if before else 0)
        before, end = probe, min(oldest, high - place * part)
        if not page.more:  # These are all that are left.
            break
    found += before.until(low, before.rate) if before else 0
    return round(found * sum(end - begin for begin, end in periods) / (high - low))


class _Probe(NamedTuple):
    """A page of authorizations, read to measure how many there are per second."""

    oldest: int
    rate: float  # authorizations per second

    def until(self, earlier: int, rate: float) -> float:
        """Estimate how many authorizations lie between this page and an earlier one with another rate."""
        less, more = sorted((self.rate, rate))
        # How long a burst lasted is unknown; it is assumed to be over.
        return (self.oldest - earlier) * (less if more > RUSH * less else (less + more) / 2)


def read_changes(source: HistorySource, kinds: Iterable[Kind], history: HistoryFile) -> int:
    """
    Add the changes of cards and cardholders for which Stripe still has events.

    Returns the time since which all changes are known. Raises StripeError, and AccessError if the key may not
    read events.
    """
    until = int(history.fact("changes_until", 0))
    kept = source.now - KEPT
    horizon = int(history.fact("horizon", kept)) if until > kept else kept
    types = [kind.updated_event for kind in kinds]
    found: list[RecordedChange] = []
    for part in _events(source, types, max(until - MARGIN, kept), _change):
        found += [each for each in part.items if each is not None]
    history.add_changes(sorted(found, key=lambda each: -each.at))
    history.remember("changes_until", source.now)
    history.remember("horizon", horizon)
    return horizon


def read_updates(source: HistorySource, history: HistoryFile) -> None:
    """
    Update the authorizations of earlier runs from events; if events do not reach back far enough, mark them
    to be read again.

    Raises StripeError or AccessError.
    """
    if history.is_empty:
        history.remember("updates_until", source.now)
        return
    until = int(history.fact("updates_until", 0))
    again = _unsettled(history, until) if until - MARGIN <= source.now - KEPT else None
    if again is None:
        again = source.now
        try:
            for part in _events(source, [UPDATED], until - MARGIN, _update):
                for identity, created, newer in part.items:
                    if newer is None:
                        again = min(again, created)
                    else:
                        history.update(identity, newer)
        except AccessError:
            again = _unsettled(history, until)
    history.forget_since(again)
    history.remember("updates_until", source.now)


def _unsettled(history: HistoryFile, until: int) -> int:
    """Return the creation time of the oldest authorization that may have changed since `until`."""
    oldest = history.oldest_open()
    return until if oldest is None else min(until, oldest)


def read_authorizations(
    source: HistorySource, history: HistoryFile, since: int, expected: int, *, with_merchants: bool
) -> None:
    """
    Add the authorizations created since a time that the history does not have yet.

    Each page is written together with the period that it completes, so a run that ends early loses nothing.
    Raises StripeError or AccessError.
    """
    periods: list[tuple[int, int | None]] = [*history.gaps(since, source.now)]
    if periods and periods[-1][1] == source.now:
        periods[-1] = (periods[-1][0], None)
    else:
        periods.append((source.now, None))
    keep = partial(_found, with_merchants=with_merchants)
    ask = partial(_ask, source.reader, AUTHORIZATIONS)
    settled = source.now - MARGIN
    count = 0
    for part in read_periods(source.pool, ask, AUTHORIZATIONS, reversed(periods), expected, keep):
        history.add(part.items)
        history.cover(part.low, settled if part.high is None else min(part.high, settled))
        count += len(part.items)
        source.progress(AUTHORIZATIONS, count)


def _ask(reader: Lister, resource: str, params: Raw) -> Page:
    return reader.page(resource, params, NARROW)


def _found(raw: Raw, *, with_merchants: bool) -> Found:
    try:
        return str(raw["id"]), int(raw["created"]), record(raw, with_merchant=with_merchants)
    except (KeyError, TypeError, ValueError) as error:
        raise StripeError(f"Stripe's authorization {raw.get('id')} cannot be read: {error!r}") from None


def _events(source: HistorySource, types: Sequence[str], since: int, keep: Any) -> Iterator[Covered]:
    """Yield pages of the events of some types since a time."""

    def ask(params: Raw) -> Page:
        return source.reader.page(EVENTS, {**params, "types": types})

    count = 0
    for part in read_periods(source.pool, ask, EVENTS, [(max(0, since), None)], 0, keep):
        count += len(part.items)
        source.progress(EVENTS, count)
        yield part


def _update(event: Raw) -> tuple[str, int, AuthorizationRecord | None]:
    """
    Return the authorization in an event; without a record if the event has the form of another API
    version.
    """
    shown = event["data"]["object"]
    identity, created = str(shown.get("id")), int(shown.get("created") or 0)
    try:
        return identity, created, record(shown)
    except (KeyError, TypeError, ValueError):
        return identity, created, None


def _change(event: Raw) -> RecordedChange | None:
    """Return the change in an event; None if it does not concern purchases."""
    shown, previous = event["data"]["object"], event["data"].get("previous_attributes") or {}
    before, after = _parts(_earlier(shown, previous)), _parts(shown)
    if before == after:
        return None
    return RecordedChange(str(event["id"]), str(shown.get("id")), int(event["created"]), before, after)


def _parts(shown: Raw) -> dict[str, Any]:
    """Return the parts of an object that decide purchases; they contain nothing personal."""
    parts = {name: shown[name] for name in PARTS if name in shown}
    reason = (shown.get("requirements") or {}).get("disabled_reason")
    return parts | ({"requirements": {"disabled_reason": reason}} if reason else {})


def _earlier(shown: Raw, previous: Raw) -> dict[str, Any]:
    """
    Return an object as it was before an event. Of a changed hash, Stripe returns only the changed
    members.
    """
    found = dict(shown)
    for name, value in previous.items():
        now = found.get(name)
        found[name] = (
            _earlier(now, value) if isinstance(now, Mapping) and isinstance(value, Mapping) else value
        )
    return found
