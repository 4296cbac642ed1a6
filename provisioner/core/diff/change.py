"""Changes: what would happen to one address, with its edits and the reason; inert data."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct, field

from provisioner.core.model.resource import Address, Declared, Live
from provisioner.core.ownership.marks import field_code
from provisioner.core.schema.field import Direction, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import at, put

# paths of edits of our marks, in the objects' metadata
OUR_OWN = ("lifecycle.", "address", "managed", "recorded")


class Action(StrEnum):
    """What a change does, in Terraform's words where it has them."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    RETIRE = "retire"
    ADOPT = "adopt"
    TOP_UP = "top_up"


class Moved(StrEnum):
    """
    Which side has moved since the last apply.

    UNKNOWN where nothing was applied before. Drift has two more, which no edit has: STRIPE holds an object
    back, and it has ENDED as declared.
    """

    LIVE = "live"
    YAML = "yaml"
    BOTH = "both"
    UNKNOWN = ""
    STRIPE = "stripe"
    ENDED = "ended"


class Edit(Struct, frozen=True):
    """
    One value that moves; `path` is dotted, rows of a table by place: `spending_limits[0].amount`.

    `before` and `after` are ready to show: sensitive ones are masked here already, None is absent.
    Amounts in them are minor units of `currency`, in `before` of `currency_before` where that is not None
    (empty: of one that Stripe does not tell). `undone` is the direction of the way back.
    `row` tells the row of a table from others (the interval of a limit), where it may be shown.
    """

    path: str
    before: Any
    after: Any
    direction: Direction = Direction.NEUTRAL
    sensitive: bool = False
    forces_replacement: bool = False
    currency: str = ""
    currency_before: str | None = None
    undone: Direction = Direction.NEUTRAL
    row: Mapping[str, Any] = field(default_factory=dict)
    moved: Moved = Moved.UNKNOWN

    @property
    def reverts_tightening(self) -> bool:
        """Whether it gives back spending power that somebody has taken away in Stripe."""
        return self.moved in (Moved.LIVE, Moved.BOTH) and self.direction is Direction.BROADENING


class Change(Struct, frozen=True):
    """
    What would happen to one address.

    `live` is the object that it happens to, `follows` the id of the last one before a creation, which the new
    object names in its marks as the one that it replaces, or of the newest top-up, `generation` that of the
    object which is there afterwards. `params` are those that follow from no edits: of a retirement or a
    top-up, or what a reissued card says of the one before; `reissued` counts the reissues that were done
    before a creation; `made` are the top-ups of balance targets so far, newest first: their ids, and the
    minor units that each has moved (0 where it failed); `seen` are the ids of all recent top-ups of the
    currency. `stranded` says that what works ends for a successor that Stripe will not let work.
    """

    action: Action
    address: Address
    kind: str
    reason: str
    edits: tuple[Edit, ...] = ()
    declared: Declared | None = None
    live: Live | None = None
    generation: int = 1
    follows: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    reissued: int = 0
    made: tuple[tuple[str, int], ...] = ()
    seen: frozenset[str] = frozenset()
    stranded: bool = False

    @property
    def id(self) -> str | None:
        """The id of the live object, if there is one."""
        return self.live.id if self.live else None

    @property
    def fingerprint(self) -> str:
        """
        A digest of what would be done to which object as it is; the same as long as nothing of it moves.

        Hidden values are in it, and can be guessed back from it: it is shown only under a seal.
        """
        facts = [self.action, str(self.address), self.id, self.generation, self.follows, self.reissued]
        edits = [[edit.path, edit.before, edit.after] for edit in self.edits]
        return content([facts, edits, self.params, wanted(self.declared), observed(self.live)])

    @property
    def bookkeeping(self) -> Literal["rename", "mark", ""]:
        """`rename` or `mark` for an update of our marks alone: nothing a card can do changes; else empty."""
        paths = [edit.path for edit in self.edits]
        if self.action is not Action.UPDATE or not all(path.startswith(OUR_OWN) for path in paths):
            return ""
        return "rename" if "address" in paths else "mark"

    @property
    def direction(self) -> Direction:
        """The strongest direction among the edits: broadening, else tightening, else neutral."""
        seen = {edit.direction for edit in self.edits}
        for direction in (Direction.BROADENING, Direction.TIGHTENING):
            if direction in seen:
                return direction
        return Direction.NEUTRAL


def goal(change: Change) -> str:
    """
    What stands for the object that is there afterwards: its generation, and all that is declared of it.

    Of a top-up all but its amount, of which what was approved is a ceiling. Empty for a change that has no
    declaration.
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
    What stands for the object that a change is made to as it is, but for what is at some paths.

    As long as it is the same, nobody else has changed the object.
    """
    below = {
        f"{name}.{sub.name}" for name in without if (field := kind.field_at(name)) for sub in field.fields
    }
    return content(observed(change.live, sorted({*without} | below))) if change.live else ""


# made once: a plan has a digest of each value that moves
_canonical = json.JSONEncoder(sort_keys=True, default=str).encode


def content(value: Any) -> str:
    """A digest of values, hidden ones too: not to be shown."""
    return hashlib.sha256(_canonical(value).encode()).hexdigest()


def wanted(declared: Declared | None) -> list[Any] | None:
    """All that a declaration asks of an object, and what of it must not be shown."""
    if declared is None:
        return None
    told = declared.lifecycle
    reissue = [told.reissue.number, told.reissue.reason] if told.reissue else []
    ends = [told.protect, told.on_remove, sorted(told.ignore), reissue]
    return [declared.fields, sorted(declared.sensitive), *ends]


def observed(live: Live | None, without: Iterable[str] = ()) -> list[Any] | None:
    """
    All that is known of an object, our marks included, but for what is at some paths of edits.

    Neither is what was last applied there.
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
    """The fields without the value at a path, of a table without all of it."""
    top, _, below = path.partition("[")[0].partition(".")
    inner = fields.get(top)
    if isinstance(inner, Mapping) and below in inner:
        return put(fields, top, {name: value for name, value in inner.items() if name != below} or None)
    return put(fields, f"{top}.{below}" if below else top, None)


def fields_after(kind: Kind, change: Change) -> Mapping[str, Any]:
    """
    The fields of an object after a change.

    A new one has those declared, and what Stripe adds to it; another its live ones as edited. What is
    ignored, and what Stripe cannot clear, stays as it is; a map of texts (metadata) is not followed.
    """
    live = change.live.fields if change.live else {}
    if change.action is Action.RETIRE:
        return {**live, **kind.retirement.params(cancel=bool(change.params.get("cancel")))}
    if change.declared is None or change.action is Action.ADOPT:
        return live
    if change.action in (Action.CREATE, Action.REPLACE):
        return kind.spending.as_created(change.declared.fields) if kind.spending else change.declared.fields
    fields = {field.name: field for field in kind.fields}
    for path in dict.fromkeys(edit.path.partition("[")[0] for edit in change.edits):
        field = fields.get(path.partition(".")[0])
        if field is not None and field.shape is not Shape.MAP:
            wanted = at(change.declared.fields, path)
            live = put(live, path, field.default if wanted is None else wanted)
    return live


class Note(Struct, frozen=True, omit_defaults=True):
    """Something that a reader of the plan should know, though nothing will be done about it."""

    address: str
    """What it is about."""
    text: str
    """What to know."""
    pending: bool = False
    """Somebody has something to do before live is as declared."""
