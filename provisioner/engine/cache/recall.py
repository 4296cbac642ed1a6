"""
Derives the current state of Stripe from a cache and later events, and compares the configuration with
it.
"""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.change import Action
from provisioner.core.diff.find import Comparison, compare_with
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError, OutageError, StripeError
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import is_retired
from provisioner.core.schema.kind import Kind, Role, announced
from provisioner.engine.cache.entries import Objects, Told, declaration_digest, in_normal_form
from provisioner.engine.cache.file import Content, Entry, Sign
from provisioner.engine.ports import Lister
from provisioner.engine.read.events import GapError, touched
from provisioner.engine.read.parallel_list import PAGE, READERS
from provisioner.engine.read.projection import observer

# seconds. Stripe keeps events for 30 days (docs.stripe.com/api/events). Whether there are events for all
# later requirements for a cardholder is not documented [?], so everything is read again much earlier.
OLDEST = 7 * 86_400

Item = Mapping[str, Any]


def recall(
    reader: Lister,
    kinds: Sequence[Kind],
    config: Config,
    content: Content,
    sign: Sign,
    unannounced: Snapshot,
    *,
    sealed: bool,
) -> Comparison:
    """
    Compare the configuration with Stripe's state, derived from a cache and later events.

    `unannounced` has the data that events do not report. What neither the cache nor the events contain is
    read; with `sealed`, so is the object whose ownership metadata has the salt for the digests in a plan.
    Raises GapError if everything must be read, and as `compare_with` does.
    """
    if time.time() - content.taken > OLDEST:
        raise GapError(f"it is older than {OLDEST // 86_400} days")
    recalled = _Recalled(reader, announced(kinds), config, content)
    unknown = recalled.unknown(content, sign)
    if sealed:
        unknown |= recalled.salted()
    while True:
        recalled.read(unknown)
        objects = {**unannounced.objects, **recalled.objects}
        seen = compare_with(kinds, config, replace(unannounced, objects=objects))
        if not (unknown := recalled.wanting(seen)):
            return seen


class _Recalled:
    """
    The objects of a cache, updated from later events and from objects that were read.

    objects: the objects by resource, as lists show them.
    """

    def __init__(self, reader: Lister, kinds: Sequence[Kind], config: Config, content: Content) -> None:
        self._reader, self._kinds, self._config = reader, kinds, config
        self._declared = {str(address): each for address, each in config.declared.items()}
        patches = [replace(patch, fields=in_normal_form(patch.fields)) for patch in content.patches]
        self.objects = {
            kind.resource: Objects(kind, content.objects[kind.resource], patches, self._declared)
            for kind in kinds
        }
        self._asked: Counter[str] = Counter()
        self._in_part: dict[str, Entry] = {}
        try:
            self._news = touched(reader, kinds, content.event, content.event_at)
        except AccessError:
            raise GapError("events cannot be read with this key") from None

    def unknown(self, content: Content, sign: Sign) -> set[str]:
        """Update the entries from events, and return the objects about which neither contains enough."""
        found = {identity for identity, shown in self._news.items() if shown is None}
        for entry in chain.from_iterable(content.objects.values()):
            declared = self._declared.get(entry.address)
            known = not entry.declared or (declared and entry.declared == declaration_digest(sign, declared))
            if not known or entry.told == Told.NOTHING:
                found.add(entry.id)
            elif entry.told == Told.ENOUGH:
                self._in_part[entry.id] = entry
        shown = {identity: item for identity, item in self._news.items() if item is not None}
        self._lay(shown)
        return found - shown.keys()

    def salted(self) -> set[str]:
        """
        Return the object from which `core.ownership.seal` takes the project's salt, unless it has been
        read.
        """
        for kind in self._kinds:
            objects = self.objects[kind.resource]
            for place in reversed(range(len(objects))):
                if objects[place].project == self._config.project:
                    entry = objects.entries[place]
                    return {entry.id} if isinstance(entry, Entry) else set()
        return set()

    def wanting(self, seen: Comparison) -> set[str]:
        """
        Return the ids of the objects whose entries do not contain enough.

        These are the objects that change, those that are newly in the configuration or can still act, and
        unmanaged cardholders if a cardholder is created, because a plan notes one with the same name.
        """
        found = {change.id for change in seen.differences.changes if change.id}
        created = {change.kind for change in seen.differences.changes if change.action is Action.CREATE}
        unmanaged = {
            entry.id
            for kind in self._kinds
            if kind.role is Role.HOLDER and kind.name in created
            for entry in self.objects[kind.resource].entries
            if isinstance(entry, Entry) and not entry.address
        }
        for kind in self._kinds if self._in_part else ():
            for address, live in seen.inventory.estates[kind.name].current.items():
                entry = self._in_part.get(live.id)
                if entry and not entry.declared:
                    acts = address in self._config.declared or not is_retired(kind, live, cancel=False)
                    found |= {live.id} if acts else set()
        return found & self._in_part.keys() | unmanaged

    def read(self, ids: Collection[str]) -> None:
        """Read objects: by page where they are close to each other in the list, otherwise one by one."""
        found: dict[str, Item] = {}
        for kind in self._kinds if ids else ():
            listed = [each.id for each in self.objects[kind.resource].entries]
            wanted = {identity for identity in ids if identity.startswith(kind.id_prefix)}
            pages = _pages([place for place, identity in enumerate(listed) if identity in wanted])
            self._asked[kind.name] += len(pages) + len(wanted.difference(listed))
            if self._asked[kind.name] > len(listed) // PAGE + 1:
                raise GapError(f"too many {kind.name}s must be read; reading everything is not slower")
            asked = [_parameters(listed, *page) for page in pages if page[0] < page[1]]
            try:
                with ThreadPoolExecutor(READERS) as pool:
                    for page in pool.map(lambda params, k=kind: self._reader.page(k.resource, params), asked):
                        found |= {item["id"]: item for item in page.items if item["id"] in wanted}
                    left = [f"{kind.resource}/{identity}" for identity in wanted - found.keys()]
                    found |= {item["id"]: item for item in pool.map(self._reader.retrieve, left)}
            except OutageError:
                raise
            except StripeError:
                raise GapError(f"Stripe cannot find a {kind.name} that it contains") from None
        self._lay(found)

    def _lay(self, shown: Mapping[str, Item]) -> None:
        """Replace entries with the objects that Stripe shows, and put new objects before all others."""
        for kind in self._kinds if shown else ():
            observed = observer(kind, self._config.declared)
            found = {i: observed(item) for i, item in shown.items() if i.startswith(kind.id_prefix)}
            entries = self.objects[kind.resource].entries
            for place, each in enumerate(entries):
                if each.id in found:
                    entries[place] = found.pop(each.id)
                    self._in_part.pop(each.id, None)
            entries[:0] = sorted(found.values(), key=lambda each: each.created, reverse=True)


def _pages(places: Sequence[int]) -> list[tuple[int, int]]:
    """
    Return the fewest pages that contain all places of a list, each with the first and last place that it must
    have.
    """
    found: list[tuple[int, int]] = []
    for place in places:
        if found and place < found[-1][0] + PAGE:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def _parameters(listed: Sequence[str], first: int, last: int) -> Mapping[str, Any]:
    """
    Return the parameters of a page; since nothing is deleted and new objects come first, neighbors stay
    neighbors.
    """
    if first:
        return {"limit": last - first + 1, "starting_after": listed[first - 1]}
    behind = listed[last + 1 : last + 2]
    return {"limit": last + 1, "ending_before": behind[0]} if behind else {"limit": PAGE}
