"""
What the release workflow asks about a tag.

    release.py check TAG REPOSITORY    fails unless tag, version, changelog and links name one release
    release.py notes TAG               prints what the changelog says of it
"""

import re
import runpy
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def problems(root: Path, tag: str, repository: str) -> Iterator[str]:
    """Yield what stands against releasing the tree at `root` as `tag`, from the repository at an address."""
    version = runpy.run_path(str(root / "provisioner" / "_version.py"))["__version__"]
    if tag != f"v{version}":
        yield f"the tag is {tag}, but provisioner/_version.py has {version}"
    if not notes(root, tag):
        yield f"CHANGELOG.md says nothing of {tag}; run `towncrier build --version {tag[1:]}`"
    if left := sorted(each.name for each in (root / "changes").glob("*.md") if each.name != "README.md"):
        yield f"changes/ still has {', '.join(left)}"
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    sources = {project["project"]["urls"]["Source"]}
    readme = project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]
    sources |= {re.sub(r"^\]\(|/blob/.*$", "", each["replacement"]) for each in readme["substitutions"]}
    if {each.lower() for each in sources} != {repository.lower()}:
        yield f"the package leads to {', '.join(sorted(sources))}, but is built in {repository}"


def notes(root: Path, tag: str) -> str:
    """Return the section of a release in the changelog; empty if there is none."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(tag[1:])} .*\n(?P<body>(?:(?!## ).*\n?)*)", text, re.MULTILINE)
    return found["body"].strip() if found else ""


if __name__ == "__main__":
    what, tag, *more = sys.argv[1:]
    if what == "check":
        sys.exit("\n".join(problems(ROOT, tag, *more)) or None)
    sys.stdout.write(notes(ROOT, tag) + "\n")
