"""What `drift` and `plan` look at: all of Stripe, or with a cache file only what may have changed since."""

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

from provisioner import __version__
from provisioner.cli.log import tell
from provisioner.cli.session import Session
from provisioner.core.drift import Drift, find_drift
from provisioner.core.estate import survey
from provisioner.core.find import find_changes
from provisioner.core.model import World
from provisioner.core.ownership import PROJECT
from provisioner.core.plan import Plan, conclude
from provisioner.core.problem import AccessError, ProvisionerError
from provisioner.core.select import Selection
from provisioner.engine.cache import Memory, Sign, identity_of, is_ours, load, signing, text_of
from provisioner.engine.events import GapError, newest_event
from provisioner.engine.observe import observe
from provisioner.engine.private_file import check_replaceable, write_private
from provisioner.engine.recall import Recall, entries, recall, recall_all
from provisioner.engine.warm import Part
from provisioner.kinds import KINDS
from provisioner.stripe_api import StripeReader

R = TypeVar("R")
Recalling = Callable[..., Recall]


class Cache(Struct, frozen=True):
    """A cache file, and whether to read everything and write it anew."""

    path: Path
    refresh: bool = False


class Seen(Struct, frozen=True):
    """What has drifted, the ids of others' objects by kind, and the account's ("" where it is not told)."""

    drifts: Sequence[Drift]
    others: Mapping[str, Sequence[str]]
    account: str


def cache_options(command: Callable[..., R]) -> Callable[..., R]:
    """`--cache` and `--refresh`; the command is handed them as `cache` (None: read everything)."""

    @wraps(command)
    def run(*words: Any, cache: Path | None, refresh: bool, **given: Any) -> R:
        return command(*words, cache=Cache(cache, refresh) if cache else None, **given)

    run = click.option("--refresh", is_flag=True, help="Read everything, and write the cache file anew.")(run)
    return click.option(
        "--cache",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        callback=_own,
        help="Digests of the last full read; with them only what has changed since is read.",
    )(run)


def _own(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> Path | None:
    """Let no file pass that is somebody else's and would be written over."""
    if path is None:
        return None
    try:
        check_replaceable(path)
        ours = not path.exists() or is_ours(path)
    except ProvisionerError as error:
        raise click.BadParameter(str(error)) from None
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}") from None
    if not ours:
        raise click.BadParameter(
            f"{path} is there and is no cache, so it is left as it is; name a file that is there for the "
            "cache alone, such as provisioner.cache"
        )
    return path


def look(stripe: Session, cache: Cache | None) -> Seen:
    """
    Find drift; raises as `Session.observe` does, ConfigError and ConflictError.

    With a cache file only what may have changed is read; where that cannot be told, everything is, and a
    line on stderr says why.
    """
    return _through(stripe, cache, recall, _seen)


def planned(stripe: Session, cache: Cache | None, selection: Selection) -> Plan:
    """
    The plan that `Session.plan` makes, to the letter; reads and raises as `look` does.

    An apply never uses one of these: it reads everything.
    """
    if cache is None:
        return stripe.plan(selection)

    def conclusion(recalled: Recall) -> Plan:
        world, surveyed, found = recalled.part.world, recalled.surveyed, recalled.found
        return conclude(KINDS, stripe.config, world, surveyed, found, selection)

    def sure(recalled: Recall) -> Plan:
        try:
            return conclusion(recalled)
        except ProvisionerError:
            raise GapError("it holds no names, and one is asked for that is not declared") from None

    return _through(stripe, cache, recall_all, sure, conclusion)


def _through(
    stripe: Session,
    cache: Cache | None,
    recalling: Recalling,
    conclusion: Callable[[Recall], R],
    of_everything: Callable[[Recall], R] | None = None,
) -> R:
    """Conclude from what a cache file knows, or from everything."""
    of_everything = of_everything or conclusion
    if cache is None:
        return of_everything(_everything(stripe))
    sign = signing(stripe.transport.secret)
    if not cache.path.exists():
        tell(f"Reading everything: {cache.path} is not there yet.")
    elif not cache.refresh:
        try:
            return conclusion(_recalled(stripe, cache.path, sign, recalling))
        except GapError as gap:
            tell(f"Reading everything: {cache.path} cannot be used, {gap}.")
    return of_everything(_remember(stripe, cache.path, sign))


def _everything(stripe: Session) -> Recall:
    config, world = stripe.config, stripe.observe()
    surveyed = survey(KINDS, config, world)
    return Recall(Part(config, world, {}, {}, {}, {}), surveyed, find_changes(KINDS, config, world, surveyed))


def _recalled(stripe: Session, path: Path, sign: Sign, recalling: Recalling) -> Recall:
    memory = load(path, sign)
    if memory is None:
        raise GapError("it is no cache that this key has written")
    reader, config = StripeReader(stripe.transport), stripe.config
    money = observe(reader, [kind for kind in KINDS if not kind.owns_objects], config.declared)
    stripe.check_account(money)
    if memory.identity != _identity(stripe, sign, money):
        raise GapError("it is of another account, project, mode or version")
    return recalling(reader, KINDS, config, memory, sign, money)


def _remember(stripe: Session, path: Path, sign: Sign) -> Recall:
    """Read everything, and leave behind what the next run needs."""
    try:
        event, event_at = newest_event(StripeReader(stripe.transport), KINDS)
    except AccessError:
        tell(f"{path} is not written: events cannot be read with this key.")
        return _everything(stripe)
    taken, seen = int(time.time()), _everything(stripe)
    config, world, found = stripe.config, seen.part.world, seen.found
    moving = {str(change.address) for change in found.changes} | {note.address for note in found.notes}
    moving |= {str(d.address) for d in find_drift(KINDS, config, seen.surveyed, found.changes, found.notes)}
    objects = entries(KINDS, config, sign, world, seen.surveyed, moving)
    memory = Memory(_identity(stripe, sign, world), taken, event, event_at, objects)
    try:
        write_private(path, text_of(sign, memory))
    except ProvisionerError as error:
        tell(f"Warning: {error}; the next run reads everything again.", level=logging.WARNING)
    return seen


def _identity(stripe: Session, sign: Sign, world: World) -> str:
    account = [str(world.account.get("id", "")), os.environ.get("STRIPE_ACCOUNT", "")]
    return identity_of(sign, stripe.config, [*account, StripeReader.version, __version__])


def _seen(recalled: Recall) -> Seen:
    part, found = recalled.part, recalled.found
    drifts = find_drift(KINDS, part.config, recalled.surveyed, found.changes, found.notes)
    others = {kind.name: _of_others(part, kind.resource) for kind in KINDS if kind.owns_objects}
    return Seen(drifts, others, str(part.world.account.get("id", "")))


def _of_others(part: Part, resource: str) -> list[str]:
    """The ids of the objects that this project does not manage, in the order of a list: newest first."""
    project, raws = part.config.project, part.world.objects.get(resource, ())
    read = [str(raw["id"]) for raw in raws if (raw.get("metadata") or {}).get(PROJECT) != project]
    left_out = part.unmanaged.get(resource, ())
    if not read or not left_out:
        return [*read, *left_out]
    place = {identity: number for number, identity in enumerate(part.listed[resource])}
    return sorted([*read, *left_out], key=lambda identity: place.get(identity, -1))
