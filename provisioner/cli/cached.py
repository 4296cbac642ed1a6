"""What `drift` looks at: all of Stripe, or with a cache file only what may have changed since."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner import __version__
from provisioner.cli.log import tell
from provisioner.cli.session import Session
from provisioner.core.drift import Drift, find_drift
from provisioner.core.estate import Survey, survey
from provisioner.core.find import find_changes
from provisioner.core.model import Config, World
from provisioner.core.ownership import PROJECT
from provisioner.core.problem import AccessError, ProvisionerError
from provisioner.core.settled import stands_for_all
from provisioner.engine.cache import (
    GONE,
    OPEN,
    Memory,
    Remembered,
    Sign,
    address_digest,
    declared_digest,
    identity_of,
    load,
    save,
    signing,
)
from provisioner.engine.events import GapError, newest_event
from provisioner.engine.warm import read_part
from provisioner.kinds import KINDS
from provisioner.stripe_api import StripeReader


@dataclass(frozen=True, slots=True)
class Seen:
    """What has drifted, and the ids of others' objects by kind."""

    drifts: Sequence[Drift]
    others: Mapping[str, Sequence[str]]


def look(stripe: Session, cache: Path | None, *, refresh: bool) -> Seen:
    """
    Find drift; raises as `Session.observe` does, ConflictError, and ProvisionerError for a cache file.

    With a cache file only what may have changed is read; where that cannot be told, everything is, and a
    line on stderr says why.
    """
    if cache is None:
        return _full(stripe)[0]
    sign = signing(stripe.transport.secret)
    if not refresh:
        try:
            return _part(stripe, cache, sign)
        except GapError as gap:
            tell(f"Reading everything: {cache} cannot be used, {gap}.")
        except AccessError:
            tell("Reading everything: the key may not read events.")
    return _remember(stripe, cache, sign)


def _part(stripe: Session, cache: Path, sign: Sign) -> Seen:
    memory = load(cache, sign)
    if memory is None:
        raise GapError("it is not there yet, or no cache that this key has written")
    reader = StripeReader(stripe.transport)
    part = read_part(reader, KINDS, stripe.config, memory, sign, reader.version)
    stripe.check_account(part.world)
    if memory.identity != _identity(stripe, sign, part.world):
        raise GapError("it is of another account, project, mode or version")
    surveyed = survey(KINDS, part.config, part.world, part.known)
    found = find_changes(KINDS, part.config, part.world, surveyed)
    if not stands_for_all(KINDS, surveyed, found.changes, part.left_out):
        raise GapError("what has changed concerns others as well")
    drifts = find_drift(KINDS, part.config, surveyed, found.changes, found.notes)
    others = _others(part.config, part.world)
    for kind in KINDS:
        if kind.owns_objects:
            others[kind.name] += part.unmanaged.get(kind.resource, ())
    return Seen(drifts, others)


def _full(stripe: Session) -> tuple[Seen, World, Survey, set[str]]:
    """Everything, and the addresses that are not in sync."""
    config, world = stripe.config, stripe.observe()
    surveyed = survey(KINDS, config, world)
    found = find_changes(KINDS, config, world, surveyed)
    drifts = find_drift(KINDS, config, surveyed, found.changes, found.notes)
    moving = {str(change.address) for change in found.changes} | {str(drift.address) for drift in drifts}
    moving |= {note.address for note in found.notes}
    return Seen(drifts, _others(config, world)), world, surveyed, moving


def _remember(stripe: Session, cache: Path, sign: Sign) -> Seen:
    """Read everything, and leave behind what the next run needs."""
    reader = StripeReader(stripe.transport)
    try:
        event, event_at = newest_event(reader, KINDS)
    except AccessError:
        return _full(stripe)[0]
    taken = int(time.time())
    seen, world, surveyed, moving = _full(stripe)
    objects = {
        kind.resource: _entries(stripe.config, sign, world.objects[kind.resource], surveyed, moving)
        for kind in KINDS
        if kind.owns_objects
    }
    try:
        save(cache, sign, Memory(_identity(stripe, sign, world), taken, event, event_at, objects))
    except OSError as error:
        raise ProvisionerError(f"{cache} cannot be written: {error.strerror}") from None
    return seen


def _entries(
    config: Config, sign: Sign, raws: Sequence[Mapping[str, Any]], surveyed: Survey, moving: set[str]
) -> dict[str, Remembered]:
    """Every object by its id; those of others with nothing but that."""
    entries = {str(raw["id"]): Remembered("", OPEN, current=False) for raw in raws}
    for estate in surveyed.estates.values():
        for address, ids in estate.past.items():
            declared = config.declared.get(address)
            settled = (
                OPEN if str(address) in moving else declared_digest(sign, declared) if declared else GONE
            )
            digest = address_digest(sign, address)
            for identity in ids:
                if identity in entries:
                    current = surveyed.ids.get(address) == identity
                    entries[identity] = Remembered(digest, settled, current)
    return entries


def _identity(stripe: Session, sign: Sign, world: World) -> str:
    account = str(world.account.get("id", ""))
    return identity_of(sign, stripe.config, [account, StripeReader.version, __version__])


def _others(config: Config, world: World) -> dict[str, list[str]]:
    """The ids of the objects that this project does not manage, by kind."""
    return {
        kind.name: [
            str(raw["id"])
            for raw in world.objects.get(kind.resource, ())
            if (raw.get("metadata") or {}).get(PROJECT) != config.project
        ]
        for kind in KINDS
        if kind.owns_objects
    }
