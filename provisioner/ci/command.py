"""A command run by a job: its exit code, what it said, and that as Markdown."""

import subprocess
import sys
from collections.abc import Mapping

from msgspec import Struct

from provisioner.views.safe_markdown import fence

COUNTING = ("Plan: ", "No changes.", "Applied", "Interrupted", "Nothing applied", "Drift: ", "No drift")
LOG = 12_000  # characters of a log in a comment


class Done(Struct, frozen=True):
    """How a command ended, and what it said."""

    code: int
    stdout: str
    stderr: str = ""

    @property
    def summary(self) -> str:
        """The line that says it all: the one that counts, or else the last."""
        lines = (self.stdout.strip() or self.stderr.strip()).splitlines()
        counts = [line for line in lines if line.strip("*").startswith(COUNTING)]
        return (counts or lines or [""])[-1].strip("*")


def provisioner(*words: str, shown: bool = True, env: Mapping[str, str] | None = None) -> Done:
    """Run a command; what it says goes to the log as well, its result only if it is to be `shown`."""
    done = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", "provisioner", *words], capture_output=True, text=True, check=False, env=env
    )
    sys.stdout.write(done.stdout if shown else "")
    sys.stdout.write(done.stderr)
    sys.stdout.flush()
    return Done(done.returncode, done.stdout, done.stderr)


def log_markdown(title: str, done: Done) -> str:
    """What a command said, as Markdown that it cannot break out of."""
    text = "\n".join(part.strip() for part in (done.stdout, done.stderr) if part.strip())
    tail = text if len(text) <= LOG else f"... {text[-LOG:]}"
    block = fence(tail.splitlines() or [""], "text")
    log = f"<details open><summary>Log</summary>\n\n{block}\n\n</details>"
    return f"### {title} (exit code {done.code})\n\n{log}\n"


def slug(path: str, env: str) -> str:
    """What tells a configuration from others in one repository, in a mark or a file's name."""
    text = f"{path}-{env}" if env else path
    clean = "".join(c if c.isalnum() else "-" for c in text).strip("-")
    return clean or "root"


def mark(what: str, name: str) -> str:
    """The first line of a comment or an issue that is ours; nobody sees it."""
    return f"<!-- provisioner {what} {name} -->"
