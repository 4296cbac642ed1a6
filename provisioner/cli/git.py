"""Facts about the git repository around a folder."""

import subprocess
from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """Return what a git command prints; empty if it fails, and without git."""
    try:
        done = subprocess.run(  # noqa: S603 - no user input in it
            ["git", *words],  # noqa: S607 - whichever git the user has
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def commit_of(path: Path) -> str | None:
    """Return the commit of the repository of a path, with `-dirty` if files differ; None without one."""
    folder = path if path.is_dir() else path.parent
    # no program that the repository's settings name is run
    words = ("-c", "core.fsmonitor=false", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    return git(folder, *words) or None
