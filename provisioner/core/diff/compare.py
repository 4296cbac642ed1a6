"""
Compares the values in the configuration with those in Stripe, field by field.

The comparison covers values in the configuration, values that were applied earlier and are no longer in the
configuration, and all keys of a hash that is owned as a whole. A value that the configuration sets to empty
is compared, too. Everything else on the object belongs to others and is ignored.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from sys import intern
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.change import Edit, Note
from provisioner.core.diff.hidden import hidden, mask
from provisioner.core.model.money import Money
from provisioner.core.model.resource import SECRET_TO, Address, Declared, Live, Ref
from provisioner.core.ownership.marks import UNREAD, field_code, value_digest
from provisioner.core.schema.field import Direction, Field, OnChange, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import align, at, leaves, put

Pair = tuple[dict[str, Any], dict[str, Any]]

WRITTEN = "(write-only)"


def compare(
    kind: Kind, declared: Declared, live: Live, replaced: AbstractSet[Address] = frozenset()
) -> tuple[tuple[Edit, ...], tuple[Note, ...]]:
    """
    Return the edits that change `live` to `declared`, and notes on values that Stripe cannot reset.

    Both sides are in normal form. If there are no edits, nothing needs to be done. A reference to one of the
    `replaced` addresses always differs, because it will refer to a different object.
    """
    scope = _Scope(declared, live, replaced)
    wanted, had = scope.pair(scope.doubtful(kind.fields), declared.fields, live.fields, "", owned=False)
    if wanted == had and not scope.stuck and not any(lifecycle_edits(declared, live)):
        return (), ()
    edits = () if wanted == had else _exchanged(kind, declared, live, [*_edits(kind, declared, had, wanted)])
    told = (*edits, *lifecycle_edits(declared, live))
    anew = any(edit.forces_replacement for edit in told)
    stuck = () if anew else scope.stuck  # a new object never had these values
    said = (*stuck, *(_renumbered(kind, declared, live) if wanted != had else ()))
    return told, tuple(Note(str(declared.address), text) for text in said)


def lifecycle_edits(declared: Declared, live: Live) -> Iterator[Edit]:
    """
    Yield the edits of provisioner's own metadata: the address, and settings needed after the YAML is
    gone.
    """
    wanted, had = declared.lifecycle, live.stamp
    if declared.address != live.address:
        yield Edit("address", str(live.address), str(declared.address))
    if wanted.protect != had.protect:
        yield Edit("lifecycle.protect", had.protect, wanted.protect)
    if wanted.on_remove != had.on_remove:
        yield Edit("lifecycle.on_remove", had.on_remove, wanted.on_remove)


class _Scope:
    """Reduces both sides of one comparison to the values that this project manages."""

    def __init__(self, declared: Declared, live: Live, replaced: AbstractSet[Address]) -> None:
        self.project = live.stamp.project
        self.applied = live.stamp.applied
        self.ignores = declared.lifecycle.ignores
        self.replaced = replaced
        self.want, self.have, self.frozen = declared.fields, live.fields, live.frozen_fields
        self.stuck: list[str] = []

    def doubtful(self, fields: Sequence[Field]) -> list[Field]:
        """Return the fields that may differ; most are absent or equal on both sides."""
        want, have = self.want, self.have
        if not self.replaced and want.items() <= have.items():
            more = have.keys() - want.keys()
            return [field for field in fields if field.name in more] if more else []
        return [
            field
            for field in fields
            if want.get(field.name) != have.get(field.name)
            or (self.replaced and field.shape is Shape.REF and field.name in want)
        ]

    def pair(
        self,
        fields: Sequence[Field],
        want: Mapping[str, Any],
        have: Mapping[str, Any],
        prefix: str,
        *,
        owned: bool,
    ) -> Pair:
        wanted: dict[str, Any] = {}
        had: dict[str, Any] = {}
        for field in fields:
            path = prefix + field.name
            w, h = want.get(field.name), have.get(field.name)
            if (w is None and h is None and not field.write_only) or self.ignores(path):
                continue
            if field.shape is Shape.HASH:
                whole = owned or (field.owned_whole and w is not None)
                w, h = self.pair(_judged(field, w), w or {}, h or {}, path + ".", owned=whole)
            elif field.shape is Shape.MAP:
                w, h = self.map(path, w or {}, h or {})
            else:
                w, h = self.value(field, path, w, h, owned=owned)
            if path in self.frozen:
                w, h = self.past(path, w, h)
            if w not in (None, {}):
                wanted[field.name] = w
            if h not in (None, {}):
                had[field.name] = h
        return wanted, had

    def past(self, path: str, want: Any, have: Any) -> tuple[Any, Any]:
        """
        Skip a value that can no longer be changed; add a note that a new value waits for the next
        replacement.
        """
        if want and want != have:
            says = "can no longer be changed; the configured value takes effect with the next replacement"
            self.stuck.append(f"{path} {says}")
        return None, None

    def map(self, path: str, want: Mapping[str, Any], have: Mapping[str, Any]) -> Pair:
        """Return both sides without the keys that provisioner never set, which belong to others."""
        kept = {name for name in {*want, *have} if not self.ignores(f"{path}.{name}")}
        ours = {name for name in have if name in want or field_code(f"{path}.{name}") in self.applied}
        return {n: want[n] for n in want if n in kept}, {n: have[n] for n in ours & kept}

    def value(self, field: Field, path: str, want: Any, have: Any, *, owned: bool) -> tuple[Any, Any]:
        if have is None and field.null_is_unknown and self.may_have(field, path, want):
            return want, want
        if want is None or want == ():
            says = "no longer in the configuration" if want is None else "empty in the configuration"
            return self.undeclared(field, path, have, owned=owned, says=says)
        if have in field.stripe_only_values:
            self.stuck.append(f"{path} is {have}, which only Stripe can change; it stays {have}")
            return None, None
        if field.write_only:
            known = self.applied.get(field_code(path)) == value_digest(self.project, path, field, want)
            return (want, want) if known else (want, WRITTEN)
        if have is None:
            have = field.default
        if isinstance(want, Ref) and want.address in self.replaced:
            return want, says_replaced(want)
        if field.shape is Shape.TABLE and have:
            return align(field, want, have)
        if field.equivalent and have is not None and field.equivalent(want, have):
            return want, want
        return want, have

    def may_have(self, field: Field, path: str, want: Any) -> bool:
        """Return whether an object may have the configured value of a field that Stripe does not return."""
        was = self.applied.get(field_code(path))
        if was is None:
            return bool(want == field.default)
        return was in (UNREAD, value_digest(self.project, path, field, want))

    def undeclared(self, field: Field, path: str, have: Any, *, owned: bool, says: str) -> tuple[Any, Any]:
        """Reset a value that was applied earlier, if Stripe can; leave Stripe's own defaults unchanged."""
        mine = owned or field_code(path) in self.applied
        kept = f"{path} is {says}, but Stripe cannot clear it; its value in Stripe does not change"
        if mine and field.write_only:
            self.stuck.append(kept)
            return None, None
        if (
            not mine
            or have == field.default
            or have in field.server_defaults
            or have in field.stripe_only_values
        ):
            return None, None
        if field.default is not None and field.on_change is OnChange.UPDATE:
            return field.default, have
        if field.clearable and not field.required and field.on_change is OnChange.UPDATE:
            return None, have
        if not owned:
            self.stuck.append(kept)
        return None, None


def _exchanged(
    kind: Kind, declared: Declared, live: Live, edits: Sequence[tuple[Field, Edit]]
) -> Iterator[Edit]:
    """
    Yield the edits; those of amounts whose currency changes have both currencies.

    Exchange rates are unknown: if both sides have limits, either may be the wider one, so a change in either
    direction counts as raising spending.
    """
    was, becomes = (kind.currency(declared.address, side) for side in (live.fields, declared.fields))
    moving = (
        [] if was == becomes else [e.path for f, e in edits if _names(kind, declared, live, e.path, becomes)]
    )
    amounts = [path for path, f, _ in leaves(kind.fields, live.fields) if f.has_amounts] if moving else []
    # there are amounts afterwards, too: configured ones, or ones left to others
    gives = amounts and (
        any(declared.lifecycle.ignores(path) for path in amounts)
        or any(f.has_amounts for _, f, _ in leaves(kind.fields, declared.fields))
    )
    for field, edit in edits:
        each = edit
        if field.has_amounts and was != becomes and edit.before is not None:
            each = replace(each, currency_before=was or "")
        if gives and (field.has_amounts or edit.path in moving):
            each = replace(each, direction=Direction.BROADENING, undone=Direction.BROADENING)
        yield each


def _renumbered(kind: Kind, declared: Declared, live: Live) -> Iterator[str]:
    """Yield texts about amounts that keep their numbers in another currency, which no edit shows."""
    was, becomes = (kind.currency(declared.address, side) for side in (live.fields, declared.fields))
    if not was or not becomes or was == becomes:
        return
    there = {path: value for path, field, value in leaves(kind.fields, live.fields) if field.has_amounts}
    for path, field, value in leaves(kind.fields, declared.fields):
        if there.get(path) == value and field.has_amounts and not hidden(field, path, declared.sensitive):
            amounts = [row[sub.name] for row in value for sub in field.fields if sub.shape is Shape.AMOUNT]
            moves = ", ".join(f"{Money(n, was)} becomes {Money(n, becomes)}" for n in amounts)
            yield f"{path} has the same numbers in another currency: {moves}"


def _names(kind: Kind, declared: Declared, live: Live, path: str, currency: str | None) -> bool:
    """Return True if the value at a path determines the currency of amounts."""
    with_it = {} if "[" in path else put(live.fields, path, at(declared.fields, path))
    return currency is not None and kind.currency(declared.address, with_it) == currency


def _edits(kind: Kind, declared: Declared, had: Any, wanted: Any) -> Iterator[tuple[Field, Edit]]:
    """Yield one edit for each value that differs, with its field, in the order of the kind's fields."""
    from deepdiff.diff import DeepDiff  # noqa: PLC0415 - a plan without changes needs no differ

    places: dict[str, tuple[Field, tuple[Any, ...]]] = {}
    # compare all levels, however little two hashes have in common
    for found in DeepDiff(had, wanted, view="tree", verbose_level=2, threshold_to_diff_deeper=0).values():
        for difference in found:
            steps = difference.path(output_format="list")
            places |= {
                path: (field, place) for path, field, place in _places(kind.fields, steps, wanted, had)
            }
    order = {field.name: number for number, field in enumerate(kind.fields)}
    for path, (field, place) in sorted(places.items(), key=lambda entry: (order[entry[1][1][0]], entry[0])):
        yield field, _edit(kind, declared, path, field, (had, wanted), place)


def _places(
    fields: Sequence[Field], steps: Sequence[Any], wanted: Any, had: Any
) -> Iterator[tuple[str, Field, tuple[Any, ...]]]:
    """
    Yield the differences below a step of the trees: all values of a hash or table that was added or
    removed.
    """
    field, depth = next(f for f in fields if f.name == steps[0]), 1
    while field.shape is Shape.HASH and depth < len(steps):  # rows and keys are not fields
        field, depth = field.field(steps[depth]), depth + 1
    place, rest = tuple(steps[:depth]), tuple(steps[depth:])
    path = ".".join(place)
    either = _at(wanted, place) or _at(had, place)
    match field.shape:
        case Shape.HASH:
            for below, leaf, _ in leaves(field.fields, either, path + "."):
                yield below, leaf, tuple(below.split("."))
        case Shape.MAP:
            for name in rest[:1] or either:
                yield f"{path}.{name}", field, (*place, name)
        case Shape.TABLE if len(rest) > 1 and _same_row(field, (*place, rest[0]), wanted, had):
            yield f"{path}[{rest[0]}].{rest[1]}", field, (*place, *rest[:2])
        case Shape.TABLE:
            for number in rest[:1] or range(len(either)):
                yield f"{path}[{number}]", field, (*place, number)
        case _:
            yield path, field, place


def _same_row(field: Field, place: tuple[Any, ...], wanted: Any, had: Any) -> bool:
    """Return True if two rows are one row with a changed value, and not two different rows."""
    one, other = _at(wanted, place) or {}, _at(had, place) or {}
    return all(one.get(name) == other.get(name) for name in field.key)


def _at(tree: Any, place: Sequence[Any]) -> Any:
    for step in place:
        try:
            tree = tree[step]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _edit(
    kind: Kind, declared: Declared, path: str, field: Field, sides: tuple[Any, Any], place: tuple[Any, ...]
) -> Edit:
    had, wanted = sides
    before, after = _at(had, place), _at(wanted, place)
    depth = next((number for number, step in enumerate(place) if isinstance(step, int)), len(place))
    # the level above a table's rows
    whole = place[: len(place) - 1] if field.shape is Shape.MAP else place[:depth]
    old, new = (_without_gaps(_at(side, whole)) for side in sides)
    hide = hidden(field, path, declared.sensitive)
    return Edit(
        path=path,
        before=mask(before, hide),
        after=mask(after, hide),
        direction=field.direction(old, new),
        undone=field.direction(new, old),
        sensitive=hide,
        forces_replacement=kind.field(path.partition(".")[0].partition("[")[0]).on_change is OnChange.REPLACE,
        currency=_currency(kind, declared, field),
        row={} if hide else _row(declared, place, depth),
    )


def _row(declared: Declared, place: tuple[Any, ...], depth: int) -> Mapping[str, Any]:
    """
    Return the fields that identify a value's row; empty if it is not in a row, or if the table is
    hidden.
    """
    table = ".".join(place[:depth])
    if len(place) < depth + 2 or any(path.startswith(table) for path in declared.sensitive):
        return {}
    row = _at(declared.fields, place[:-1]) or {}
    return {name: value for name, value in row.items() if name != place[-1]}


def _without_gaps(value: Any) -> Any:
    """Return a table without the gaps that aligning left in it; any other value unchanged."""
    return tuple(row for row in value if row is not None) if isinstance(value, tuple) else value


def _judged(field: Field, want: Mapping[str, Any] | None) -> Sequence[Field]:
    """Return the fields of a hash, without a currency that is not configured: it means nothing by itself."""
    if not field.amounts_in or field.amounts_in in (want or {}):
        return field.fields
    return [sub for sub in field.fields if sub.name != field.amounts_in]


def _currency(kind: Kind, declared: Declared, field: Field) -> str:
    """Return the currency of the amounts in a field's values; empty if it has none."""
    return (kind.currency(declared.address, declared.fields) or "") if field.has_amounts else ""


def says_replaced(address: object) -> str:
    """Return the text for a reference to an object that is being replaced."""
    return f"{address} (replaced)"


def additions(kind: Kind, declared: Declared) -> tuple[Edit, ...]:
    """Return the edits of a creation: every configured value, and the lifecycle settings that it records."""
    fields = tuple(
        Edit(
            path=intern(path),  # of thousands of new objects, all have the same paths
            before=None,
            after=mask(value, hide := hidden(field, path, declared.sensitive)),
            direction=field.direction(None, value),
            sensitive=hide,
            currency=_currency(kind, declared, field),
        )
        for path, field, value in [*leaves(kind.fields, declared.fields)]
    )
    told = declared.lifecycle
    protect = [Edit("lifecycle.protect", None, after=True)] if told.protect else []
    end = [Edit("lifecycle.on_remove", None, told.on_remove)] if told.on_remove != "deactivate" else []
    return (*fields, *protect, *end, *secret_edits(declared))


def secret_edits(declared: Declared, *, forces_replacement: bool = False) -> tuple[Edit, ...]:
    """Return the edit that names the destination of a new object's secret, if there is one."""
    to = declared.secret_to
    if to is None:
        return ()
    hide = SECRET_TO in declared.sensitive
    after = mask(to.value, hide)
    edit = Edit(to.path, None, after, sensitive=hide, forces_replacement=forces_replacement)
    return (edit,)
