"""Reads Stripe for `drift` and `plan`: everything or, with a cache file, only what may have changed."""

import logging
import time
from pathlib import Path

from msgspec import Struct

from provisioner._version import __version__
from provisioner.app.account import Account
from provisioner.core.diff.find import Comparison
from provisioner.core.diff.grants import with_grants
from provisioner.core.model.errors import AccessError, ProvisionerError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.schema.kind import owned
from provisioner.engine.cache import file
from provisioner.engine.cache.entries import EntryWriter
from provisioner.engine.cache.recall import recall
from provisioner.engine.read.events import GapError, newest_event

log = logging.getLogger("provisioner")


class Cache(Struct, frozen=True):
    """A file that stores the last full read."""

    path: Path
    """The file."""
    refresh: bool = False
    """True to read everything and rewrite the file."""


def compare(account: Account, cache: Cache | None, *, sealed: bool) -> Comparison:
    """
    Compare the configuration with Stripe, with as few requests as a cache file allows.

    If the cache cannot be used, everything is read, and the log says why. `sealed` is for a plan, which needs
    the project's salt. Raises as `Account.compare` does.
    """
    if cache is None:
        return account.compare()
    sign = file.signer(account.transport.secret)
    if not cache.path.exists():
        log.info("Reading everything: %s does not exist yet.", cache.path)
    elif not cache.refresh:
        try:
            return _recalled(account, cache.path, sign, sealed=sealed)
        except GapError as gap:
            log.info("Reading everything: %s cannot be used, %s.", cache.path, gap)
    return _remembered(account, cache.path, sign)


def _recalled(account: Account, path: Path, sign: file.Sign, *, sealed: bool) -> Comparison:
    cached = file.load(path, sign)
    if cached is None:
        raise GapError("it is not a cache that this key has written")
    known = [resource for resource, entries in cached.objects.items() if entries]
    unannounced = account.read_unannounced(known)
    if cached.identity != _identity(account, sign, unannounced):
        raise GapError("it is for another account, project, mode, or version")
    config = account.config
    seen = recall(account.reader, account.kinds, config, cached, sign, unannounced, sealed=sealed)
    return with_grants(account.kinds, config, seen)


def _remembered(account: Account, path: Path, sign: file.Sign) -> Comparison:
    """Read everything, and write it to the cache for the next run."""
    try:
        event, event_at = newest_event(account.reader, account.kinds)
    except AccessError:
        log.info("%s is not written: events cannot be read with this key.", path)
        return account.compare()
    taken, seen = int(time.time()), account.compare()
    writer = EntryWriter(account.config, seen.inventory, sign)
    objects = {
        kind.resource: [writer.entry(kind, item) for item in seen.snapshot.objects[kind.resource]]
        for kind in owned(account.kinds)
    }
    identity = _identity(account, sign, seen.snapshot)
    try:
        file.save(path, sign, file.Content(identity, taken, event, event_at, writer.patches, objects))
    except ProvisionerError as error:
        log.warning("Warning: %s; the next run will read everything again.", error)
    return seen


def _identity(account: Account, sign: file.Sign, snapshot: Snapshot) -> str:
    found = [str(snapshot.account.get("id", "")), account.transport.account or ""]
    return file.identity_of(sign, account.config, [*found, account.reader.version, __version__])
