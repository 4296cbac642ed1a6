"""Finds the names in a configuration and their places, for editors; the configuration need not be valid."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from provisioner.config.build.merge import lay_over, prune
from provisioner.config.build.profiles import Profiles
from provisioner.config.build.sections import PROFILES, SHARED, Blocks, gather
from provisioner.config.schema.grant_fields import SECTION as GRANTS
from provisioner.config.schema.scenario_fields import SECTION as SCENARIOS
from provisioner.config.text.document import files_of, open_document, overlay_of
from provisioner.config.text.outside import Outside
from provisioner.core.model.errors import Where
from provisioner.core.schema.kind import Kind

VARIABLES = "vars"


class Outline(Struct, frozen=True):
    """The blocks of a configuration in its files, with references unresolved."""

    blocks: Blocks
    """The blocks, by section and name."""
    variables: Mapping[str, Where]
    """The places of the variables, by name."""

    def names(self, section: str) -> Mapping[str, Where]:
        """Return the place of each name in a section."""
        if section == VARIABLES:
            return self.variables
        return {name: block.where() for name, block in self.blocks.section(section).items()}

    def resolved(self, section: str, name: str) -> str:
        """Return a block merged with the profiles that it uses, as YAML; empty if there is no such block."""
        block = self.blocks.section(section).get(name)
        if block is None:
            return ""
        laid = Profiles(self.blocks.section(PROFILES), []).under(block)
        own = block.value if isinstance(block.value, dict) else {}
        merged = {key: value for key, value in lay_over(laid.value, own).items() if key != "use"}
        # Tuples and our own string types are plain values to readers.
        text: str = yaml.safe_dump(_plain(prune(merged)), sort_keys=False, allow_unicode=True)
        return text


def outline(
    path: Path, kinds: Sequence[Kind], unsaved: Mapping[Path, str], env: str | None = None
) -> Outline:
    """
    Read the names in a file or folder, with the overrides of `environments/<env>.yaml`.

    `unsaved` has the texts of files that are open in an editor, by path. Raises ConfigError if there is
    nothing to read.
    """
    outside = Outside(path if path.is_dir() else path.parent, {}, unsaved=unsaved)
    base = [open_document(file, [], outside) for file in files_of(path)]
    overlays = [open_document(overlay_of(path, env), [], outside)] if env else []
    named = frozenset({PROFILES, GRANTS, SCENARIOS, *SHARED, *(kind.section for kind in kinds)})
    variables = {
        str(name): document.where((VARIABLES, name), key=True)
        for document in (*base, *overlays)
        for name in document.value.get(VARIABLES) or ()
        if isinstance(document.value[VARIABLES], dict)
    }
    return Outline(gather(base, overlays, named, []), variables)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int) else str(value)
