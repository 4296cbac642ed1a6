"""What stands beside a configuration of a single file: files of the same project that are not read."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from provisioner.config.text.document import OVERLAYS, SUFFIXES
from provisioner.core.schema.kind import Kind

MOST_FILES, MOST_BYTES = 100, 65_536  # it is a hint, and must cost nothing that anybody notices
PROJECT = re.compile(rb"^project[ \t]*:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)


def unread_beside(path: Path, project: str, kinds: Sequence[Kind]) -> list[Path]:
    """
    YAML files in the folder of a file, and one folder below, that declare resources; no file, none.

    None either where one of them names another project: whose the others are cannot be told then.
    """
    if not path.is_file():
        return []
    sections = "|".join(kind.section for kind in kinds).encode()
    declares = re.compile(rb"^(?:%s)[ \t]*:" % sections, re.MULTILINE)
    texts = {}
    try:
        for file in islice(_others(path), MOST_FILES):
            with file.open("rb") as opened:
                texts[file] = opened.read(MOST_BYTES)
    except OSError:
        return []
    named = {found[1] for text in texts.values() if (found := PROJECT.search(text))}
    return (
        [file for file, text in texts.items() if declares.search(text)] if named <= {project.encode()} else []
    )


def _others(path: Path) -> Iterator[Path]:
    below = sorted(folder for folder in path.parent.iterdir() if folder.is_dir() and not folder.is_symlink())
    for folder in (path.parent, *below):
        if (folder.name.startswith(".") and folder != path.parent) or folder.name == OVERLAYS:
            continue
        for file in sorted(folder.iterdir()):
            hidden = file.name.startswith(".") or file.suffix not in SUFFIXES
            if not hidden and file.is_file() and not file.samefile(path):
                yield file
