"""Builds entries of provisioner's own sections, grants and scenarios; they are checked like resources."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from provisioner.config.build.normal_form import Names, Normal, normal
from provisioner.config.build.problem import problem_of
from provisioner.config.build.sections import Block, locate
from provisioner.config.schema.grant_fields import TIME_SAYS
from provisioner.config.schema.validate import Shapes
from provisioner.config.text.scalar import BROKEN
from provisioner.core.model.errors import Problem
from provisioner.core.model.resource import Address
from provisioner.core.schema.field import Field
from provisioner.core.schema.kind import FieldFault, Kind


class EntryBuilder(Struct):
    """The state that the entries of a section share while they are built."""

    section: str
    """The name of the section."""
    definition: str
    """The name of an entry's schema."""
    doc: str
    """A sentence that describes an entry."""
    shapes: Shapes
    """The schemas."""
    problems: list[Problem]
    """The list that problems are added to."""
    shown_in: str
    """A clause that says where values are shown, for the message that they must not be secret."""

    def kind(
        self,
        fields: Sequence[Field],
        check: Callable[[Mapping[str, Any]], Iterator[FieldFault]],
        currency: Callable[[Address, Mapping[str, Any]], str | None],
    ) -> Kind:
        """Return a kind that describes the entries, so that they are checked like resources."""
        return Kind(
            name=self.definition,
            section=self.section,
            service="",
            resource="",
            doc=self.doc,
            fields=tuple(fields),
            rank=0,
            role=None,
            check=check,
            currency=currency,
        )

    def build(self, block: Block, kind: Kind, raw: Mapping[str, Any], names: Names) -> Normal | None:
        """Return an entry and its faults; after a schema error, add problems and return None."""
        misfits = self.shapes.misfits(self.definition, raw)
        self.problems += [
            problem_of(misfit, block.pieces, kind) for misfit in misfits if misfit.value is not BROKEN
        ]
        if misfits:
            return None
        found = normal(kind, Address(self.section, block.name), raw, names)
        for path in sorted(found.sensitive):
            text = f"{path!r} comes from the environment or a file, but {self.shown_in}; use ${{var.NAME}}"
            found.faults.append(FieldFault(tuple(path.split(".")), text))
        return found

    def report(self, block: Block, faults: Sequence[FieldFault]) -> bool:
        """Add a problem for each fault; return whether there are any."""
        self.problems += [
            Problem(locate(block.pieces, fault.path).where, block.address, fault.text) for fault in faults
        ]
        return bool(faults)


def moment(text: str) -> int:
    """Convert an ISO 8601 date or time to Unix seconds, in UTC unless it has a zone; raises ValueError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date or time; {TIME_SAYS}") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
