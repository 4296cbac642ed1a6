"""Determines whether git could commit a file."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

SECONDS = 60.0
GIT = ("git", "-c", "core.fsmonitor=false", "check-ignore", "--quiet", "--")
IGNORED, NOT_IGNORED = 0, 1


class WorkTree(Struct, frozen=True):
    """The git work tree that contains a file that git could commit."""

    folder: Path
    """Its top folder."""
    is_certain: bool
    """True if git says so; False if git cannot be asked, so that the file may or may not be ignored."""


def work_tree_that_could_commit(file: Path, environ: Mapping[str, str]) -> WorkTree | None:
    """
    Return the work tree that contains a file, unless git ignores the file; None outside of any.

    `environ` has the variables for git; git's own and Stripe's are removed.
    """
    folder = file.parent.resolve()
    tree = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    if tree is None:
        return None
    env = {name: value for name, value in environ.items() if not name.startswith(("GIT_", "STRIPE_"))}
    try:
        code = subprocess.run(  # noqa: S603 - git itself
            [*GIT, file.name], cwd=folder, env=env, capture_output=True, timeout=SECONDS, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        code = None
    return None if code == IGNORED else WorkTree(tree, is_certain=code == NOT_IGNORED)
