"""Reading only what has changed since a full read, where Stripe's events can tell."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from provisioner.core.kind import Kind
from provisioner.core.model import Address, Config, World
from provisioner.core.ownership import ADDRESS, PROJECT
from provisioner.engine.cache import GONE, Memory, Remembered, Sign, address_digest, declared_digest
from provisioner.engine.events import GapError, touched
from provisioner.engine.keep import keeper
from provisioner.engine.observe import observe
from provisioner.engine.ports import Lister

OLDEST = 25 * 86_400  # seconds; events are kept for 30 days (docs.stripe.com/api/events)
PAGE = 100
Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """
    The part of a configuration and of the world that may not be in sync.

    `known` are the addresses of current objects that were left out, by id, `left_out` the ids of all of
    ours that were, and `unmanaged` those of others, by resource.
    """

    config: Config
    world: World
    known: Mapping[str, Address]
    left_out: frozenset[str]
    unmanaged: Mapping[str, Sequence[str]]


def read_part(
    reader: Lister, kinds: Sequence[Kind], config: Config, memory: Memory, sign: Sign, version: str
) -> Part:
    """
    Read what a memory does not already say.

    Raises GapError where everything must be read, StripeError or AccessError.
    """
    if time.time() - memory.taken > OLDEST:
        raise GapError("it is older than 25 days")
    owning = [kind for kind in kinds if kind.owns_objects]
    news = touched(reader, owning, memory.event, memory.event_at, version)
    scan = _Scan(config, memory, sign, news)
    unsettled = scan.unsettled(owning)
    wanted = {d for d in scan.declared if d not in scan.groups} | unsettled
    addresses = {a for d, a in scan.declared.items() if d in wanted}
    addresses |= {a for a in config.declared if a.section not in {kind.section for kind in owning}}
    world = observe(reader, [kind for kind in kinds if not kind.owns_objects], addresses)
    objects = {kind.resource: scan.objects(reader, kind, unsettled) for kind in owning}
    if any(scan.astray(item, unsettled) for found in objects.values() for item in found):
        raise GapError("an object has come to an address that it does not know")
    return Part(
        config=replace(config, declared={a: config.declared[a] for a in sorted(addresses)}),
        world=replace(world, objects={**world.objects, **objects}),
        known=dict(scan.known(unsettled)),
        left_out=frozenset(scan.left_out(unsettled)),
        unmanaged={kind.resource: list(scan.unmanaged(kind)) for kind in owning},
    )


class _Scan:
    """A memory held against the configuration and the news."""

    def __init__(self, config: Config, memory: Memory, sign: Sign, news: Mapping[str, Item | None]) -> None:
        self.config, self.memory, self.sign, self.news = config, memory, sign, news
        self.declared = {address_digest(sign, address): address for address in config.declared}
        self.groups: dict[str, list[tuple[str, Remembered]]] = {}
        for ids in memory.objects.values():
            for identity, entry in ids.items():
                if entry.address:
                    self.groups.setdefault(entry.address, []).append((identity, entry))

    def unsettled(self, kinds: Collection[Kind]) -> set[str]:
        """The digests of the addresses about which the memory says nothing that still holds."""
        found = {digest for digest, group in self.groups.items() if not self._holds(digest, group)}
        for shown in self.news.values():
            if shown is not None and (address := self._address(shown)):
                found.add(address)
        for kind in kinds:
            for place, declared in self.config.declared.items():
                if place.section == kind.section:
                    earlier = (Address(place.section, name) for name in declared.lifecycle.previously)
                    found |= {address_digest(self.sign, each) for each in earlier}
        return found

    def _holds(self, digest: str, group: Sequence[tuple[str, Remembered]]) -> bool:
        address = self.declared.get(digest)
        now = declared_digest(self.sign, self.config.declared[address]) if address else GONE
        return all(entry.settled == now and identity not in self.news for identity, entry in group)

    def _address(self, shown: Item) -> str:
        """The digest of the address that an object of ours carries; empty for those of others."""
        metadata = shown.get("metadata") or {}
        if metadata.get(PROJECT) != self.config.project:
            return ""
        section, _, name = str(metadata.get(ADDRESS, "")).partition(".")
        return address_digest(self.sign, Address(section, name))

    def astray(self, shown: Item, unsettled: set[str]) -> bool:
        """Whether an object carries an address that was taken to be settled."""
        address = self._address(shown)
        return address in self.groups and address not in unsettled

    def objects(self, reader: Lister, kind: Kind, unsettled: set[str]) -> list[Item]:
        """The objects of the unsettled addresses, newest first: from events where they show them."""
        entries = self.memory.objects.get(kind.resource, {})
        ids = {identity for identity, entry in entries.items() if entry.address in unsettled}
        ids |= {each for each in self.news if each not in entries and each.startswith(kind.id_prefix)}
        ids |= {each for each in self.news if each in entries}
        missing = [identity for identity in ids if self.news.get(identity) is None]
        if len(missing) > max(1, len(entries) // PAGE):
            raise GapError(f"{len(missing)} {kind.name}s would have to be read one by one")
        reduce = keeper(kind)
        shown = {identity: self.news.get(identity) for identity in ids}
        shown |= {identity: reader.retrieve(f"{kind.resource}/{identity}") for identity in missing}
        found = [reduce(item) for item in shown.values() if item is not None]
        return sorted(found, key=lambda item: (item.get("created", 0), item["id"]), reverse=True)

    def known(self, unsettled: set[str]) -> Iterator[tuple[str, Address]]:
        for digest, group in self.groups.items():
            address = self.declared.get(digest)
            if address is not None and digest not in unsettled:
                yield from ((identity, address) for identity, entry in group if entry.current)

    def left_out(self, unsettled: set[str]) -> Iterator[str]:
        """The ids of ours that were left out and that no address stands for."""
        for digest, group in self.groups.items():
            if digest not in unsettled:
                stood_for = digest in self.declared
                yield from (identity for identity, entry in group if not (stood_for and entry.current))

    def unmanaged(self, kind: Kind) -> Iterator[str]:
        """The ids of others' objects; those that events tell of are among the objects that were read."""
        entries = self.memory.objects.get(kind.resource, {})
        yield from (i for i, entry in entries.items() if not entry.address and i not in self.news)
