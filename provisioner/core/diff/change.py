"""Changes of single addresses, with their edits and reasons; plain data."""

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Literal

import msgspec
from msgspec import Struct, field

from provisioner.core.model.resource import SECRET_TO, Address, Declared, Live
from provisioner.core.ownership.marks import field_code
from provisioner.core.schema.field import Direction, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, put

# paths of edits of the ownership metadata on objects
OUR_OWN = ("lifecycle.", "address", "managed", "recorded")


class Action(StrEnum):
    """The kind of change, named as in Terraform where possible."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    RETIRE = "retire"
    ADOPT = "adopt"
    TOP_UP = "top_up"


class Moved(StrEnum):
    """
    The side on which a value has changed since the last apply.

    UNKNOWN if nothing was applied before. The last two occur only in drift, not in edits: STRIPE if Stripe
    restricts an object, and ENDED if the object has ended as declared.
    """

    LIVE = "live"
    YAML = "yaml"
    BOTH = "both"
    UNKNOWN = ""
    STRIPE = "stripe"
    ENDED = "ended"


class Edit(Struct, frozen=True, gc=False):
    """One value that changes. Sensitive values are already masked."""

    path: str
    """Dotted path, with rows of a table by index: `spending_limits[0].amount`."""
    before: Any
    """The value in Stripe, ready to show; None if there is none."""
    after: Any
    """The declared value, ready to show; None if there is none."""
    direction: Direction = Direction.NEUTRAL
    """The direction: broadening raises spending, tightening lowers it."""
    sensitive: bool = False
    """True if the values are masked."""
    forces_replacement: bool = False
    """True if Stripe cannot change the field in place."""
    currency: str = ""
    """Currency of amounts, which are in minor units; empty if there are none."""
    currency_before: str | None = None
    """Currency of the amounts in `before` if it differs; empty if Stripe does not return it."""
    undone: Direction = Direction.NEUTRAL
    """The direction of the reverse change."""
    row: Mapping[str, Any] = MappingProxyType({})
    """The fields that identify the row of a table, such as its interval, if they may be shown."""
    moved: Moved = Moved.UNKNOWN
    """The side that changed the value since the last apply."""

    @property
    def reverts_tightening(self) -> bool:
        """Return True if the edit restores spending that somebody has restricted in Stripe."""
        return self.moved in (Moved.LIVE, Moved.BOTH) and self.direction is Direction.BROADENING


class Change(Struct, frozen=True):
    """A change that would happen to one address."""

    action: Action
    """The kind of change."""
    address: Address
    """The address."""
    kind: str
    """The name of the kind."""
    reason: str
    """The reason, in words."""
    edits: tuple[Edit, ...] = ()
    """The values that change."""
    declared: Declared | None = None
    """The resource in the configuration; None if it is not there."""
    live: Live | None = None
    """The object that is changed; None for a creation."""
    generation: int = 1
    """The generation of the object that exists afterwards."""
    follows: str = ""
    """The id of the object before a creation, or of the newest top-up; empty if there is none."""
    params: Mapping[str, Any] = field(default_factory=dict)
    """Request parameters that do not come from edits, such as those of a retirement or a reissue."""
    reissued: int = 0
    """The number of reissues done before a creation."""
    made: tuple[tuple[str, int], ...] = ()
    """
    The top-ups of balance targets, newest first: the id and the amount in minor units of each (0 if it
    failed).
    """
    seen: frozenset[str] = frozenset()
    """The ids of all recent top-ups of the currency."""
    stranded: bool = False
    """True if a working object ends, and Stripe will not let its successor work."""
    loosened: tuple[str, ...] = ()
    """
    Paths of restrictions that are in Stripe but not in the configuration, and that the successor will not
    have.
    """
    moved: Moved = Moved.UNKNOWN
    """LIVE if the whole object was canceled or activated outside of provisioner, which the change reverts."""

    @property
    def id(self) -> str | None:
        """Return the id of the live object, if there is one."""
        return self.live.id if self.live else None

    @property
    def fingerprint(self) -> str:
        """
        Return a digest of a change and the current state of its object; it changes only if one of them does.

        The digest covers hidden values, which could be guessed from it, so it is shown only under a seal.
        """
        facts = [self.action, str(self.address), self.id, self.generation, self.follows, self.reissued]
        edits = [[edit.path, edit.before, edit.after] for edit in self.edits]
        return content([facts, edits, self.params, wanted(self.declared), observed(self.live)])

    @property
    def bookkeeping(self) -> Literal["rename", "mark", ""]:
        """
        Return `rename` or `mark` if only ownership metadata changes, which does not affect cards, else
        "".
        """
        if self.action is not Action.UPDATE:
            return ""
        paths = [edit.path for edit in self.edits]
        if not all(path.startswith(OUR_OWN) for path in paths):
            return ""
        return "rename" if "address" in paths else "mark"

    @property
    def is_upkeep(self) -> bool:
        """
        Return True if the change only records values on which Stripe and the configuration already
        agree.
        """
        return self.bookkeeping == "mark" and all(edit.path == "recorded" for edit in self.edits)

    @property
    def hands_over(self) -> bool:
        """Return True if the change only hands over the secret of an object that was created before."""
        has_secret = any(edit.path.startswith(f"{SECRET_TO}.") for edit in self.edits)
        return has_secret and self.action is Action.UPDATE

    @property
    def direction(self) -> Direction:
        """Return the strongest direction among the edits: broadening, else tightening, else neutral."""
        seen = {edit.direction for edit in self.edits}
        for direction in (Direction.BROADENING, Direction.TIGHTENING):
            if direction in seen:
                return direction
        return Direction.NEUTRAL


def goal(change: Change) -> str:
    """
    Return a digest of the object after a change: its generation and all configured values.

    For a top-up, the digest covers all parameters but the amount: the approved amount is a ceiling. Empty for
    a change without a resource in the configuration.
    """
    if change.declared is None:
        return ""
    if change.action is Action.TOP_UP:
        return content({name: value for name, value in change.params.items() if name != "amount"})
    live = change.live
    generation = live.stamp.generation if live and change.action is not Action.REPLACE else change.generation
    return content([generation, wanted(change.declared)])


def rest(kind: Kind, change: Change, without: Iterable[str]) -> str:
    """
    Return a digest of the current state of a change's object, except for the values at some paths.

    As long as the digest is the same, nobody else has changed the object. Empty if there is no live object.
    """
    below = {
        f"{name}.{sub.name}" for name in without if (field := kind.field_at(name)) for sub in field.fields
    }
    return content(observed(change.live, sorted({*without} | below))) if change.live else ""


# created once, because a plan has a digest of each value that changes
_canonical = msgspec.json.Encoder(order="sorted", enc_hook=str).encode


def content(value: Any) -> str:
    """Return a digest of values, including hidden ones; it must not be shown."""
    return hashlib.sha256(_canonical(value)).hexdigest()


def wanted(declared: Declared | None) -> list[Any] | None:
    """Return everything that the configuration sets on an object, and which parts of it must not be shown."""
    if declared is None:
        return None
    told = declared.lifecycle
    reissue = [told.reissue.number, told.reissue.reason] if told.reissue else []
    ends = [told.protect, told.on_remove, sorted(told.ignore), reissue]
    ends += [declared.secret_to.value] if declared.secret_to else []
    return [declared.fields, sorted(declared.sensitive), *ends]


def observed(live: Live | None, without: Iterable[str] = ()) -> list[Any] | None:
    """
    Return everything that is known of an object, including its ownership metadata, except at some edits'
    paths.

    The record of applied values is omitted at these paths, too.
    """
    if live is None:
        return None
    fields, stamp, address = live.fields, live.stamp, str(live.stamp.address)
    applied = dict(stamp.applied)
    for path in without:
        fields, address = _taken_out(fields, path), "" if path == "address" else address
        applied.pop(field_code(path.partition("[")[0]), None)
    told = [stamp.protect, stamp.on_remove, stamp.reissued, stamp.generation, stamp.predecessor]
    told.append(stamp.revision)
    return [live.id, live.final, live.canceled_as, fields, address, told, applied]


def _taken_out(fields: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """Return the fields without the value at a path; a path in a table removes the whole table."""
    top, _, below = path.partition("[")[0].partition(".")
    inner = fields.get(top)
    if isinstance(inner, Mapping) and below in inner:
        return put(fields, top, {name: value for name, value in inner.items() if name != below} or None)
    return put(fields, f"{top}.{below}" if below else top, None)


def fields_after(kind: Kind, change: Change) -> Mapping[str, Any]:
    """
    Return the fields of an object after a change.

    A new object has the declared fields; any other has its live fields with the edits. Values that are
    ignored, or that Stripe cannot clear, do not change. Edits of a map of strings (metadata) are not applied.
    """
    live = change.live.fields if change.live else {}
    if change.action is Action.RETIRE:
        return {**live, **kind.retirement.params(cancel=bool(change.params.get("cancel")))}
    if change.declared is None or change.action is Action.ADOPT:
        return live
    if change.action in (Action.CREATE, Action.REPLACE):
        return change.declared.fields
    fields = {field.name: field for field in kind.fields}
    for path in dict.fromkeys(edit.path.partition("[")[0] for edit in change.edits):
        field = fields.get(path.partition(".")[0])
        if field is not None and field.shape is not Shape.MAP:
            wanted = at(change.declared.fields, path)
            live = put(live, path, field.default if wanted is None else wanted)
    return live


class Note(Struct, frozen=True, omit_defaults=True):
    """Something that a reader of the plan should know, although the plan does nothing about it."""

    address: str
    """The address that the note is about."""
    text: str
    """The text of the note."""
    pending: bool = False
    """True if somebody has to act before Stripe matches the configuration."""
