"""Drift: changes in Stripe since the last apply, as opposed to changes in the configuration."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diff.baseline import attributed
from provisioner.core.diff.change import Action, Change, Moved, Note
from provisioner.core.diff.compare import compare
from provisioner.core.diff.grants import overdue
from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address, Declared, Live, Place
from provisioner.core.ownership.inventory import Inventory, KindInventory, is_reactivated
from provisioner.core.ownership.reissue import says_self_canceled
from provisioner.core.schema.field import Direction
from provisioner.core.schema.kind import Kind, owned


class Drift(Struct, frozen=True):
    """
    One value that differs from the configuration. Amounts are in minor units; sensitive values are
    masked.
    """

    address: Address
    """The address."""
    id: str
    """The id of the object."""
    path: str
    """Dotted path of the value; empty for the whole object."""
    moved: Moved
    """The side that changed it."""
    declared: Any
    """The value in the configuration."""
    live: Any
    """The value in Stripe."""
    direction: Direction = Direction.NEUTRAL
    """The direction of the change in Stripe; broadening drift raises spending without review."""
    currency: str = ""
    """Currency of the amounts; empty if there are none."""
    text: str = ""
    """A description shown instead of the two values; empty to show the values."""
    row: Mapping[str, Any] | None = None
    """The fields that identify the row of a table, such as its interval."""
    currency_live: str | None = None
    """Currency of the amounts in `live` if it differs; empty if Stripe does not return it."""
    grant: str = ""
    """The ended grants that set the value in Stripe, with their ends; empty if none did."""

    @property
    def place(self) -> Place:
        """Return the address and path, which identify the value."""
        return (self.address, self.path)

    @property
    def counts(self) -> bool:
        """Return True if the value is drift."""
        return self.moved in (Moved.LIVE, Moved.BOTH)

    @property
    def waits(self) -> bool:
        """Return True if the value differs only because the configuration is not applied yet."""
        return self.moved is Moved.YAML

    @property
    def warns(self) -> bool:
        """Return True if the value is not drift, but needs attention."""
        return self.moved is Moved.STRIPE


def find_drift(
    kinds: Sequence[Kind],
    config: Config,
    surveyed: Inventory,
    changes: Sequence[Change],
    notes: Iterable[Note] = (),
) -> tuple[Drift, ...]:
    """Return all differences, by address and path; `changes` and `notes` are those of a plan."""
    found: list[Drift] = []
    notes = tuple(notes)
    told = {str(change.address) for change in changes} | {note.address for note in notes}
    for kind in owned(kinds):
        estate = surveyed.estates[kind.name]
        for address, live in estate.current.items():
            declared = config.declared.get(address)
            if declared is None:
                found += _of_retired(kind, live)
                continue
            found += _by_stripe(kind, declared, live)
            if told and str(address) in told:  # otherwise there is no edit either
                found += _edited(kind, declared, live, surveyed)
        found += _gone(kind, estate, changes)
        again = {change.address for change in changes} if estate.self_canceled else set()
        for address, live in estate.self_canceled.items():
            if address in config.declared and address not in again:
                found.append(
                    Drift(address, live.id, "", Moved.ENDED, None, None, text=says_self_canceled(live))
                )
    found += _waiting(changes, {drift.address for drift in found if not drift.warns})
    found = [*_with_grants(kinds, config, surveyed, found)]
    said = {text.partition(" ")[0] for drift in found for text in drift.grant.split("; ")}
    for note in notes:
        section, _, name = note.address.partition(".")
        if note.pending and note.address not in said:  # a grant whose value is still there adds nothing
            found.append(Drift(Address(section, name), "", "", Moved.YAML, None, None, text=note.text))
    return tuple(sorted(found, key=lambda drift: (drift.address, drift.path)))


def _with_grants(
    kinds: Sequence[Kind], config: Config, surveyed: Inventory, found: Iterable[Drift]
) -> Iterator[Drift]:
    """Yield the differences, completed with the ended grants whose values are still in Stripe."""
    late = {
        (change.address, edit.path): change.reason
        for change in overdue(kinds, config, surveyed)
        for edit in change.edits
    }
    for drift in found:
        yield replace(drift, grant=late.get(drift.place, "")) if drift.waits else drift


def _by_stripe(kind: Kind, declared: Declared, live: Live) -> Iterator[Drift]:
    """Yield restrictions made by Stripe itself, which an apply cannot lift."""
    for field in kind.held_by_stripe(live.fields):
        there, wanted = live.fields[field.name], declared.fields.get(field.name, field.default)
        text = f"{field.name} is {there}, which only Stripe can change"
        yield Drift(
            declared.address, live.id, field.name, Moved.LIVE, wanted, there, Direction.TIGHTENING, text=text
        )
    for text in (live.outstanding.says() if live.outstanding else "", live.remark):
        if text:
            yield Drift(declared.address, live.id, "", Moved.STRIPE, None, None, text=text)


def _edited(kind: Kind, declared: Declared, live: Live, surveyed: Inventory) -> Iterator[Drift]:
    edits, _ = compare(kind, declared, live)
    for edit in attributed(kind, declared, live, edits, surveyed):
        moved = edit.moved or Moved.YAML
        end, text = kind.retirement.deactivate.get(edit.path), ""
        if moved is Moved.YAML and end is not None and edit.before == end and edit.after is not None:
            # whether the configuration changed or `destroy` was run, the last value is the same
            is_now, then = (str(value).lower() for value in (edit.before, edit.after))
            text = (
                f"{edit.path} is {is_now} since the last apply or destroy; the next apply sets it to {then}"
            )
        yield Drift(
            declared.address,
            live.id,
            edit.path,
            moved,
            edit.after,
            edit.before,
            # an edit reverts drift, so drift has the opposite direction
            edit.undone if moved is not Moved.YAML else edit.direction,
            edit.currency,
            text,
            edit.row,
            currency_live=edit.currency_before,
        )


def _of_retired(kind: Kind, live: Live) -> Iterator[Drift]:
    """Yield the drift of an object that provisioner retired and somebody reactivated."""
    for name, end in kind.retirement.deactivate.items() if is_reactivated(kind, live) else ():
        field = kind.field(name)
        there = live.fields.get(name, field.default)
        yield Drift(live.address, live.id, name, Moved.LIVE, end, there, field.direction(end, there))


def _gone(kind: Kind, estate: KindInventory, changes: Sequence[Change]) -> Iterator[Drift]:
    """Yield the drift of declared objects that were ended outside of provisioner."""
    for change in changes:
        if change.kind == kind.name and change.action is Action.CREATE and change.moved is Moved.LIVE:
            last = estate.last[change.address]
            why = last.canceled_as  # people can give only the reasons for a reissue; Stripe gives others
            by = f"by Stripe ({why})" if why and not kind.ends_first(why) else "outside of provisioner"
            text = f"{last.status} {by}; the next apply will create a new {kind.name}"
            yield Drift(
                change.address, last.id, "", Moved.LIVE, None, last.status, Direction.TIGHTENING, text=text
            )


def _waiting(changes: Sequence[Change], seen: set[Address]) -> Iterator[Drift]:
    """Yield changes of whole objects that are in the YAML but not applied yet."""
    words = {
        Action.CREATE: "not in Stripe yet",
        Action.RETIRE: "no longer in the configuration, but not retired yet",
        Action.TOP_UP: "below its target; the next apply will top it up",
        Action.REPLACE: "must be replaced",
    }
    for change in changes:
        if change.address not in seen and (change.action in words or change.hands_over):
            text = change.reason if change.hands_over else words[change.action]
            yield Drift(change.address, change.id or "", "", Moved.YAML, None, None, text=text)
