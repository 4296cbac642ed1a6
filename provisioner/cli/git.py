"""Facts about the git repository around a folder."""

import subprocess
from pathlib import Path


def git(folder: Path, *words: str) -> str:
    """Return the output of a git command; empty if it fails or git is not installed."""
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
    """
    Return the commit of a path's repository, with `-dirty` if files differ; None if there is no
    repository.
    """
    folder = path if path.is_dir() else path.parent
    # Run no program that the repository's settings name.
    words = ("-c", "core.fsmonitor=false", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    return git(folder, *words) or None
