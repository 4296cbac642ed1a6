"""The configurations of the files that are open in an editor."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct, field

from provisioner.app.editor import ReadingOptions, ValidityReport, monthly_exposure, names, validate
from provisioner.config.outline import Outline
from provisioner.config.text.document import OVERLAYS, SUFFIXES
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError
from provisioner.core.model.resource import Address

HEAD = re.compile(r"^(?:project\s*:|version\s*:\s*1\s*(?:#.*)?$)", re.MULTILINE)
FLEET = re.compile(r"^fleet\s*:", re.MULTILINE)
MOST_BYTES = 65_536  # of a file that may be the head of a configuration


class ConfigurationPlace(Struct, frozen=True):
    """The configuration that a file belongs to."""

    folder: Path
    """Its folder."""
    env: str | None = None
    """The environment whose overrides the file has; None for any other file."""


class EditorWorkspace(Struct):
    """The open configurations, as they were last read."""

    reading: ReadingOptions
    """The way in which files are read."""
    env: str | None = None
    """The environment in which files are read that belong to none."""
    _valid: dict[ConfigurationPlace, Config] = field(default_factory=dict)
    _exposure: dict[int, Mapping[Address, str]] = field(default_factory=dict)

    def place_of(
        self, file: Path, unsaved: Mapping[Path, str], roots: Collection[Path]
    ) -> ConfigurationPlace | None:
        """
        Return the configuration of a file: the closest folder with a file that names a project.

        No folder outside of `roots`, the folders that are open in the editor, is looked at, but for that of
        the file. Returns None for any other YAML file, and for one that describes a fleet.
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
        """Validate a configuration, and remember it if it is valid."""
        report = validate(place.folder, self.reading, unsaved, place.env)
        if report.config:
            self._valid[place] = report.config
            self._exposure.clear()
        return report

    def outline(self, place: ConfigurationPlace, unsaved: Mapping[Path, str]) -> Outline | None:
        """Return the names of a configuration; None if there is nothing to read."""
        try:
            return names(place.folder, unsaved, place.env)
        except ConfigError:
            return None

    def exposure(self, place: ConfigurationPlace, address: Address) -> str:
        """Return the monthly exposure of a card when its configuration was last valid; empty if unknown."""
        config = self._valid.get(place)
        if config is None:
            return ""
        if id(config) not in self._exposure:
            self._exposure[id(config)] = monthly_exposure(config)
        return self._exposure[id(config)].get(address, "")


def _begin(file: Path, unsaved: Mapping[Path, str]) -> str:
    """Return the beginning of a file; empty if it cannot be read."""
    text = unsaved.get(file.resolve())
    if text is not None:
        return text
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
