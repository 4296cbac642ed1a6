"""Finds the YAML files of a path and reads them into documents, which know the place of each value."""

import os
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from provisioner.config.text.near import near
from provisioner.config.text.outside import Outside
from provisioner.config.text.read import Reading, read
from provisioner.config.text.regular_file import FileTooLargeError, read_regular
from provisioner.core.model.errors import ConfigError, Problem, Where
from provisioner.core.schema.kind import Kind

if TYPE_CHECKING:
    from provisioner.config.text.positions import Position

SUFFIXES = (".yaml", ".yml")
OVERLAYS = "environments"
LARGEST_FILE = 256 * 2**20
MOST_FILES, MOST_BYTES = 100, 65_536  # limits of the search for a hint, which must not slow anything down
_PROJECT = re.compile(rb"^project[ \t]*:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)


class Document(Struct, frozen=True, dict=True):
    """One file; positions of its values are computed on demand."""

    file: Path
    """The path of the file."""
    text: str
    """The content of the file."""
    value: dict[str, Any]
    """The mapping that the file contains."""
    reading: Reading
    """The result of reading it, with its problems."""

    @cached_property
    def positions(self) -> dict[tuple[Any, ...], "Position"]:
        """The position of each path; computing it parses the file a second time."""
        from provisioner.config.text.positions import positions  # noqa: PLC0415 - cold start: needed for errors only

        return positions(self.text)

    def position(self, path: tuple[Any, ...]) -> "Position | None":
        """Return the position of exactly this path, or None if the file does not contain it."""
        return self.positions.get(path)

    def where(self, path: tuple[Any, ...], *, key: bool = False) -> Where:
        """Return the place of the value (or key) at `path`, or of the closest enclosing value."""
        length = next(length for length in range(len(path), -1, -1) if path[:length] in self.positions)
        position = self.positions[path[:length]]
        at_key = key and length == len(path)
        line, column = (
            (position.key_line, position.key_column) if at_key else (position.line, position.column)
        )
        return Where(str(self.file), line, column)

    def block_where(self, section: str, name: str) -> Where:
        """Return the place of the key of a named block; only blocks from aliases need a second reading."""
        there = self.reading.blocks.get((section, name))
        return Where(str(self.file), *there) if there else self.where((section, name), key=True)


def files_of(path: Path) -> list[Path]:
    """
    Return the file, or the YAML files of the folder in sorted order.

    Hidden files, hidden folders and `environments/` are skipped, and links to folders are not followed.
    Raises ConfigError if there is nothing to read.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        what = "is not a file or folder" if path.exists() else "does not exist"
        raise ConfigError([Problem(None, "", f"{path} {what}; pass a YAML file or a folder of YAML files")])
    found = []
    for here, folders, names in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith(".") and name != OVERLAYS]
        files = (Path(here, name) for name in names if name.endswith(SUFFIXES) and not name.startswith("."))
        found += [file for file in files if file.is_file()]
    if not found:
        text = f"{path} contains no YAML files (*.yaml, *.yml); `provisioner init` creates one"
        raise ConfigError([Problem(None, "", text)])
    return sorted(found)


def overlay_of(path: Path, env: str) -> Path:
    """Return `environments/<env>.yaml` in the folder (or next to the file); raises ConfigError."""
    folder = (path if path.is_dir() else path.parent) / OVERLAYS
    there = sorted(
        file
        for file in folder.glob("*")
        if file.suffix in SUFFIXES and file.is_file() and file.name[0] != "."
    )
    for file in there:
        if file.stem == env:
            return file
    names = [file.stem for file in there]
    known = f"known: {', '.join(names)}" if names else "there are none"
    text = f"no environment {env!r} in {folder}{near(env, names)}; {known}"
    raise ConfigError([Problem(None, "", text)])


def unread_beside(path: Path, project: str, kinds: Sequence[Kind]) -> list[Path]:
    """
    Find YAML files next to a file, or one folder below, that define resources of the same project.

    Returns an empty list for a folder. If one of the files names another project, the list is empty, too,
    because the owner of the other files is unclear.
    """
    if not path.is_file():
        return []
    sections = "|".join(kind.section for kind in kinds).encode()
    declares = re.compile(rb"^(?:%s)[ \t]*:" % sections, re.MULTILINE)
    texts = {}
    try:
        for file in islice(_neighbours(path), MOST_FILES):
            with file.open("rb") as opened:
                texts[file] = opened.read(MOST_BYTES)
    except OSError:
        return []
    named = {found[1] for text in texts.values() if (found := _PROJECT.search(text))}
    return (
        [file for file, text in texts.items() if declares.search(text)] if named <= {project.encode()} else []
    )


def _neighbours(path: Path) -> Iterator[Path]:
    below = sorted(folder for folder in path.parent.iterdir() if folder.is_dir() and not folder.is_symlink())
    for folder in (path.parent, *below):
        if (folder.name.startswith(".") and folder != path.parent) or folder.name == OVERLAYS:
            continue
        for file in sorted(folder.iterdir()):
            hidden = file.name.startswith(".") or file.suffix not in SUFFIXES
            if not hidden and file.is_file() and not file.samefile(path):
                yield file


def open_document(file: Path, problems: list[Problem], outside: Outside) -> Document:
    """Read one file; problems with its text are added to `problems`."""
    text = text_of(file, problems, outside)
    if text is None:
        return Document(file, "", {}, Reading(sound=False))
    reading = read(text)
    for slip in reading.slips:
        address = ".".join(str(key) for key in slip.path[:2])
        problems.append(Problem(Where(str(file), slip.line, slip.column), address, slip.text))
    value = reading.value
    if value is None:
        value = {}
    if not isinstance(value, dict):
        text_ = "expected a mapping with keys such as 'version', 'project' and 'cards'"
        problems.append(Problem(Where(str(file), 1, 1), "", text_))
        reading.sound, value = False, {}
    return Document(file, text, value, reading)


def text_of(file: Path, problems: list[Problem], outside: Outside) -> str | None:
    """
    Read a file as UTF-8; if that fails, add a problem to `problems` and return None.

    A link that leads outside of the folder is not followed: messages quote parts of files, so the author of a
    link could read other files of the machine.
    """
    try:
        if not (outside.has(file) or outside.allows(file)):
            said = f"this link leads outside the configuration folder; pass --allow-file {file} to allow it"
            problems.append(Problem(Where(str(file), 1, 1), "", said))
            return None
        if outside.unsaved and (unsaved := outside.unsaved.get(file.resolve())) is not None:
            return unsaved
        data = read_regular(file, LARGEST_FILE)
    except FileTooLargeError:
        problems.append(
            Problem(Where(str(file), 1, 1), "", f"file is larger than {LARGEST_FILE // 2**20} MiB")
        )
        return None
    except (OSError, RuntimeError) as error:
        said = (
            error.strerror if isinstance(error, OSError) and error.strerror else "symbolic links form a loop"
        )
        problems.append(Problem(Where(str(file), 1, 1), "", f"cannot read the file: {said}"))
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        where = Where(str(file), before.count(b"\n") + 1, column)
        problems.append(Problem(where, "", "file is not UTF-8; save it as UTF-8"))
        return None
    return text.removeprefix("\ufeff")  # the byte order mark that Windows editors write
