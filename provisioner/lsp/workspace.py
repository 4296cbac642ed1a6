"""The configurations of the files that are open in an editor."""

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field

from provisioner.app.editor import ReadingOptions, ValidityReport, monthly_exposure, names, validate
from provisioner.config.outline import Outline
from provisioner.config.text.document import OVERLAYS, SUFFIXES
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ConfigError
from provisioner.core.model.resource import Address

HEAD = re.compile(r"^(?:version|project)\s*:", re.MULTILINE)
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

    def place_of(self, file: Path, unsaved: Mapping[Path, str]) -> ConfigurationPlace:
        """Return the configuration of a file: the closest folder with a file that names a project."""
        folder, env = file.parent, self.env
        if folder.name == OVERLAYS:
            folder, env = folder.parent, file.stem
        for each in (folder, *folder.parents):
            if any(_is_head(head, unsaved) for head in sorted(each.glob("*")) if head.suffix in SUFFIXES):
                return ConfigurationPlace(each, env)
            if (each / ".git").exists():
                break
        return ConfigurationPlace(folder, env)

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


def _is_head(file: Path, unsaved: Mapping[Path, str]) -> bool:
    """Return whether a file names a project, so that the files around it belong to it."""
    text = unsaved.get(file.resolve())
    if text is None:
        try:
            with file.open("rb") as opened:
                text = opened.read(MOST_BYTES).decode("utf-8", "replace")
        except OSError:
            return False
    return bool(HEAD.search(text))
