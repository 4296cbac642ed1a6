"""
Runs the Action's only step: a command, whose result is shown on GitHub and whose exit code is returned.

If GitHub cannot be updated, it prints a warning and the exit code stays the same.
"""

import json
import re
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from approved import NotApprovedError, Reviewed, artifact_name, fetch, pull_request_of, reviewed
from github import GitHubError
from job import Job
from threads import close_issue, comment, drift_issue

from provisioner.ci.command import Done, drift_page, drift_title, log_markdown, mark
from provisioner.ci.command import provisioner as run
from provisioner.cli.options.notify import announce
from provisioner.engine.private_file import write_private
from provisioner.notify.notice import NoticePlace

CHANGES, STALE, MISUSED = 2, 4, 1
DID = re.compile(  # the last line of the report of an apply that changed something
    r"^Apply (incomplete|\w+: (.*\b[1-9]\d* (?!failed|skipped)|.*topped up))",
    re.MULTILINE,
)
ENDINGS = {
    0: "Apply complete",
    3: "Blocked by a guardrail; nothing was changed",
    4: "The approved plan is stale; nothing was changed, plan again",
    5: "Partially applied; the last line of the log says how to finish",
    7: "Wrong key, account or mode; nothing was changed",
}


def provisioner(job: Job, *words: str, shown: bool = True) -> Done:
    """Run a command; the targets of `notify` are in its environment, because process lists show arguments."""
    env = {name: value for name, value in job.environ.items() if name != "INPUT_NOTIFY"}
    return run(*words, shown=shown, env={**env, "PROVISIONER_NOTIFY": job.notify})


def plan(job: Job) -> int:
    """Plan, save the plan, and show it in one comment."""
    file = job.folder / "plan.json"
    done = provisioner(job, "plan", job.path, *job.arguments, f"--out={file}", "--detailed-exitcode")
    _outputs(job, done, changed=done.code == CHANGES)
    if done.code in (0, CHANGES):
        body = provisioner(job, "show", str(file), "--format=markdown", shown=False).stdout
        _review(job, body, file)
    else:
        _review(job, log_markdown("The plan failed", done, job.input("env")))
    wanted = job.input("detailed-exitcode").lower() == "true"
    return 0 if done.code == CHANGES and not wanted else done.code


def check(job: Job) -> int:
    """Check everything, save the plan, and show both in one comment; problems become annotations."""
    file, report = job.folder / "plan.json", job.folder / "check.md"
    for old in (file, report):  # files of an earlier step
        old.unlink(missing_ok=True)
    files = (f"--out={file}", f"--report=markdown={report}")
    done = provisioner(job, "check", job.path, *job.arguments, *files)
    planned = file if file.exists() else None
    changed = planned is not None and bool(json.loads(planned.read_text(encoding="utf-8"))["changes"])
    _outputs(job, done, changed=changed)
    if report.exists():
        _review(job, report.read_text(encoding="utf-8"), planned)
    else:
        _review(job, log_markdown("The check failed", done, job.input("env")))
    return done.code


def _review(job: Job, body: str, planned: Path | None = None) -> None:
    """Show a plan to its reviewers, on the page of the run and in the comment, and keep its files."""
    pull = job.event.get("pull_request")
    if planned:
        page = job.folder / "plan.html"
        write_private(page, provisioner(job, "show", str(planned), "--format=html", shown=False).stdout)
        job.output("plan", str(planned))
        job.output("files", f"{planned}\n{page}")
        head = pull["head"]["sha"] if pull else job.environ.get("GITHUB_SHA", "local")
        job.output("artifact", artifact_name(job.slug, head))
        body = f"{_shows(job, planned, head)}\n{body}"
    job.page(body)
    if pull:
        text = f"{body}\n{_footer(job, pull['head']['sha'])}"
        _tell(job, lambda: comment(job.github, pull["number"], mark("plan", job.slug), text))


def apply(job: Job) -> int:
    """Apply the approved plan, and report the result on its pull request."""
    which, pull = job.input("plan") or "approved", None
    if which == "approved":
        try:
            pull = pull_request_of(job.github, job.environ["GITHUB_SHA"])
            saw = reviewed(job.github, pull, mark("plan", job.slug))
            target = [str(fetch(job.github, pull, job.slug, saw, job.folder / "approved.json"))]
        except (NotApprovedError, GitHubError, OSError, KeyError, zipfile.BadZipFile) as error:
            done = Done(STALE if isinstance(error, NotApprovedError) else MISUSED, "", f"Error: {error}")
            sys.stdout.write(f"{done.stderr}\n")
            _outputs(job, done, changed=False)
            place = NoticePlace("apply", job.path, job.input("env") or None, run=job.run_address or None)
            announce(job.notify.splitlines(), place, done.code, str(error))
            return done.code
    else:
        target = [job.path, "--auto-approve"] if which == "none" else [which]
    # reject a saved plan of another environment, even if the job has none
    demanded = [] if which == "none" or job.input("env") else ["--env="]
    done = provisioner(job, "apply", *target, *demanded, *job.arguments)
    _outputs(job, done, changed=done.code in (0, 5) and bool(DID.search(done.stdout)))
    body = log_markdown(ENDINGS.get(done.code, "The apply failed"), done, job.input("env"))
    job.page(body)
    if pull:
        text = f"{body}\n{_footer(job, job.environ['GITHUB_SHA'])}"
        number = int(pull["number"])
        _tell(job, lambda: comment(job.github, number, mark("apply", job.slug), text))
    return done.code


def drift(job: Job) -> int:
    """Check for drift, and keep one issue open while there is any."""
    ended = provisioner(job, "drift", job.path, *job.arguments, "--format=json", shown=False)
    done, project = drift_page(ended)
    _outputs(job, done, changed=done.code == CHANGES)
    job.page(
        done.stdout
        if done.code in (0, CHANGES)
        else log_markdown("The drift check failed", done, job.input("env"))
    )
    marked, link = mark("drift", job.slug), job.run_address
    if done.code == CHANGES:
        body = (
            f"{done.stdout}\nFound by {link}. This issue closes automatically when there is no drift left.\n"
        )
        title = drift_title(project, job.input("env"))
        _tell(job, lambda: drift_issue(job.github, marked, title, body))
    elif done.code == 0:
        _tell(job, lambda: close_issue(job.github, marked, f"No drift left, according to {link}"))
    return done.code


def _outputs(job: Job, done: Done, *, changed: bool) -> None:
    job.output("exitcode", str(done.code))
    job.output("changed", str(changed).lower())
    job.output("summary", done.summary)


def _footer(job: Job, commit: str) -> str:
    run = f"; full output in [this run]({job.run_address})" if job.run_address else ""
    return f"\n<sub>Commit `{commit[:12]}`{run}.</sub>\n"


def _shows(job: Job, plan: Path, head: str) -> Reviewed:
    """Return the line by which a later apply finds the plan shown in the comment."""
    digest = str(json.loads(plan.read_text(encoding="utf-8"))["digest"])
    return Reviewed(job.environ.get("GITHUB_RUN_ID") or "0", head, digest)


def _tell(job: Job, write: Callable[[], None]) -> None:
    try:
        write()
    except GitHubError as error:
        job.warn(str(error))


COMMANDS = {"check": check, "plan": plan, "apply": apply, "drift": drift}


def main() -> int:
    """Run the command given as an input; returns its exit code."""
    job = Job()
    command = COMMANDS.get(job.input("command"))
    if command is None:
        sys.stdout.write(
            f"Error: unknown command {job.input('command')!r}; use check, plan, apply or drift\n"
        )
        return MISUSED
    return command(job)


if __name__ == "__main__":
    sys.exit(main())
