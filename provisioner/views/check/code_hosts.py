"""
Problems for programs that show them at their lines: GitHub's annotations, GitLab's code quality, SARIF.

Paths are relative to the root of the repository.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from provisioner._version import __version__
from provisioner.core.model.check import CheckPart
from provisioner.core.model.errors import Problem
from provisioner.views.values import inert

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
RULES = {
    "validate": "The configuration is valid",
    "scenarios": "Each card approves and declines what it should",
    "guardrails": "The plan exceeds no guardrail",
    "plan": "A plan can be made",
}
LEVELS = {True: "error", False: "warning"}
SEVERITIES = {True: "major", False: "minor"}  # of GitLab's levels: info, minor, major, critical, blocker


class Repository(Struct, frozen=True):
    """The root of a repository, and the path in it for problems that do not concern a file."""

    root: Path
    """The folder of the repository."""
    configuration: Path
    """The path of the configuration in it."""

    def path_of(self, problem: Problem) -> str:
        """
        Return the path of a problem's file relative to the root, or in full if it is outside of the
        repository.
        """
        file = Path(problem.where.file) if problem.where else self.configuration
        for path, root in ((file.absolute(), self.root.absolute()), (file.resolve(), self.root.resolve())):
            normal = Path(os.path.normpath(path))
            if normal.is_relative_to(root):
                return normal.relative_to(root).as_posix()
        return file.absolute().as_posix()


class Finding(Struct, frozen=True):
    """A problem or a warning of a part of a check."""

    check: str
    """The name of the part."""
    problem: Problem
    """The problem."""
    fails: bool
    """True for a problem, False for a warning."""

    @property
    def text(self) -> str:
        """Return the message without its place, in one line."""
        about = f"{self.problem.address}: " if self.problem.address else ""
        return inert(f"{about}{self.problem.text}")

    @property
    def start(self) -> tuple[int, int]:
        """Return the line and the column, from 1."""
        where = self.problem.where
        return (where.line, where.column) if where else (1, 1)


def github_annotations(parts: Iterable[CheckPart], repository: Repository) -> Iterator[str]:
    """Yield a workflow command for each problem and warning."""
    for found in _findings(parts):
        properties = {"title": f"provisioner {found.check}"}
        if found.problem.where:
            line, column = found.start
            file = repository.path_of(found.problem)
            properties = {"file": file, "line": str(line), "col": str(column), **properties}
        said = ",".join(
            f"{name}={github_data(value).replace(':', '%3A').replace(',', '%2C')}"
            for name, value in properties.items()
        )
        yield f"::{LEVELS[found.fails]} {said}::{github_data(found.text)}"


def github_data(text: str) -> str:
    """Escape the message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def gitlab_report(parts: Iterable[CheckPart], repository: Repository) -> list[dict[str, Any]]:
    """Return GitLab's code quality report, as values for JSON."""
    return [
        {
            "description": found.text,
            "check_name": f"provisioner-{found.check}",
            "fingerprint": identity,
            "severity": SEVERITIES[found.fails],
            "location": {"path": repository.path_of(found.problem), "lines": {"begin": found.start[0]}},
        }
        for found, identity in _identified(parts, repository)
    ]


def sarif_log(parts: Iterable[CheckPart], repository: Repository) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log, as values for JSON."""
    rules = [{"id": name, "shortDescription": {"text": text}} for name, text in RULES.items()]
    driver = {"name": "provisioner", "version": __version__, "rules": rules}
    results = [_sarif_result(*each, repository) for each in _identified(parts, repository)]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_result(found: Finding, identity: str, repository: Repository) -> dict[str, Any]:
    line, column = found.start
    path = Path(repository.path_of(found.problem))
    is_inside = not path.is_absolute()
    artifact = {"uri": quote(path.as_posix()) if is_inside else path.as_uri()}
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": artifact | ({"uriBaseId": "%SRCROOT%"} if is_inside else {}),
            "region": {"startLine": line, "startColumn": column},
        }
    }
    if found.problem.address:
        location["logicalLocations"] = [{"fullyQualifiedName": found.problem.address}]
    return {
        "ruleId": found.check,
        "ruleIndex": [*RULES].index(found.check),
        "level": LEVELS[found.fails],
        "message": {"text": found.text},
        "locations": [location],
        "partialFingerprints": {"provisioner/v1": identity},
    }


def _findings(parts: Iterable[CheckPart]) -> Iterator[Finding]:
    for part in parts:
        yield from (Finding(part.name, problem, fails=True) for problem in part.problems)
        yield from (Finding(part.name, warning, fails=False) for warning in part.warnings)


def _identified(parts: Iterable[CheckPart], repository: Repository) -> Iterator[tuple[Finding, str]]:
    """Yield findings, each with a unique digest that stays the same when lines above it are added."""
    seen: Counter[str] = Counter()
    for found in _findings(parts):
        text = "\0".join((found.check, repository.path_of(found.problem), found.text))
        seen[text] += 1
        yield found, hashlib.sha256(f"{text}\0{seen[text]}".encode()).hexdigest()
