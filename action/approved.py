"""Finds the approved plan: the one shown in the comment on the merged pull request."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from github import GitHub, Json
from threads import own_comment

from provisioner.engine.private_file import write_private


class NotApprovedError(Exception):
    """No plan was approved."""


def artifact_name(slug: str, head: str) -> str:
    """Return the name of the artifact with the plan of a commit."""
    return f"provisioner-plan-{slug}-{head}"


def pull_request_of(github: GitHub, commit: str) -> Json:
    """Return the merged pull request of a commit on the main branch; raises NotApprovedError."""
    found = list(github.pages(f"commits/{commit}/pulls"))
    merged = [pull for pull in found if pull.get("merged_at")]
    exact = [pull for pull in merged if pull.get("merge_commit_sha") == commit]
    if not (exact or merged):
        raise NotApprovedError(
            f"commit {commit[:12]} is not from a merged pull request, so no plan was approved"
        )
    return (exact or merged)[0]


@dataclass(frozen=True)
class Reviewed:
    """The plan shown in the comment on a pull request: its run, commit and digest."""

    run: str
    commit: str
    digest: str

    def __str__(self) -> str:
        return f"<!-- provisioner run {self.run} {self.commit} {self.digest} -->"


_REVIEWED = re.compile(
    r"<!-- provisioner run (?P<run>\d+) (?P<commit>[0-9a-f]+) (?P<digest>sha256:[0-9a-f]{64}) -->"
)


def reviewed(github: GitHub, pull: Json, marked: str) -> Reviewed:
    """
    Return the plan shown in the comment with a mark on a pull request.

    Raises NotApprovedError if there is none, or if it is not for the last commit.
    """
    number, head = pull["number"], str(pull["head"]["sha"])
    found = own_comment(github, number, marked)
    lines = str(found["body"]).splitlines() if found else []
    match = _REVIEWED.fullmatch(lines[1]) if len(lines) > 1 else None
    if match is None or match["commit"] != head:
        raise NotApprovedError(
            f"pull request #{number} has no comment with a plan of its last commit {head[:12]}; plan again "
            "in a new pull request, or set `plan: none`"
        )
    return Reviewed(**match.groupdict())


def fetch(github: GitHub, pull: Json, slug: str, saw: Reviewed, to: Path) -> Path:
    """
    Save the reviewed plan, from the run that made the comment, and return its path.

    Raises NotApprovedError if it is missing or was replaced. Plans made in a fork or after the merge do not
    count.
    """
    name = artifact_name(slug, saw.commit)
    artifacts = github.get(f"actions/runs/{saw.run}/artifacts", name=name, per_page=100)["artifacts"]
    ours = [
        each
        for each in artifacts
        if each["name"] == name and not each["expired"] and _made_here(each, saw) and not _is_late(each, pull)
    ]
    if not ours:
        raise NotApprovedError(
            f"pull request #{pull['number']} has no plan made by run {saw.run} for {saw.commit[:12]} before "
            "the merge, or it has expired; plan again in a new pull request, or set `plan: none`"
        )
    newest = max(ours, key=lambda artifact: str(artifact["created_at"]))
    plan = github.file_in_artifact(newest["archive_download_url"], "plan.json")
    if _digest(plan) != saw.digest:
        raise NotApprovedError(f"the plan of run {saw.run} is not the one shown in the comment; plan again")
    write_private(to, plan.decode("utf-8", "replace"))  # a file that is not UTF-8 is not a saved plan either
    return to


def _digest(plan: bytes) -> str:
    try:
        return str(json.loads(plan)["digest"])
    except (ValueError, KeyError, TypeError):
        return ""


def _made_here(artifact: Json, saw: Reviewed) -> bool:
    run = artifact.get("workflow_run") or {}
    return run.get("head_sha") == saw.commit and run.get("head_repository_id") == run.get("repository_id")


def _is_late(artifact: Json, pull: Json) -> bool:
    """Return whether an artifact was made after the merge, by a run for which the merge did not wait."""
    return str(artifact["created_at"]) > str(pull["merged_at"])
