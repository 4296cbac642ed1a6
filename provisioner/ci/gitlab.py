"""
Runs a job of a GitLab pipeline: `python3 -m provisioner.ci.gitlab check|plan|drift PATH [OPTIONS]`.

It runs `provisioner` with the same arguments and returns its exit code. With PROVISIONER_GITLAB_TOKEN set,
it also writes a check or a plan to a note on the merge request, and drift to an issue. If GitLab cannot be
updated, it prints a warning and the exit code stays the same.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from provisioner.ci.command import drift_page, drift_title, log_markdown, mark, provisioner, slug
from provisioner.ci.gitlab_api import GitLab, GitLabError
from provisioner.ci.gitlab_threads import close_issue, drift_issue, note
from provisioner.core.model.errors import ExitCode

TOKEN = "PROVISIONER_GITLAB_TOKEN"  # noqa: S105 - its name
WELL = (ExitCode.DONE, ExitCode.CHANGES)


def plan(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Plan, and write the plan to one note on the merge request; `--out` is the saved plan."""
    out, request = _option(words, "--out"), environ.get("CI_MERGE_REQUEST_IID")
    if not (out and request and environ.get(TOKEN)):
        return _only(("plan", *words))
    done = provisioner("plan", *words)
    if done.code in WELL:
        body = provisioner("show", out, "--format=markdown", shown=False).stdout
    else:
        body = log_markdown("The plan failed", done, _option(words, "--env"))
    _note(words, environ, request, body)
    return done.code


def check(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Check, and write the check with its plan to the note on the merge request."""
    request = environ.get("CI_MERGE_REQUEST_IID")
    if not (request and environ.get(TOKEN)):
        return _only(("check", *words))
    with TemporaryDirectory() as folder:
        report = Path(folder, "check.md")
        done = provisioner("check", *words, f"--report=markdown={report}")
        body = report.read_text(encoding="utf-8") if report.exists() else ""
    _note(words, environ, request, body or log_markdown("The check failed", done, _option(words, "--env")))
    return done.code


def _note(words: Sequence[str], environ: Mapping[str, str], request: str, body: str) -> None:
    """Write what reviewers read to the one note of this configuration on the merge request."""
    sha, link = environ.get("CI_COMMIT_SHA", "")[:12], environ.get("CI_JOB_URL", "")
    text = f"{body}\n<sub>Commit `{sha}`; full plan in [this job]({link}).</sub>\n"
    _tell(lambda: note(_gitlab(environ), request, mark("plan", _slug(words)), text))


def drift(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Check for drift, and keep one issue open while there is any."""
    if not environ.get(TOKEN):
        return _only(("drift", *words))
    done, project = drift_page(provisioner("drift", *words, "--format=json", shown=False))
    marked, link = mark("drift", _slug(words)), environ.get("CI_JOB_URL", "")
    if done.code == ExitCode.CHANGES:
        title = drift_title(project, _option(words, "--env"))
        body = (
            f"{done.stdout}\nFound by {link}. This issue closes automatically when there is no drift left.\n"
        )
        _tell(lambda: drift_issue(_gitlab(environ), marked, title, body))
    elif done.code == ExitCode.DONE:
        _tell(lambda: close_issue(_gitlab(environ), marked, f"No drift left, according to {link}"))
    return done.code


def _only(words: Sequence[str]) -> int:
    """Run only the command, and stream its output."""
    return subprocess.run([sys.executable, "-m", "provisioner", *words], check=False).returncode  # noqa: S603


def _gitlab(environ: Mapping[str, str]) -> GitLab:
    return GitLab(environ.get("CI_API_V4_URL", ""), environ.get("CI_PROJECT_ID", ""), environ[TOKEN])


def _tell(write: Callable[[], None]) -> None:
    try:
        write()
    except (GitLabError, KeyError, TypeError) as error:
        sys.stderr.write(f"Warning: GitLab was not updated: {error}\n")


def _slug(words: Sequence[str]) -> str:
    return slug(words[0], _option(words, "--env") or "")


def _option(words: Sequence[str], name: str) -> str | None:
    """Return the value of an option, given as `--out FILE` or `--out=FILE`."""
    for number, word in enumerate(words):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name and number + 1 < len(words):
            return words[number + 1]
    return None


COMMANDS = {"check": check, "plan": plan, "drift": drift}


def main(words: Sequence[str]) -> int:
    """Run the job; returns the command's exit code."""
    if len(words) < 2 or words[0] not in COMMANDS or words[1].startswith("-"):  # noqa: PLR2004
        sys.stderr.write("Error: usage: python3 -m provisioner.ci.gitlab check|plan|drift PATH [OPTIONS]\n")
        return ExitCode.ERROR
    return COMMANDS[words[0]](words[1:], os.environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
