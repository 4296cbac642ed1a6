"""
Compares Stripe's response to a write with the request: a response alone does not prove that it was carried
out.

Both sides are compared in the normal form of plans, so values that a plan treats as equal are not a failure
here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from provisioner.core.model.requirements import listed
from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.normal_form import EMPTY, align, reader


class Unfulfilled(NamedTuple):
    """The path of a parameter that was not set as requested."""

    path: str
    """The dotted path."""
    cleared: bool
    """True if the request was to clear the value."""


def unfulfilled(
    fields: Sequence[Field], asked: Mapping[str, Any], answer: Mapping[str, Any], prefix: str = ""
) -> Iterator[Unfulfilled]:
    """
    Yield the parameters in `asked` that differ in an answer; references in `asked` are ids already.

    Values that Stripe never returns, and values that were not requested, are ignored.
    """
    known = {field.name: field for field in fields}
    for name, value in asked.items():
        path, field = prefix + name, known.get(name)
        there = field.returned(answer) if field else answer.get(name)
        below = there if isinstance(there, Mapping) else {}
        if field is None:
            if there != value:
                yield Unfulfilled(path, cleared=False)
        elif field.shape is Shape.HASH and isinstance(value, Mapping):
            yield from unfulfilled(field.fields, value, below, path + ".")
        elif field.shape is Shape.MAP and isinstance(value, Mapping):
            wrong = (key for key, text in value.items() if below.get(key, "") != text)
            yield from (Unfulfilled(f"{path}.{key}", cleared=value[key] == "") for key in wrong)
        elif not field.write_only and not _is_as_asked(field, value, there):
            yield Unfulfilled(path, cleared=value in EMPTY)


def differing(fields: Sequence[Field], seen: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the fields whose values in an answer differ from `seen`, which is in normal form."""
    for field in fields:
        if field.name in seen and (_normal(field, field.returned(answer)) or None) != (
            seen[field.name] or None
        ):
            yield field.name


def says_unfulfilled(found: Sequence[Unfulfilled]) -> str:
    """Return a sentence about what was not done, without values, because some are personal."""
    wrong = [each.path for each in found if not each.cleared]
    stays = [each.path for each in found if each.cleared]
    said = [f"{listed(wrong)} {_is(wrong)} not as requested"] if wrong else []
    said += [f"{listed(stays)} {_is(stays)} not cleared"] if stays else []
    return f"Stripe accepted the request, but did not carry it out: {', and '.join(said)}"


def _is(paths: Sequence[str]) -> str:
    return "is" if len(paths) == 1 else "are"


def _is_as_asked(field: Field, value: Any, there: Any) -> bool:
    try:
        want, have = (_normal(field, each) for each in (value, there))
        if want is None:
            return have in (None, field.default, *field.server_defaults, *field.stripe_only_values)
        have = field.default if have is None else have
        if field.shape is Shape.TABLE and have is not None:
            want, have = align(field, want, have)
        is_same = field.equivalent is not None and have is not None and field.equivalent(want, have)
    except (TypeError, AttributeError):  # its form matches no value of the field
        return False
    return is_same or want == have or have in field.stripe_only_values


def _normal(field: Field, value: Any) -> Any:
    return reader((field,))({field.name: value}).get(field.name)
