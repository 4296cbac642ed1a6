"""Programs of others, each in an environment of its own."""

import subprocess
import sys
import venv
from pathlib import Path


def installed(home: Path, requirement: str, program: str) -> str:
    """Return the path of a program of a package, which is installed from PyPI unless it is there already."""
    path = home / "bin" / program
    if not (home / "installed").exists():
        venv.create(home, with_pip=True)
        pip = [home / "bin" / "pip", "install", "-qq", "--disable-pip-version-check", requirement]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        (home / "installed").touch()
    return str(path)
