"""The blast radius: what a plan costs at worst, said before anything else."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.after import fields_after
from provisioner.core.change import Action, Change
from provisioner.core.crud import references
from provisioner.core.kind import Kind
from provisioner.core.model import MASK, Live
from provisioner.core.money import Money


class BlastRadius(Struct, frozen=True):
    """
    `money` that moves; `exposure` added a month by currency in minor units (None: without limit);
    `activated` cards that can newly spend; `final` changes that nothing can undo.
    """

    money: tuple[Money, ...] = ()
    exposure: Mapping[str, int | None] = field(default_factory=dict)
    activated: int = 0
    final: int = 0


def blast_radius(
    kinds: Mapping[str, Kind], changes: Iterable[Change], lives: Iterable[Live] = ()
) -> BlastRadius:
    """
    Add up what the changes move, give and end.

    `lives` are all live objects of the project: what a cardholder that comes back brings with it.
    """
    changes = tuple(changes)
    money: dict[str, int] = defaultdict(int)
    exposure: dict[str, int | None] = {}
    activated = final = 0
    for change in changes:
        kind = kinds[change.kind]
        if change.action is Action.TOP_UP:
            money[change.params["currency"]] += change.params["amount"]
        if kind.exposure and change.declared:
            _add_exposure(kind, change, exposure)
            activated += _newly_spends(kind, change)
        final += _is_final(kind, change)
    for kind, live in _brought_back(kinds, changes, lives):
        activated += 1
        _add(
            exposure,
            str(live.fields.get("currency", MASK)),
            kind.exposure(live.fields) if kind.exposure else 0,
        )
    moved = tuple(Money(amount, currency) for currency, amount in sorted(money.items()))
    return BlastRadius(moved, dict(sorted(exposure.items())), activated, final)


def _brought_back(
    kinds: Mapping[str, Kind], changes: Iterable[Change], lives: Iterable[Live]
) -> Iterator[tuple[Kind, Live]]:
    """The live cards, not changed themselves, of cardholders that are switched on."""
    spenders = {kind.section: kind for kind in kinds.values() if kind.exposure}
    on = {c.address for c in changes if c.kind in kinds and _switched_on(kinds[c.kind], c)}
    changed = {change.address for change in changes}
    for live in lives if on else ():
        kind = spenders.get(live.address.section)
        spends = kind is not None and kind.exposure is not None and kind.exposure(live.fields) != 0
        if kind and spends and live.address not in changed and references(live.fields) & on:
            yield kind, live


def _switched_on(kind: Kind, change: Change) -> bool:
    """Whether a change lets what refers to its object be used again."""
    to_active = any(edit.path == "status" and edit.after == "active" for edit in change.edits)
    return kind.exposure is None and change.live is not None and to_active


def _is_final(kind: Kind, change: Change) -> bool:
    canceled = change.action is Action.RETIRE and bool(change.params.get("cancel"))
    return kind.cancel is not None and (canceled or change.action is Action.REPLACE)


def _before(change: Change) -> Mapping[str, Any]:
    return change.live.fields if change.live else {}


def _newly_spends(kind: Kind, change: Change) -> bool:
    if kind.exposure is None:
        return False
    return kind.exposure(fields_after(kind, change)) != 0 and not (
        change.live and kind.exposure(_before(change)) != 0
    )


def _add_exposure(kind: Kind, change: Change, exposure: dict[str, int | None]) -> None:
    if kind.exposure is None:
        return
    had, has = _before(change), fields_after(kind, change)
    # what could be spent in one currency says nothing of another: nobody knows the rate
    before = kind.exposure(had) if change.live and had.get("currency") == has.get("currency") else 0
    after = kind.exposure(has)
    if before == after or before is None:
        return
    _add(exposure, str(has.get("currency", MASK)), None if after is None else max(after - before, 0))


def _add(exposure: dict[str, int | None], currency: str, amount: int | None) -> None:
    """Add to the exposure in a currency; without limit stays without limit."""
    if amount is None:
        exposure[currency] = None
    elif amount and exposure.get(currency, 0) is not None:
        exposure[currency] = (exposure.get(currency) or 0) + amount
