"""
Normal form: values from the YAML and from Stripe's responses, converted to one form before any comparison.

Null, [], {} and "" are the same as absent; sets are sorted; unknown fields are dropped. So the comparison
needs no exceptions, and noise in Stripe's responses is never a change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.model.resource import Ref
from provisioner.core.schema.field import Field, Shape

Resolve = Callable[[str, str], Ref | str]
Item = Mapping[str, Any]
Tree = dict[str, Any]
EMPTY: tuple[Any, ...] = ("", [], (), {})  # the same as absent


def reader(fields: Sequence[Field]) -> Callable[[Item], Tree]:
    """Return a function that converts Stripe's values to normal form, except that references stay ids."""
    plain = [field for field in fields if not field.write_only and not field.returned_as]
    steps = tuple((field.name, _value_reader(field)) for field in plain)
    renamed = tuple(field for field in fields if field.returned_as)

    def read(raw: Item) -> Tree:
        out: Tree = {}
        for name, step in steps:
            value = raw.get(name)
            if not value:
                if value is not None and value not in EMPTY:
                    out[name] = value  # 0 and False are values
            elif step is None or (value := step(value)):
                out[name] = value
        for field in renamed:
            if (value := field.returned(raw)) is not None:
                out[field.name] = value
        return out

    return read


def resolver(fields: Sequence[Field], resolve: Resolve) -> Callable[[Item], Item]:
    """
    Return a function that replaces ids with references.

    `resolve(section, id)` converts the id of another object to the reference that the YAML would use, or
    returns the id.
    """
    refs = tuple((field.name, field.refers_to) for field in fields if field.shape is Shape.REF)

    def resolved(tree: Item) -> Item:
        found = {name: resolve(section, tree[name]) for name, section in refs if name in tree}
        return {**tree, **found} if found else tree

    return resolved


def _value_reader(field: Field) -> Callable[[Any], Any] | None:
    """Return a function that reads a field's values, or None if they stay unchanged."""
    match field.shape:
        case Shape.HASH:
            below = reader(field.fields)
            return lambda value: below(value) if isinstance(value, dict) else None
        case Shape.SET:
            return lambda value: tuple(sorted(set(value)))
        case Shape.LIST:
            return tuple
        case Shape.TABLE:
            row = reader(field.fields)
            return lambda value: tuple([row(each) for each in value])
        case Shape.MAP:
            return lambda value: value if all(value.values()) else {n: v for n, v in value.items() if v != ""}
        case Shape.REF:
            return lambda value: value["id"] if isinstance(value, dict) else value
        case Shape.TEXT if field.choices:
            # all objects share one string for each, because there are only a few
            known = {choice: choice for choice in field.choices}
            return lambda value: known.get(value, value) if type(value) is str else value
        case _:
            return None


def leaves(
    fields: Sequence[Field], tree: Mapping[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Field, Any]]:
    """Yield `(dotted path, field, value)` of every value in a normal form; a map yields one for each key."""
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


def part(
    fields: Sequence[Field], tree: Mapping[str, Any], keeps: Callable[[str], bool], prefix: str = ""
) -> dict[str, Any]:
    """Return the part of a normal form at the paths that `keeps` accepts; paths are those of `leaves`."""
    out: dict[str, Any] = {}
    for field in fields:
        path, value = prefix + field.name, tree.get(field.name)
        if field.shape is Shape.HASH:
            value = part(field.fields, value or {}, keeps, path + ".")
        elif field.shape is Shape.MAP:
            value = {name: text for name, text in (value or {}).items() if keeps(f"{path}.{name}")}
        elif not keeps(path):
            continue
        if value not in (None, {}):
            out[field.name] = value
    return out


def at(tree: Any, path: str) -> Any:
    """Return the value at a dotted path, or None if there is none."""
    for name in path.split("."):
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree


def put(tree: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the tree with another value at a dotted path; None removes the value."""
    name, _, below = path.partition(".")
    if below:
        value = put(tree.get(name, {}), below, value) or None
    rest = {key: item for key, item in tree.items() if key != name}
    return rest if value is None else rest | {name: value}


def align(
    field: Field, wanted: Sequence[Mapping[str, Any]], had: Sequence[Mapping[str, Any]]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """
    Return the rows of two tables side by side, in the order of the YAML.

    Rows with the same key have the same position; a row without a counterpart is paired with None.
    """
    left, beside = list(had), []
    for row in wanted:
        match = next((other for other in left if _row_key(field, other) == _row_key(field, row)), None)
        if match is not None:
            left.remove(match)
        beside.append(match)
    return (*wanted, *(None for _ in left)), (*beside, *left)


def _row_key(field: Field, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in field.key)


def to_wire(value: Any) -> Any:
    """Convert a normalized value to the form for a request; references are resolved later."""
    if isinstance(value, Mapping):
        return {name: to_wire(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_wire(item) for item in value]
    return value
