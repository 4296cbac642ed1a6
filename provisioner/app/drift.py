"""What `drift` and `plan` look at: all of Stripe, or with a cache file only what may have changed since."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from provisioner._version import __version__
from provisioner.app.account import Account
from provisioner.core.diff.drift import Drift, find_drift
from provisioner.core.diff.find import Comparison
from provisioner.core.model.errors import AccessError, ProvisionerError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.marks import PROJECT
from provisioner.core.plan.plan import Plan
from provisioner.core.plan.selection import EVERYTHING, Selection
from provisioner.core.schema.kind import owned
from provisioner.engine.cache.memory import Memory, Sign, identity_of, load, signing, text_of
from provisioner.engine.cache.recall import Recall, entries, recall, recall_all
from provisioner.engine.cache.scan import OpenPart
from provisioner.engine.private_file import write_private
from provisioner.engine.read.attribution import Place, Trace, explain
from provisioner.engine.read.events import GapError, newest_event

R = TypeVar("R")
Recalling = Callable[..., Recall]

log = logging.getLogger("provisioner")


class Cache(Struct, frozen=True):
    """
    A file that remembers the last full read.

    path: the file.
    refresh: read everything and write the file again.
    """

    path: Path
    refresh: bool = False


class DriftReport(Struct, frozen=True):
    """
    What has drifted.

    drifts: the differences from what was last applied, each field apart.
    others: the ids of objects that are not managed here, by kind.
    account: the account that was read, empty where the key may not say.
    """

    drifts: Sequence[Drift]
    others: Mapping[str, Sequence[str]]
    account: str


def find_account_drift(account: Account, cache: Cache | None = None) -> DriftReport:
    """
    Find drift.

    With a cache file only what may have changed is read; where that is not enough, everything is, and
    the log says why. Raises as `Account.compare` does.
    """
    return _through(account, cache, recall, lambda recalled: _report(account, recalled))


def explain_drift(account: Account, report: DriftReport) -> dict[Place, Trace]:
    """Find in Stripe's events when and by which request each value moved; raises as `explain` does."""
    return explain(account.reader, account.kinds, report.drifts)


def make_account_plan(
    account: Account, selection: Selection = EVERYTHING, cache: Cache | None = None
) -> Plan:
    """
    Make the plan of the selected part; raises as `Account.compare` and `Account.plan` do.

    A cache file changes what is read and nothing in the plan. An apply never uses one: it reads everything.
    """
    if cache is None:
        return account.plan(account.compare(), selection)

    def conclusion(recalled: Recall) -> Plan:
        seen = Comparison(recalled.part.world, recalled.surveyed, recalled.found)
        return account.plan(seen, selection)

    def sure(recalled: Recall) -> Plan:
        try:
            return conclusion(recalled)
        except ProvisionerError:
            raise GapError("it holds no names, and one is asked for that is not declared") from None

    return _through(account, cache, recall_all, sure, conclusion)


def _through(
    account: Account,
    cache: Cache | None,
    recalling: Recalling,
    conclusion: Callable[[Recall], R],
    of_everything: Callable[[Recall], R] | None = None,
) -> R:
    """Conclude from what a cache file knows, or from everything."""
    of_everything = of_everything or conclusion
    if cache is None:
        return of_everything(_everything(account))
    sign = signing(account.transport.secret)
    if not cache.path.exists():
        log.info("Reading everything: %s is not there yet.", cache.path)
    elif not cache.refresh:
        try:
            return conclusion(_recalled(account, cache.path, sign, recalling))
        except GapError as gap:
            log.info("Reading everything: %s cannot be used, %s.", cache.path, gap)
    return of_everything(_remember(account, cache.path, sign))


def _everything(account: Account) -> Recall:
    seen = account.compare()
    part = OpenPart(account.config, seen.snapshot, {}, {}, {}, {})
    return Recall(part, seen.inventory, seen.differences)


def _recalled(account: Account, path: Path, sign: Sign, recalling: Recalling) -> Recall:
    memory = load(path, sign)
    if memory is None:
        raise GapError("it is no cache that this key has written")
    money = account.read_balances()
    if memory.identity != _identity(account, sign, money):
        raise GapError("it is of another account, project, mode or version")
    return recalling(account.reader, account.kinds, account.config, memory, sign, money)


def _remember(account: Account, path: Path, sign: Sign) -> Recall:
    """Read everything, and leave behind what the next run needs."""
    try:
        event, event_at = newest_event(account.reader, account.kinds)
    except AccessError:
        log.info("%s is not written: events cannot be read with this key.", path)
        return _everything(account)
    taken, seen = int(time.time()), _everything(account)
    config, world, found = account.config, seen.part.world, seen.found
    drifts = find_drift(account.kinds, config, seen.surveyed, found.changes, found.notes)
    moving = {str(change.address) for change in found.changes} | {note.address for note in found.notes}
    moving |= {str(drift.address) for drift in drifts}
    objects = entries(account.kinds, config, sign, world, seen.surveyed, moving)
    memory = Memory(_identity(account, sign, world), taken, event, event_at, objects)
    try:
        write_private(path, text_of(sign, memory))
    except ProvisionerError as error:
        log.warning("Warning: %s; the next run reads everything again.", error)
    return seen


def _identity(account: Account, sign: Sign, world: Snapshot) -> str:
    found = [str(world.account.get("id", "")), account.transport.account or ""]
    return identity_of(sign, account.config, [*found, account.reader.version, __version__])


def _report(account: Account, recalled: Recall) -> DriftReport:
    part, found = recalled.part, recalled.found
    drifts = find_drift(account.kinds, part.config, recalled.surveyed, found.changes, found.notes)
    others = {kind.name: _of_others(part, kind.resource) for kind in owned(account.kinds)}
    return DriftReport(drifts, others, str(part.world.account.get("id", "")))


def _of_others(part: OpenPart, resource: str) -> list[str]:
    """The ids of the objects that this project does not manage, in the order of a list: newest first."""
    project, raws = part.config.project, part.world.objects.get(resource, ())
    read = [str(raw["id"]) for raw in raws if (raw.get("metadata") or {}).get(PROJECT) != project]
    left_out = part.unmanaged.get(resource, ())
    if not read or not left_out:
        return [*read, *left_out]
    place = {identity: number for number, identity in enumerate(part.listed[resource])}
    return sorted([*read, *left_out], key=lambda identity: place.get(identity, -1))
