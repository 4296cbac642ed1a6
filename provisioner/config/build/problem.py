"""Turns schema errors into problems with a place in a file."""

from typing import Any

from provisioner.config.build.sections import Piece, locate
from provisioner.config.schema.messages import say
from provisioner.config.schema.validate import Misfit
from provisioner.config.text.document import Document
from provisioner.core.model.errors import Problem
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import Kind

AT_KEY = frozenset({"additionalProperties", "propertyNames", "required"})


def problem_of(misfit: Misfit, pieces: tuple[Piece, ...], kind: Kind) -> Problem:
    """Return the problem for a schema error in the merged `pieces`."""
    place = locate(pieces, misfit.path, key=misfit.keyword in AT_KEY)
    text = say(misfit, raw=place.raw, hidden=_hidden(kind.fields, misfit.path))
    return Problem(place.where, place.address, _once(place.address, text))


def problem_in(document: Document, misfit: Misfit, around: tuple[Any, ...]) -> Problem:
    """Return the problem for a schema error in a document."""
    position = document.position(misfit.path)
    text = say(misfit, raw=position.raw if position else None, hidden=False)
    where = document.where(misfit.path, key=misfit.keyword in AT_KEY)
    address = ".".join(map(str, around))
    return Problem(where, address, _once(address, text))


def _once(address: str, text: str) -> str:
    """Return a message without its leading field name if the address before it ends with the same word."""
    return text.removeprefix(f"{address.rpartition('.')[2]!r}: ")


def _hidden(fields: tuple[Field, ...], path: tuple[Any, ...]) -> bool:
    """Return whether the value at the path, or any part of it, must not be shown."""
    for name in path:
        if isinstance(name, int):
            continue
        found = next((sub for sub in fields if sub.name == name), None)
        if found is None:
            return False
        if found.sensitive:
            return True
        fields = found.fields
    return bool(fields)
