"""
A job of GitLab's: `python3 -m provisioner.ci.gitlab plan|drift PATH [OPTIONS]`.

It runs `provisioner` with the same words and ends with its exit code. With PROVISIONER_GITLAB_TOKEN set,
a plan is also one note on the merge request, and drift one issue. Where GitLab cannot be told, the
outcome stands, and a warning says so.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from provisioner.ci.command import log_markdown, mark, provisioner, slug
from provisioner.ci.gitlab_api import GitLab, GitLabError
from provisioner.ci.gitlab_threads import close_issue, drift_issue, note
from provisioner.core.model.errors import ExitCode

TOKEN = "PROVISIONER_GITLAB_TOKEN"  # noqa: S105 - its name
WELL = (ExitCode.DONE, ExitCode.CHANGES)


def plan(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Plan, and say it in one note on the merge request; `--out` is where the plan is kept."""
    out, request = _option(words, "--out"), environ.get("CI_MERGE_REQUEST_IID")
    if not (out and request and environ.get(TOKEN)):
        return _only(("plan", *words))
    done = provisioner("plan", *words)
    if done.code in WELL:
        body = provisioner("show", out, "--format=markdown", shown=False).stdout
    else:
        body = log_markdown("The plan failed", done)
    sha, link = environ.get("CI_COMMIT_SHA", "")[:12], environ.get("CI_JOB_URL", "")
    text = f"{body}\n<sub>Commit `{sha}` in [this job]({link}), which has the whole of it.</sub>\n"
    _tell(lambda: note(_gitlab(environ), request, mark("plan", _slug(words)), text))
    return done.code


def drift(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Look for drift, and keep one issue that is open as long as there is any."""
    if not environ.get(TOKEN):
        return _only(("drift", *words))
    done = provisioner("drift", *words, "--format=markdown")
    marked, link = mark("drift", _slug(words)), environ.get("CI_JOB_URL", "")
    if done.code == ExitCode.CHANGES:
        title = f"Stripe has drifted from {words[0]}"
        body = f"{done.stdout}\nFound by {link}; this issue is closed by itself when there is none left.\n"
        _tell(lambda: drift_issue(_gitlab(environ), marked, title, body))
    elif done.code == ExitCode.DONE:
        _tell(lambda: close_issue(_gitlab(environ), marked, f"No drift any more, says {link}"))
    return done.code


def _only(words: Sequence[str]) -> int:
    """The command as it is, its output as it comes."""
    return subprocess.run([sys.executable, "-m", "provisioner", *words], check=False).returncode  # noqa: S603


def _gitlab(environ: Mapping[str, str]) -> GitLab:
    return GitLab(environ.get("CI_API_V4_URL", ""), environ.get("CI_PROJECT_ID", ""), environ[TOKEN])


def _tell(write: Callable[[], None]) -> None:
    try:
        write()
    except (GitLabError, KeyError, TypeError) as error:
        sys.stderr.write(f"Warning: GitLab was not told: {error}\n")


def _slug(words: Sequence[str]) -> str:
    return slug(words[0], _option(words, "--env") or "")


def _option(words: Sequence[str], name: str) -> str | None:
    """The value of an option, as `--out FILE` or `--out=FILE`."""
    for number, word in enumerate(words):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name and number + 1 < len(words):
            return words[number + 1]
    return None


COMMANDS = {"plan": plan, "drift": drift}


def main(words: Sequence[str]) -> int:
    """Run the job; returns the command's exit code."""
    if len(words) < 2 or words[0] not in COMMANDS or words[1].startswith("-"):  # noqa: PLR2004
        sys.stderr.write("Error: it is python3 -m provisioner.ci.gitlab plan|drift PATH [OPTIONS]\n")
        return ExitCode.ERROR
    return COMMANDS[words[0]](words[1:], os.environ)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
