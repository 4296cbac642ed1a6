"""The configurations of the files that are open in an editor."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct, field

from provisioner.app.configuration import ReadingOptions, ValidityReport, monthly_exposure, names, validate
from provisioner.config.outline import Outline
from provisioner.config.text.document import OVERLAYS, SUFFIXES
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError
from provisioner.core.model.resource import Address

HEAD = re.compile(r"^(?:project\s*:|version\s*:\s*1\s*(?:#.*)?$)", re.MULTILINE)
FLEET = re.compile(r"^fleet\s*:", re.MULTILINE)
MOST_BYTES = 65_536  # of the beginning of a file, in which a configuration's version or project is searched


class ConfigurationPlace(Struct, frozen=True):
    """The configuration that a file belongs to."""

    folder: Path
    """Its folder."""
    env: str | None = None
    """The environment, if the file contains its overrides; None for any other file."""


class EditorWorkspace(Struct):
    """The configurations of open files, as they were last read."""

    reading: ReadingOptions
    """The options for reading files."""
    env: str | None = None
    """The environment for files that do not belong to one."""
    _valid: dict[ConfigurationPlace, Config] = field(default_factory=dict)
    _exposure: dict[int, Mapping[Address, str]] = field(default_factory=dict)

    def place_of(
        self, file: Path, unsaved: Mapping[Path, str], roots: Collection[Path]
    ) -> ConfigurationPlace | None:
        """
        Return the configuration of a file: the closest folder with a file that names a project.

        Only the file's own folder and folders within `roots`, which are open in the editor, are searched.
        Returns None for other YAML files, and for fleets.
        """
        if FLEET.search(_begin(file, unsaved)):
            return None
        folder, env = file.parent, self.env
        if folder.name == OVERLAYS:
            folder, env = folder.parent, file.stem
        for each in (folder, *folder.parents):
            beside = (head for head in sorted(each.glob("*")) if head.suffix in SUFFIXES)
            if any(HEAD.search(_begin(head, unsaved)) for head in beside):
                return ConfigurationPlace(each, env)
            if each in roots or not any(each.is_relative_to(root) for root in roots):
                break
        return None

    def validate(self, place: ConfigurationPlace, unsaved: Mapping[Path, str]) -> ValidityReport:
        """Validate a configuration, and store it if it is valid."""
        report = validate(place.folder, self.reading, unsaved, place.env)
        if report.config:
            self._valid[place] = report.config
            self._exposure.clear()
        return report

    def outline(self, place: ConfigurationPlace, unsaved: Mapping[Path, str]) -> Outline | None:
        """Return the names defined in a configuration; None if there is nothing to read."""
        try:
            return names(place.folder, unsaved, place.env)
        except ConfigError:
            return None

    def exposure(self, place: ConfigurationPlace, address: Address) -> str:
        """
        Return the monthly exposure of a card in the last valid version of its configuration; empty if
        unknown.
        """
        config = self._valid.get(place)
        if config is None:
            return ""
        if id(config) not in self._exposure:
            self._exposure[id(config)] = monthly_exposure(config)
        return self._exposure[id(config)].get(address, "")


def _begin(file: Path, unsaved: Mapping[Path, str]) -> str:
    """Return the beginning of a file; empty if the file cannot be read."""
    text = unsaved.get(file.resolve())
    if text is not None:
        return text
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
