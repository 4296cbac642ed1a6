"""
Converts the fields of a resource to normal form: amounts in minor units, sorted sets, bound references.

The values must match the schema. Errors that a schema cannot express (currencies, unknown names) become
faults.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.config.schema.field_schema import AMOUNT_SAYS
from provisioner.config.text.near import near
from provisioner.config.text.scalar import Secret, SecretNumber, from_outside, shown
from provisioner.core.model.money import parse_money
from provisioner.core.model.resource import Address, Ref
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import FieldFault, Kind

Path = tuple[Any, ...]
Key = tuple[int, str | None]  # a cache key: the id of the raw collection, and the currency of the resource
MANY = 2000  # collections per field whose normal form is cached


class Names(Struct, frozen=True):
    """The names that references may use."""

    declared: Mapping[str, Collection[str]]
    """The declared names, by section."""
    prefixes: Mapping[str, str]
    """The prefix of Stripe's ids, by section."""
    complete: bool
    """False if a file could not be read; then a missing name is not reported."""
    known: dict[int, dict[Key, tuple[Any, Any]]] = field(default_factory=lambda: defaultdict(dict))
    """A cache of normal forms, each with the raw collection that it was made from."""
    steps: dict[int, tuple[Sequence[Field], "Steps"]] = field(default_factory=dict)
    """A cache of the conversions of fields, by the id of the fields."""

    def steps_of(self, fields: Sequence[Field]) -> "Steps":
        """Return the name, field and conversion of each field, computed once for all resources."""
        there = self.steps.get(id(fields))
        if there is None:
            steps = tuple((sub.name, sub, _SHAPES.get(sub.shape)) for sub in fields)
            there = self.steps[id(fields)] = (
                fields,
                steps,
            )  # Keeping the fields alive prevents their ids from being reused.
        return there[1]


class Normal(Struct):
    """The state and result of converting one resource."""

    address: Address
    """The address of the resource."""
    names: Names
    """The names that its references may use."""
    currency: str | None
    """The currency of its amounts, once it is known."""
    fields: dict[str, Any] = field(default_factory=dict)
    """The fields in normal form."""
    faults: list[FieldFault] = field(default_factory=list)
    """The problems that were found."""
    sensitive: set[str] = field(default_factory=set)
    """Dotted paths of secrets from the environment and from files."""


def normal(kind: Kind, address: Address, raw: Mapping[str, Any], names: Names) -> Normal:
    """Convert the fields of a resource to normal form; faults include those that the kind reports."""
    out = some(kind, address, raw, names)
    if not out.faults:
        out.faults.extend(kind.check(out.fields))
    return out


def some(kind: Kind, address: Address, raw: Mapping[str, Any], names: Names) -> Normal:
    """Convert some fields of a resource, without checking them against each other."""
    out = Normal(address, names, kind.currency(address, raw))
    out.fields = _mapping(kind.fields, raw, out, ())
    return out


def _mapping(fields: Sequence[Field], raw: Mapping[str, Any], out: Normal, path: Path) -> dict[str, Any]:
    normalised: dict[str, Any] = {}
    for name, sub, shape in out.names.steps_of(fields):
        if name not in raw:
            continue
        value = raw[name]
        if shape is not None:
            value = shape(sub, value, out, (*path, name))
        elif type(value) is Secret:
            value = _plain(value, out, (*path, name))
        normalised[name] = value
    return normalised


def _once(shape: "Read") -> "Read":
    """Cache the conversion of collections, because many resources share them through a profile."""

    def once(what: Field, raw: Any, out: Normal, path: Path) -> Any:
        known = out.names.known[id(what)]
        key = (id(raw), out.currency)
        there = known.get(key)
        if there is not None:
            return there[1]
        faults, sensitive = len(out.faults), out.sensitive
        out.sensitive = set()  # Collected separately, because rows share their paths.
        value = shape(what, raw, out, path)
        plain = not out.sensitive and len(out.faults) == faults
        out.sensitive |= sensitive
        if plain and out.currency == key[1] and len(known) < MANY:
            known[key] = (raw, value)
        return value

    return once


def _hash(what: Field, raw: Any, out: Normal, path: Path) -> Any:
    normalised = _mapping(what.fields, raw, out, path)
    if not what.amounts_in or what.amounts_in in normalised:
        return normalised
    # The currency that its amounts are written in. Amounts in minor units use Stripe's default, the currency
    # of the account's country (SDK: params/issuing/_cardholder_create_params.py), which is not known here.
    amounts = next((sub.name for sub in what.fields if normalised.get(sub.name) and sub.has_amounts), "")
    if amounts and out.currency is not None:
        normalised[what.amounts_in] = out.currency
        prefix = ".".join(key for key in path if isinstance(key, str))
        if any(hidden.startswith(f"{prefix}.{amounts}") for hidden in out.sensitive):
            out.sensitive.add(f"{prefix}.{what.amounts_in}")
    return normalised


def _plain(value: Any, out: Normal, path: Path) -> Any:
    """Convert a secret to a plain value and record its path; rows and items have the path of their field."""
    if from_outside(value):
        names = [key for key in path if isinstance(key, str)]
        out.sensitive.add(".".join(names))
        return int(value) if type(value) is SecretNumber else str(value)
    return value


def _table(what: Field, rows: Sequence[Mapping[str, Any]], out: Normal, path: Path) -> tuple[Any, ...]:
    normalised = tuple(_mapping(what.fields, row, out, (*path, at)) for at, row in enumerate(rows))
    seen: set[tuple[Any, ...]] = set()
    for at, row in enumerate(normalised):
        key = tuple(row.get(name) for name in what.key)
        if what.key and key in seen:
            out.faults.append(
                FieldFault((*path, at), f"duplicate row: another one has the same {' and '.join(what.key)}")
            )
        seen.add(key)
    return normalised


def _amount(what: Field, raw: Any, out: Normal, path: Path) -> int:
    if isinstance(raw, int):
        return raw
    written = str(_plain(raw, out, path))
    hidden = isinstance(raw, Secret)
    try:
        money = parse_money(written)
    except ValueError as error:
        out.faults.append(FieldFault(path, AMOUNT_SAYS if hidden else f"{what.name!r}: {error}"))
        return 0
    if out.currency is None:
        out.currency = money.currency  # the currency of the first amount if the resource has none
    elif out.currency != money.currency:
        other = "another currency" if hidden else money.currency.upper()
        text = f"{what.name!r} is in {other}, but the amounts here are in {out.currency.upper()}"
        out.faults.append(FieldFault(path, text))
    if money.amount < (what.low or 0):
        out.faults.append(FieldFault(path, f"{what.name!r} must be at least {what.low} minor units"))
    return money.amount


def _reference(what: Field, raw: str, out: Normal, path: Path) -> Ref | str:
    name = str(_plain(raw, out, path))
    section = what.refers_to
    declared, prefix = out.names.declared.get(section, ()), out.names.prefixes.get(section, "")
    if name in declared:
        return Ref(Address(section, name))
    if not (prefix and name.startswith(prefix)) and out.names.complete:
        ids = f", or use an id ({prefix}...)" if prefix else ""
        hint = "" if isinstance(raw, Secret) else near(name, declared)
        bare = name.removeprefix(f"{section}.")
        if bare != name and bare in declared and not isinstance(raw, Secret):
            hint = f"; write {bare!r}, without '{section}.'"
        text = f"{shown(raw)} is not declared under {section!r}{hint or f'; declare it there{ids}'}"
        out.faults.append(FieldFault(path, text))
    return name


Read = Callable[[Field, Any, Normal, Path], Any]
Steps = tuple[tuple[str, Field, Read | None], ...]
_SHAPES: Mapping[Shape, Read] = {  # values of other types stay unchanged
    Shape.AMOUNT: _amount,
    Shape.INTEGER: lambda _what, raw, out, path: _plain(raw, out, path),
    Shape.REF: _reference,
    Shape.HASH: _once(_hash),
    Shape.SET: _once(lambda _what, raw, out, path: tuple(sorted({_plain(item, out, path) for item in raw}))),
    Shape.LIST: lambda _what, raw, out, path: tuple(_plain(item, out, path) for item in raw),
    Shape.TABLE: _once(_table),
    Shape.MAP: lambda _what, raw, out, path: {
        name: _plain(raw[name], out, (*path, name)) for name in sorted(raw)
    },
}
