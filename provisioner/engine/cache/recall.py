"""What a full read has found, and what a memory of it and the events since are as good as."""

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diff.change import Action
from provisioner.core.diff.find import Differences, find_changes
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError
from provisioner.core.model.resource import Address, references
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory, take_inventory
from provisioner.core.ownership.marks import ADDRESS, read_stamp
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.cache.cached_live import Likeness, likeness, stand_in
from provisioner.engine.cache.memory import (
    GONE,
    OPEN,
    Memory,
    Remembered,
    Sign,
    address_digest,
    declared_digest,
    taken_digest,
)
from provisioner.engine.cache.scan import OpenPart, Scan
from provisioner.engine.ports import Lister
from provisioner.engine.read.events import GapError, touched

# seconds. Stripe keeps events for 30 days (docs.stripe.com/api/events); whether there is one for all that it
# comes to want of a cardholder is not published [?], so there is a full read long before
OLDEST = 7 * 86_400


class Recall(Struct, frozen=True):
    """What may not be in sync, and what was found in it."""

    part: OpenPart
    surveyed: Inventory
    found: Differences


def recall(
    reader: Lister, kinds: Sequence[Kind], config: Config, memory: Memory, sign: Sign, money: Snapshot
) -> Recall:
    """
    Find what differs, reading only what a memory does not already say.

    What is found is what a full read would find: changes, notes and drift. Raises GapError where
    everything must be read, ConfigError, ConflictError, StripeError or AccessError.
    """
    return _look(reader, kinds, config, memory, sign, money, adds_up=False)


def recall_all(
    reader: Lister, kinds: Sequence[Kind], config: Config, memory: Memory, sign: Sign, money: Snapshot
) -> Recall:
    """
    As `recall`, and the survey holds all that a plan adds up: read, or declared in its place.

    What scenarios are told from is read.
    """
    seen = _look(reader, kinds, config, memory, sign, money, adds_up=True)
    world = replace(seen.part.world, salt=_salt(reader, kinds, memory))
    return replace(seen, part=replace(seen.part, world=world), surveyed=_whole(kinds, config, seen))


def _salt(reader: Lister, kinds: Sequence[Kind], memory: Memory) -> str:
    """The project's salt, which a memory does not hold, from the object that `core.seal` takes it from."""
    for kind in sorted(kinds, key=lambda kind: kind.rank):
        ours = [i for i, entry in memory.objects.get(kind.resource, {}).items() if entry.address]
        if ours:
            stamp = read_stamp(reader.retrieve(f"{kind.resource}/{ours[-1]}").get("metadata") or {})
            return stamp.salt if stamp else ""
    return ""


def _look(
    reader: Lister,
    kinds: Sequence[Kind],
    config: Config,
    memory: Memory,
    sign: Sign,
    money: Snapshot,
    *,
    adds_up: bool,
) -> Recall:
    if time.time() - memory.taken > OLDEST:
        raise GapError(f"it is older than {OLDEST // 86_400} days")
    owning = owned(kinds)
    try:
        news = touched(reader, owning, memory.event, memory.event_at)
    except AccessError:
        raise GapError("events cannot be read with this key") from None
    scan = Scan(reader, kinds, config, memory, sign, news)
    if adds_up:
        scan.open_uncounted()
    while True:
        part = scan.part(money)
        surveyed = take_inventory(kinds, part.config, part.world, part.known)
        found = find_changes(kinds, part.config, part.world, surveyed)
        if not scan.widen(part, surveyed, found, _told_from(config, surveyed) if adds_up else ()):
            if adds_up:
                scan.refuse_taken(
                    change.address for change in found.changes if change.action is Action.CREATE
                )
            return Recall(part, surveyed, found)


def _told_from(config: Config, surveyed: Inventory) -> set[Address]:
    """The cards of scenarios, and their holders as declared and as live."""
    cards = {scenario.card for scenario in config.scenarios}
    lives = {a: live for estate in surveyed.estates.values() for a, live in estate.current.items()}
    sides = [side for card in cards for side in (config.declared.get(card), lives.get(card)) if side]
    return cards | {address for side in sides for address in references(side.fields)}


def _whole(kinds: Sequence[Kind], config: Config, seen: Recall) -> Inventory:
    estates = dict(seen.surveyed.estates)
    for kind in owned(kinds):
        there = {
            address: stand_in(kind, config.declared[address], identity, seen.part.likes[identity])
            for identity, address in seen.part.known.items()
            if address.section == kind.section
        }
        estate = estates[kind.name]
        estates[kind.name] = replace(
            estate,
            current={**estate.current, **there},
            unmanaged=estate.unmanaged + len(seen.part.unmanaged[kind.resource]),
        )
    return replace(seen.surveyed, estates=estates)


def entries(
    kinds: Sequence[Kind],
    config: Config,
    sign: Sign,
    world: Snapshot,
    surveyed: Inventory,
    moving: Collection[str],
) -> dict[str, dict[str, Remembered]]:
    """
    What is to be remembered of every object, by resource and id.

    `moving` are the addresses about which there is something to say, so that they are read each time.
    """
    return {
        kind.resource: _entries(kind, config, sign, world.objects[kind.resource], surveyed, moving)
        for kind in owned(kinds)
    }


def _entries(
    kind: Kind,
    config: Config,
    sign: Sign,
    raws: Sequence[Mapping[str, Any]],
    surveyed: Inventory,
    moving: Collection[str],
) -> dict[str, Remembered]:
    found = {str(raw["id"]): Remembered("", _taken(kind, sign, raw), current=False) for raw in raws}
    estate = surveyed.estates[kind.name]
    for address, ids in estate.past.items():
        declared, live = config.declared.get(address), estate.current.get(address)
        settled = OPEN if str(address) in moving else declared_digest(sign, declared) if declared else GONE
        digest = address_digest(sign, address)
        for identity in ids:
            if live and live.id == identity:
                found[identity] = Remembered(digest, settled, True, likeness(kind, declared, live))
            else:
                found[identity] = Remembered(digest, settled, current=False, like=Likeness.DECLARED)
    return found


def _taken(kind: Kind, sign: Sign, raw: Mapping[str, Any]) -> str:
    """The digest of the address that an object has by its marks, as long as it has not ended."""
    marks = raw.get("metadata")
    if not marks or ADDRESS not in marks or kind.retirement.is_final(raw):
        return OPEN
    return taken_digest(sign, marks[ADDRESS])
