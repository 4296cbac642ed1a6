"""The past of an account, from its history file and a snapshot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.model.errors import AccessError
from provisioner.core.model.snapshot import Observed, Snapshot
from provisioner.core.purchases.past import Moment, PastCard, PastControls
from provisioner.core.schema.kind import Kind, Role
from provisioner.core.schema.normal_form import reader
from provisioner.engine.purchases.history_file import HistoryFile, RecordedChange
from provisioner.engine.purchases.read_history import PARTS

ROLES = (Role.HOLDER, Role.SPENDER)


class StoredPast(Struct, frozen=True):
    """A past whose authorizations are in a file."""

    file: HistoryFile
    """The file, which must stay open."""
    since: int
    """The time since which all authorizations are in the file (Unix seconds)."""
    with_merchants: bool
    """True if merchants' names may be shown."""
    cards: Mapping[str, PastCard]
    """All cards of the account, by id."""
    controls: Mapping[str, Sequence[PastControls]]
    """All versions of the controls of each card and cardholder by id, oldest first."""
    horizon: int
    """The time since which every change of controls is known."""

    def moments(self) -> Iterator[Moment]:
        """Yield the requests and moves in the order of time."""
        return self.file.moments(self.since, with_merchants=self.with_merchants)


def controlled(kinds: Iterable[Kind]) -> list[Kind]:
    """Return the kinds whose controls decide purchases."""
    return [kind for kind in kinds if kind.role in ROLES]


def past_cards(kinds: Iterable[Kind], snapshot: Snapshot) -> Mapping[str, PastCard]:
    """Return all cards of a snapshot by id."""
    return {
        item.id: PastCard(
            item.id,
            str(item.fields.get("cardholder", "")),
            str(item.fields.get("currency", "")),
            str(item.fields.get("replacement_for", "")),
            int(item.fields.get("exp_month") or 0),
            int(item.fields.get("exp_year") or 0),
        )
        for kind in kinds
        if kind.role is Role.SPENDER
        for item in snapshot.objects[kind.resource]
    }


def check_cards(history: HistoryFile, cards: Mapping[str, PastCard]) -> None:
    """
    Raise AccessError if a history has a card that the account does not have.

    Stripe never deletes a card, so such a history belongs to another account, or to a sandbox before its
    reset.
    """
    if strange := sorted(history.cards() - cards.keys()):
        raise AccessError(
            f"{history.path} has purchases of {strange[0]}, a card that this account does not have; it is of "
            "another account, or of a sandbox before its reset. Use another file, or delete it"
        )


def past_controls(
    kinds: Iterable[Kind], snapshot: Snapshot, changes: Iterable[RecordedChange], horizon: int
) -> Mapping[str, Sequence[PastControls]]:
    """
    Return all versions of the controls of each card and cardholder by id.

    They are computed from the current controls and the recorded changes.
    """
    by_object: dict[str, list[RecordedChange]] = {}
    for change in changes:
        by_object.setdefault(change.object, []).append(change)
    found = {}
    for kind in controlled(kinds):
        state = _state_reader(kind)
        for item in snapshot.objects[kind.resource]:
            found[item.id] = _states(item, by_object.get(item.id, ()), state, horizon)
    return found


def _states(
    item: Observed, changes: Sequence[RecordedChange], state: Any, horizon: int
) -> Sequence[PastControls]:
    """Return all versions of the controls of one object, oldest first."""
    fields = {name: item.fields[name] for name in PARTS if name in item.fields}
    outstanding = item.facts.outstanding
    now = PastControls(0, fields, bool(outstanding and outstanding.reason))
    if not changes:
        return (now,)
    found = [PastControls(0, *state(changes[0].before))]
    for change in changes:
        _join(found, PastControls(0, *state(change.before)), horizon)
        found.append(PastControls(change.at, *state(change.after)))
    _join(found, now, horizon)
    return found


def _join(found: list[PastControls], following: PastControls, horizon: int) -> None:
    """Add the controls at the horizon if a gap between two changes shows that earlier changes are missing."""
    last = found[-1]
    if last.since < horizon and (last.fields, last.disabled) != (following.fields, following.disabled):
        found.append(PastControls(horizon, following.fields, following.disabled))


def _state_reader(kind: Kind) -> Any:
    """Return a function that extracts from a Stripe object its controls, and whether it is disabled."""
    read = reader([field for field in kind.fields if field.name in PARTS])

    def state(raw: Mapping[str, Any]) -> tuple[Mapping[str, Any], bool]:
        return read(raw), bool((raw.get("requirements") or {}).get("disabled_reason"))

    return state
