"""Declared against live, field by field.

Compared is what is declared, what was applied earlier and is declared no more, and all of a hash that
is owned whole. What is declared to be empty is compared with what is there. Everything else on the object
belongs to others and is not looked at.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec.structs import replace

from provisioner.core.diff.change import Edit, Note
from provisioner.core.diff.hidden import hidden, mask
from provisioner.core.model.money import Money
from provisioner.core.model.resource import Address, Declared, Live, Ref
from provisioner.core.ownership.marks import field_code, value_digest
from provisioner.core.schema.field import Direction, Field, OnChange, Shape
from provisioner.core.schema.kind import Kind
from provisioner.core.schema.normal_form import align, at, leaves, put

Pair = tuple[dict[str, Any], dict[str, Any]]

WRITTEN = "(write-only)"


def compare(
    kind: Kind, declared: Declared, live: Live, replaced: AbstractSet[Address] = frozenset()
) -> tuple[tuple[Edit, ...], tuple[Note, ...]]:
    """
    The edits that bring `live` to `declared`, and notes on what Stripe gives no way to reset.

    Both sides are in normal form. No edits means that nothing needs to be done. A reference to one of
    the `replaced` addresses differs by that: the object behind it will be another.
    """
    scope = _Scope(declared, live, replaced)
    wanted, had = scope.pair(scope.doubtful(kind.fields), declared.fields, live.fields, "", owned=False)
    edits = () if wanted == had else _exchanged(kind, declared, live, [*_edits(kind, declared, had, wanted)])
    told = (*edits, *_lifecycle(declared, live))
    anew = any(edit.forces_replacement for edit in told)
    stuck = () if anew else scope.stuck  # another object never had it
    said = (*stuck, *(_renumbered(kind, declared, live) if wanted != had else ()))
    return told, tuple(Note(str(declared.address), text) for text in said)


def _lifecycle(declared: Declared, live: Live) -> Iterator[Edit]:
    """What is the tool's own: the name, and what the object is told about its end, when the YAML is gone."""
    wanted, had = declared.lifecycle, live.stamp
    if declared.address != live.address:
        yield Edit("address", str(live.address), str(declared.address))
    if wanted.protect != had.protect:
        yield Edit("lifecycle.protect", had.protect, wanted.protect)
    if wanted.on_remove != had.on_remove:
        yield Edit("lifecycle.on_remove", had.on_remove, wanted.on_remove)


class _Scope:
    """Cuts both sides of one comparison down to the values that are ours to judge."""

    def __init__(self, declared: Declared, live: Live, replaced: AbstractSet[Address]) -> None:
        self.project = live.stamp.project
        self.applied = live.stamp.applied
        self.ignores = declared.lifecycle.ignores
        self.replaced = replaced
        self.want, self.have, self.frozen = declared.fields, live.fields, live.frozen_fields
        self.stuck: list[str] = []

    def doubtful(self, fields: Sequence[Field]) -> list[Field]:
        """Leave out what is absent or the same on both sides: nearly everything."""
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
        """What can be changed no more is as it is; another value is for what comes after."""
        if want and want != have:
            says = "can no longer be changed; the configured value takes effect with the next replacement"
            self.stuck.append(f"{path} {says}")
        return None, None

    def map(self, path: str, want: Mapping[str, Any], have: Mapping[str, Any]) -> Pair:
        """Keys that we never set are other people's."""
        kept = {name for name in {*want, *have} if not self.ignores(f"{path}.{name}")}
        ours = {name for name in have if name in want or field_code(f"{path}.{name}") in self.applied}
        return {n: want[n] for n in want if n in kept}, {n: have[n] for n in ours & kept}

    def value(self, field: Field, path: str, want: Any, have: Any, *, owned: bool) -> tuple[Any, Any]:
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

    def undeclared(self, field: Field, path: str, have: Any, *, owned: bool, says: str) -> tuple[Any, Any]:
        """What was applied earlier is reset, where Stripe can; its own defaults are left in peace."""
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
    The edits, those of amounts in another currency than before with both.

    Nobody knows rates: with limits on both sides, each may be the wider one, so that either way gives power.
    """
    was, becomes = (kind.currency(declared.address, side) for side in (live.fields, declared.fields))
    moving = (
        [] if was == becomes else [e.path for f, e in edits if _names(kind, declared, live, e.path, becomes)]
    )
    amounts = [path for path, f, _ in leaves(kind.fields, live.fields) if f.has_amounts] if moving else []
    # with some afterwards, too: those that are declared, or left to others
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
    """The amounts that are others in another currency though their numbers stay: no edit shows them."""
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
    """Whether the value at a path is the one that says in which currency amounts are."""
    with_it = {} if "[" in path else put(live.fields, path, at(declared.fields, path))
    return currency is not None and kind.currency(declared.address, with_it) == currency


def _edits(kind: Kind, declared: Declared, had: Any, wanted: Any) -> Iterator[tuple[Field, Edit]]:
    """Name the values that differ, each once, by the path that the YAML has for it."""
    from deepdiff.diff import DeepDiff  # noqa: PLC0415 - a plan without changes needs no differ

    places: dict[str, tuple[Field, tuple[Any, ...]]] = {}
    # to the bottom, however little two hashes have in common
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
    """Name what differs below a step of the trees: a hash or table that came or went gives all its values."""
    field, depth = next(f for f in fields if f.name == steps[0]), 1
    while field.shape is Shape.HASH and depth < len(steps):  # rows and keys are no fields
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
    """Whether two rows are one that was changed, and not one in the place of another."""
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
    whole = place[: len(place) - 1] if field.shape is Shape.MAP else place[:depth]  # above a table's rows
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
    """What tells the row of a value from others in its table; empty where it has none, or some are hidden."""
    table = ".".join(place[:depth])
    if len(place) < depth + 2 or any(path.startswith(table) for path in declared.sensitive):
        return {}
    row = _at(declared.fields, place[:-1]) or {}
    return {name: value for name, value in row.items() if name != place[-1]}


def _without_gaps(value: Any) -> Any:
    """A table without the gaps that aligning has left in it; any other value as it is."""
    return tuple(row for row in value if row is not None) if isinstance(value, tuple) else value


def _judged(field: Field, want: Mapping[str, Any] | None) -> Sequence[Field]:
    """The fields of a hash but for the currency of amounts that are not declared: it says nothing alone."""
    if not field.amounts_in or field.amounts_in in (want or {}):
        return field.fields
    return [sub for sub in field.fields if sub.name != field.amounts_in]


def _currency(kind: Kind, declared: Declared, field: Field) -> str:
    """The currency of the amounts in a field's values, empty where it has none."""
    return (kind.currency(declared.address, declared.fields) or "") if field.has_amounts else ""


def says_replaced(address: object) -> str:
    """What stands for a reference to an object that is being replaced."""
    return f"{address} (replaced)"


def additions(kind: Kind, declared: Declared) -> tuple[Edit, ...]:
    """The edits of a creation: every declared value, from nothing, and what it is told about its end."""
    fields = tuple(
        Edit(
            path=path,
            before=None,
            after=mask(value, hide := hidden(field, path, declared.sensitive)),
            direction=field.direction(None, value),
            sensitive=hide,
            currency=_currency(kind, declared, field),
        )
        for path, field, value in leaves(kind.fields, declared.fields)
    )
    told = declared.lifecycle
    protect = [Edit("lifecycle.protect", None, after=True)] if told.protect else []
    end = [Edit("lifecycle.on_remove", None, told.on_remove)] if told.on_remove != "deactivate" else []
    return (*fields, *protect, *end)
