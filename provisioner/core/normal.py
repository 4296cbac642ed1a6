"""Normal form: what the YAML says and what Stripe answers, brought to one shape before any comparison.

Null, [], {} and "" are the same as absent; sets are sorted; what a kind does not know is dropped.
So the differ needs no exceptions, and Stripe's noise is never a change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.kind import Field, Shape
from provisioner.core.model import Ref

Resolve = Callable[[str, str], Ref | str]


def read(fields: Sequence[Field], raw: Mapping[str, Any], resolve: Resolve) -> dict[str, Any]:
    """
    Bring an object as Stripe answers it to normal form.

    `resolve(section, id)` turns the id of another object into the reference that the YAML would use,
    or gives the id back.
    """
    out: dict[str, Any] = {}
    for field in fields:
        value = raw.get(field.name)
        if value is None or field.write_only:
            continue
        value = _read_value(field, value, resolve)
        if value is not None and value not in ("", (), {}):
            out[field.name] = value
    return out


def _read_value(field: Field, value: Any, resolve: Resolve) -> Any:
    match field.shape:
        case Shape.HASH:
            return read(field.fields, value, resolve) if isinstance(value, Mapping) else None
        case Shape.SET:
            return tuple(sorted(set(value)))
        case Shape.LIST:
            return tuple(value)
        case Shape.TABLE:
            return tuple(read(field.fields, row, resolve) for row in value)
        case Shape.MAP:
            return {name: text for name, text in value.items() if text != ""}
        case Shape.REF:
            return resolve(field.refers_to, value["id"] if isinstance(value, Mapping) else value)
        case _:
            return value


def leaves(
    fields: Sequence[Field], tree: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Field, Any]]:
    """Yield `(dotted path, field, value)` of every value in a normal form; a map gives one a key."""
    for field in fields:
        if field.name not in tree:
            continue
        path, value = prefix + field.name, tree[field.name]
        if field.shape is Shape.HASH:
            yield from leaves(field.fields, value, path + ".")
        elif field.shape is Shape.MAP:
            for name in sorted(value):
                yield f"{path}.{name}", field, value[name]
        else:
            yield path, field, value


def at(tree: Any, path: str) -> Any:
    """The value at a dotted path, None where there is none."""
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def put(tree: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The tree with another value at a dotted path; None takes it away."""
    name, _, below = path.partition(".")
    if below:
        value = put(tree.get(name, {}), below, value) or None
    rest = {key: item for key, item in tree.items() if key != name}
    return rest if value is None else rest | {name: value}


def rows_by_key(field: Field, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[Any, ...], Mapping[str, Any]]:
    """Index the rows of a table by what tells them apart (equal ones: the last)."""
    return {tuple(row.get(name) for name in field.key): row for row in rows}


def align(
    field: Field, wanted: Sequence[Mapping[str, Any]], had: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """Put the rows that Stripe has into the order in which the YAML has them, the others last."""
    places = {key: place for place, key in enumerate(rows_by_key(field, wanted))}
    last = len(places)
    return tuple(sorted(had, key=lambda row: places.get(tuple(row.get(name) for name in field.key), last)))


def to_wire(value: Any) -> Any:
    """Turn a value in normal form into what a request carries; references stay, to be bound later."""
    if isinstance(value, Mapping):
        return {name: to_wire(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_wire(item) for item in value]
    return value
