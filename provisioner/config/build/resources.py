"""Builds `Declared` resources from blocks: merges profiles, validates, and normalizes fields."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from provisioner.config.build.lifecycle import lifecycle, lifecycle_faults
from provisioner.config.build.merge import lay_over, prune
from provisioner.config.build.normal_form import Names, normal, some
from provisioner.config.build.problem import problem_of
from provisioner.config.build.profiles import Profiles, users
from provisioner.config.build.secret_to import destination, secret_faults
from provisioner.config.build.sections import Block, Piece, locate
from provisioner.config.schema.configuration import definition_of
from provisioner.config.schema.validate import Misfit, Shapes
from provisioner.config.text.outside import HoleError, Outside
from provisioner.config.text.scalar import BROKEN, shown
from provisioner.core.model.errors import Problem, Where
from provisioner.core.model.resource import SECRET_TO, Address, Declared
from provisioner.core.model.upload import Upload
from provisioner.core.schema.field import Shape
from provisioner.core.schema.kind import FieldFault, Kind

LARGEST_FILE = 1024 * 1024  # bytes; Stripe's limit for every purpose is lower
NOTHING_SENSITIVE: frozenset[str] = frozenset()
LISTS = (Shape.SET, Shape.LIST, Shape.TABLE)


class Builder(Struct):
    """The state that all resources share while they are built."""

    shapes: Shapes
    """The schema, compiled."""
    profiles: Profiles
    """The profiles."""
    names: Names
    """The names that references may use."""
    problems: list[Problem]
    """Problems that were found are added here."""
    empties: bool
    """True if any file has empty values."""
    outside: Outside
    """Reads the files that are uploaded."""
    is_live: bool = False
    """True in live mode."""
    claims: dict[Address, Where] = field(default_factory=dict)
    """The place of the resource that claims each previous name."""
    warnings: list[Problem] = field(default_factory=list)
    """Warnings that were found are added here."""

    def build(self, kind: Kind, block: Block) -> Declared | None:
        """Build the resource that a block describes; if it has problems, add them and return None."""
        laid = self.profiles.under(block)
        own = {} if block.value is None else block.value
        if not laid.sound:
            misfits = self.check(kind, block.pieces, definition_of(kind, part=True), own)
            self._say_more(kind, block, block.pieces, own, misfits)
            return None
        pieces = laid.pieces + block.pieces
        merged = lay_over(laid.value, own)
        whole = merged
        if self.empties:  # Lists, and hashes that are owned as a whole, can be set to empty.
            own_all = (field.name for field in kind.fields if field.owned_whole or field.shape in LISTS)
            whole = prune(merged, {*own_all})
        if whole is not merged and self.check(kind, pieces, definition_of(kind, part=True), merged):
            return None  # Even an empty key must be a known one.
        if misfits := self.check(kind, pieces, definition_of(kind), whole):
            self._say_more(kind, block, pieces, whole, misfits)
            return None
        return self._declared(kind, block, pieces, whole)

    def _say_more(
        self, kind: Kind, block: Block, pieces: tuple[Piece, ...], value: Any, misfits: Sequence[Misfit]
    ) -> None:
        """Add the problems of the valid fields of a resource that has invalid ones."""
        if not isinstance(value, Mapping):
            return
        wrong = {misfit.path[0] for misfit in misfits if misfit.path}
        fitting = prune({name: each for name, each in value.items() if name not in wrong})
        self._sound(block, pieces, some(kind, Address(kind.section, block.name), fitting, self.names).faults)

    def check(self, kind: Kind, pieces: tuple[Piece, ...], definition: str, value: Any) -> Sequence[Misfit]:
        """Return the schema errors of a value, after adding a problem for each."""
        misfits = self.shapes.misfits(definition, value)
        if misfits:
            self.problems += [problem_of(each, pieces, kind) for each in misfits if each.value is not BROKEN]
        return misfits

    def check_profiles(self, kinds: Sequence[Kind], resources: Sequence[Block]) -> frozenset[str]:
        """Check each profile as a part of the kind that uses it; return the names of those with errors."""
        sections = users(self.profiles.blocks, resources)
        unsound = set()
        for name, block in self.profiles.blocks.items():
            self.profiles.under(block)
            value = {} if block.value is None else block.value
            # the kind that uses it, or else the kind that it matches best
            kind = min(
                [kind for kind in kinds if kind.section == sections.get(name)] or kinds,
                key=lambda kind: len(self.shapes.misfits(definition_of(kind, part=True), value)),
            )
            if self.check(kind, block.pieces, definition_of(kind, part=True), value):
                unsound.add(name)
        return frozenset(unsound)

    def _declared(
        self, kind: Kind, block: Block, pieces: tuple[Piece, ...], whole: Mapping[str, Any]
    ) -> Declared | None:
        address = Address(kind.section, block.name)
        tools = whole.get("lifecycle", {})
        whole, unread = self._with_files(kind, pieces, whole)
        if not self._sound(block, pieces, unread):
            return None
        resource = normal(kind, address, whole, self.names)
        faults = resource.faults
        if tools:
            faults += lifecycle_faults(kind, tools, whole, self.names.declared[kind.section])
        for at, name in enumerate(tools.get("previously", ())):
            there = self.claims.setdefault(Address(kind.section, name), block.where())
            if there != block.where():
                text = (
                    f"'previously': the resource at {there} also claims {shown(name)}; remove one of the two"
                )
                faults.append(FieldFault(("lifecycle", "previously", at), text))
        if kind.secret:
            beside = Path(block.where().file)
            faults += secret_faults(whole, beside, self.outside.environ, live=self.is_live)
        faults += kind.check_live(resource.fields) if self.is_live else ()
        if not self._sound(block, pieces, faults):
            return None
        if doubts := [*kind.doubts(resource.fields)]:
            self.warnings += [_fault(doubt, pieces, block) for doubt in doubts]
        # one empty set is shared by all resources without secrets
        sensitive = frozenset(resource.sensitive) if resource.sensitive else NOTHING_SENSITIVE
        secret_to, is_hidden = destination(whole)
        sensitive |= {SECRET_TO} if is_hidden else NOTHING_SENSITIVE
        return Declared(address, resource.fields, lifecycle(tools), sensitive, block.where(), secret_to)

    def _with_files(
        self, kind: Kind, pieces: tuple[Piece, ...], whole: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], list[FieldFault]]:
        """Return the fields with the contents of files, and the problems with those files."""
        faults = []
        for sub in kind.fields:
            if sub.shape is not Shape.FILE or sub.name not in whole:
                continue
            path = (sub.name, "file")
            name = str(whole[sub.name]["file"])
            try:
                content = self.outside.content(Path(locate(pieces, path).where.file), name, LARGEST_FILE)
            except HoleError as error:
                faults.append(FieldFault(path, str(error)))
            else:
                whole = {**whole, sub.name: Upload(name, content, sub.upload_purpose)}
        return whole, faults

    def _sound(self, block: Block, pieces: tuple[Piece, ...], faults: Sequence[FieldFault]) -> bool:
        if faults:
            self.problems += [_fault(fault, pieces, block) for fault in faults]
        return not faults


def _fault(fault: FieldFault, pieces: tuple[Piece, ...], block: Block) -> Problem:
    if not fault.path:
        return Problem(block.where(), block.address, fault.text)
    return Problem(locate(pieces, fault.path).where, block.address, fault.text)
