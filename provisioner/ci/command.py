"""Runs a command in a CI job: its exit code, its output, and a log of it as Markdown."""

import json
import subprocess
import sys
from collections.abc import Mapping

from msgspec import Struct, convert

from provisioner.core.diff.drift_document import DriftDocument
from provisioner.core.model.errors import ExitCode
from provisioner.views.drift import drift_markdown
from provisioner.views.safe_markdown import code, fence

# beginnings of the summary line of a plan, an apply, a drift check or a check
COUNTING = ("Plan: ", "No changes.", "Apply ", "Drift: ", "No drift", "Check ")
LOG = 12_000  # maximum characters of a log in a comment


class Done(Struct, frozen=True):
    """The result of a command that was run."""

    code: int
    """The exit code."""
    stdout: str
    """The text on stdout."""
    stderr: str = ""
    """The text on stderr."""

    @property
    def summary(self) -> str:
        """Return the line that sums up the output, or else the last line."""
        lines = (self.stdout.strip() or self.stderr.strip()).splitlines()
        counts = [line for line in lines if line.strip("*").startswith(COUNTING)]
        return (counts or lines or [""])[-1].strip("*")


def provisioner(*words: str, shown: bool = True, env: Mapping[str, str] | None = None) -> Done:
    """Run a command; its messages go to the job's log, and its result, too, if `shown`."""
    # -P: do not import a folder named `provisioner` from the checkout, which others may have written
    command = [sys.executable, "-P", "-m", "provisioner", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)  # noqa: S603 - our own
    sys.stdout.write(done.stdout if shown else "")
    sys.stdout.write(done.stderr)
    sys.stdout.flush()
    return Done(done.returncode, done.stdout, done.stderr)


def drift_page(done: Done) -> tuple[Done, str]:
    """
    Turn the JSON of `drift` into Markdown, and print it to the job's log.

    Returns the command with Markdown as its output, and the project's name; both are empty after an error.
    """
    if done.code not in (ExitCode.DONE, ExitCode.CHANGES):
        return Done(done.code, "", done.stderr), ""
    document = convert(json.loads(done.stdout), DriftDocument)
    page = drift_markdown(document)
    sys.stdout.write(page)
    sys.stdout.flush()
    return Done(done.code, page, done.stderr), document.project


def drift_title(project: str, env: str | None) -> str:
    """Return the title of the issue about the drift of a project."""
    return f"Drift in {project} ({env})" if env else f"Drift in {project}"


def log_markdown(title: str, done: Done, env: str | None) -> str:
    """Return the output of a command as a Markdown code block that it cannot break out of."""
    where = f", environment {code(env)}" if env else ""
    text = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
    tail = text if len(text) <= LOG else f"... {text[-LOG:]}"
    block = fence(tail.splitlines() or [""], "text")
    log = f"<details open><summary>Log</summary>\n\n{block}\n\n</details>"
    return f"### {title}{where} (exit code {done.code})\n\n{log}\n"


def slug(path: str, env: str) -> str:
    """Return a name, for marks and files, that is unique to a configuration in its repository."""
    clean = "".join(c if c.isalnum() else "-" for c in path).strip("-") or "root"
    return f"{clean}.{env}" if env else clean


def mark(what: str, name: str) -> str:
    """Return the first, invisible line of our comments and issues, by which they are found."""
    return f"<!-- provisioner {what} {name} -->"
