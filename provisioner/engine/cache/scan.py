"""Reading only what has changed since a full read, where Stripe's events can tell."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diff.find import Differences
from provisioner.core.model.config import Config
from provisioner.core.model.errors import OutageError, StripeError
from provisioner.core.model.resource import Address, references
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.ownership.marks import ADDRESS, PROJECT
from provisioner.core.schema.field import Shape
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.cache.cached_live import Likeness
from provisioner.engine.cache.memory import (
    GONE,
    Memory,
    Remembered,
    Sign,
    address_digest,
    declared_digest,
    taken_digest,
)
from provisioner.engine.ports import Lister
from provisioner.engine.read.events import GapError
from provisioner.engine.read.parallel_list import PAGE, READERS
from provisioner.engine.read.projection import keeper

Item = Mapping[str, Any]
News = Mapping[str, Item | None]


class OpenPart(Struct, frozen=True):
    """
    The part of a configuration and of the world that may not be in sync.

    `known` are the addresses of current objects that were left out, by id, and `likes` what stands for
    each; `unmanaged` are the ids of others' objects that were left out, by resource, and `listed` those of
    all objects that the memory has, in the order of a list.
    """

    config: Config
    world: Snapshot
    known: Mapping[str, Address]
    likes: Mapping[str, Likeness]
    unmanaged: Mapping[str, Sequence[str]]
    listed: Mapping[str, Collection[str]]


class Scan:
    """A memory held against the configuration and the news: `open` are the addresses to look at, digested."""

    def __init__(
        self, reader: Lister, kinds: Sequence[Kind], config: Config, memory: Memory, sign: Sign, news: News
    ) -> None:
        self._reader, self._config, self._memory, self._sign = reader, config, memory, sign
        self._news, self._read = news, dict(news)
        self._owning = owned(kinds)
        self._asked: dict[str, int] = {}
        self._declared = {
            address_digest(sign, address): address
            for address in config.declared
            if any(address.section == kind.section for kind in self._owning)
        }
        self._groups: dict[str, list[tuple[str, Remembered]]] = {}
        for ids in memory.objects.values():
            for identity, entry in ids.items():
                if entry.address:
                    self._groups.setdefault(entry.address, []).append((identity, entry))
        self._refuse_own_ids()
        self._open = self._unsettled()

    def open_uncounted(self) -> None:
        """Look also at what no declaration stands for when a plan adds up."""
        self._open |= {
            digest
            for digest, group in self._groups.items()
            if any(entry.current and entry.like == Likeness.NOTHING for _, entry in group)
        }

    def part(self, money: Snapshot) -> OpenPart:
        """
        Read what is open, beside what has been read of balances.

        Raises GapError where reading everything is cheaper, and AccessError.
        """
        objects = {kind.resource: self._objects(kind) for kind in self._owning}
        declared = {
            address: each
            for address, each in self._config.declared.items()
            if (digest := address_digest(self._sign, address)) in self._open
            or digest not in self._declared
            or digest not in self._groups
        }
        left_out = [
            (digest, identity, entry)
            for digest, group in self._groups.items()
            for identity, entry in group
            if digest not in self._open and entry.current and digest in self._declared
        ]
        return OpenPart(
            config=replace(self._config, declared=declared),
            world=replace(money, objects={**money.objects, **objects}),
            known={identity: self._declared[digest] for digest, identity, _ in left_out},
            likes={identity: Likeness(entry.like) for _, identity, entry in left_out},
            unmanaged={kind.resource: list(self._unmanaged(kind)) for kind in self._owning},
            listed=self._memory.objects,
        )

    def widen(
        self, part: OpenPart, surveyed: Inventory, found: Differences, needed: Collection[Address]
    ) -> bool:
        """
        Open what follows from what was found; whether there is any.

        What refers to an object that is replaced, or is another one now, follows it; what has come to an
        address that was taken to be settled opens that; so does what refers to an object of ours by its
        id. `needed` are addresses that must be read anyway.
        """
        more = {address_digest(self._sign, address) for address in needed}
        more |= {self._address(item) for items in part.world.objects.values() for item in items}
        moved = found.replaced | set(self._succeeded(surveyed))
        more |= {
            address_digest(self._sign, address)
            for address, each in (self._config.declared.items() if moved else ())
            if references(each.fields) & moved
        }
        lives = [live for estate in surveyed.estates.values() for live in estate.current.values()]
        strangers = {value for live in lives for value in live.fields.values() if isinstance(value, str)}
        more |= {d for d, group in self._groups.items() for identity, _ in group if identity in strangers}
        more = (more & self._groups.keys()) - self._open
        self._open |= more
        return bool(more)

    def refuse_taken(self, created: Iterable[Address]) -> None:
        """Raise GapError where another project has an address that is to be created: plans tell of those."""
        wanted = {taken_digest(self._sign, str(address)) for address in created}
        for ids in self._memory.objects.values() if wanted else ():
            for identity, entry in ids.items():
                if not entry.address and entry.settled in wanted and identity not in self._news:
                    raise GapError("another project has an address that is to be created")

    def _succeeded(self, surveyed: Inventory) -> Iterator[Address]:
        """The declared addresses that another object has now."""
        for digest in self._open & self._declared.keys():
            address = self._declared[digest]
            before = [identity for identity, entry in self._groups.get(digest, ()) if entry.current]
            if before and before != [surveyed.ids.get(address)]:
                yield address

    def _refuse_own_ids(self) -> None:
        """An id of one of ours where its name belongs is an error that only all objects can explain."""
        ours = {identity for group in self._groups.values() for identity, _ in group}
        ours |= {i for i, shown in self._news.items() if shown is None or self._address(shown)}
        fields = {
            kind.section: [field.name for field in kind.fields if field.shape is Shape.REF]
            for kind in self._owning
        }
        for address, declared in self._config.declared.items():
            named = [declared.fields.get(name) for name in fields.get(address.section, ())]
            if any(isinstance(value, str) and value in ours for value in named):
                raise GapError(f"{address} refers to an object of this project by its id")

    def _unsettled(self) -> set[str]:
        """The digests of the addresses about which the memory says nothing that still holds."""
        found = {digest for digest, group in self._groups.items() if not self._holds(digest, group)}
        found |= {digest for shown in self._news.values() if shown and (digest := self._address(shown))}
        for place, declared in self._config.declared.items():
            earlier = (Address(place.section, name) for name in declared.lifecycle.previously)
            found |= {address_digest(self._sign, each) for each in earlier}
        return found

    def _holds(self, digest: str, group: Sequence[tuple[str, Remembered]]) -> bool:
        address = self._declared.get(digest)
        now = declared_digest(self._sign, self._config.declared[address]) if address else GONE
        return all(entry.settled == now and identity not in self._news for identity, entry in group)

    def _address(self, shown: Item) -> str:
        """The digest of the address that an object of ours carries; empty for those of others."""
        metadata = shown.get("metadata") or {}
        if metadata.get(PROJECT) != self._config.project:
            return ""
        section, _, name = str(metadata.get(ADDRESS, "")).partition(".")
        return address_digest(self._sign, Address(section, name))

    def _objects(self, kind: Kind) -> list[Item]:
        """The objects of the open addresses, in the order of a list: from events where they show them."""
        entries = self._memory.objects.get(kind.resource, {})
        ids = [each for each in self._news if each.startswith(kind.id_prefix) and each not in entries]
        ids += [i for i, entry in entries.items() if entry.address in self._open or i in self._news]
        self._fetch(kind, [identity for identity in ids if self._read.get(identity) is None], list(entries))
        reduce = keeper(kind)
        found = [reduce(item) for identity in ids if (item := self._read[identity]) is not None]
        return sorted(found, key=lambda item: item.get("created", 0), reverse=True)

    def _fetch(self, kind: Kind, ids: Sequence[str], listed: Sequence[str]) -> None:
        """Read objects by page where they stand close to each other in the list, else one by one."""
        stretches = list(_stretches(set(ids), listed)) if ids else []
        beside = len(set(ids) - set(listed))
        self._asked[kind.name] = self._asked.get(kind.name, 0) + len(stretches) + beside
        if self._asked[kind.name] > len(listed) // PAGE + 1:
            raise GapError(f"so many {kind.name}s must be looked at that reading all costs no more")
        try:
            with ThreadPoolExecutor(READERS) as pool:
                for page in pool.map(lambda stretch: self._reader.page(kind.resource, stretch), stretches):
                    self._read.update((item["id"], item) for item in page.items if item["id"] in ids)
                left = [identity for identity in ids if self._read.get(identity) is None]
                shown = pool.map(lambda identity: self._reader.retrieve(f"{kind.resource}/{identity}"), left)
                self._read.update(zip(left, shown, strict=True))
        except OutageError:
            raise
        except StripeError:
            raise GapError(f"Stripe does not find a {kind.name} that it knows") from None

    def _unmanaged(self, kind: Kind) -> Iterator[str]:
        """The ids of others' objects; those that events tell of are among the objects that were read."""
        entries = self._memory.objects.get(kind.resource, {})
        yield from (i for i, entry in entries.items() if not entry.address and i not in self._news)


def _stretches(wanted: Collection[str], listed: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """
    The parameters of the fewest pages that show all of the `wanted` objects of a list.

    Objects are never deleted and new ones come first, so what stood beside an object stands there still.
    """
    places = [place for place, identity in enumerate(listed) if identity in wanted]
    while places:
        within = [place for place in places[:PAGE] if place < places[0] + PAGE]
        yield _stretch(listed, within[0], within[-1])
        places = places[len(within) :]


def _stretch(listed: Sequence[str], first: int, last: int) -> Mapping[str, Any]:
    if first:
        return {"limit": last - first + 1, "starting_after": listed[first - 1]}
    behind = listed[last + 1 : last + 2]
    return {"limit": last + 1, "ending_before": behind[0]} if behind else {"limit": PAGE}
