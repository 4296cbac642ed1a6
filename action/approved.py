"""The plan that was approved: the one of the last commit of the pull request that was merged."""

from pathlib import Path

from github import GitHub, Json

from provisioner.engine.private_file import write_private


class NotApprovedError(Exception):
    """There is no plan that somebody has approved."""


def artifact_name(slug: str, head: str) -> str:
    """The name under which the plan of a commit is kept."""
    return f"provisioner-plan-{slug}-{head}"


def pull_request_of(github: GitHub, commit: str) -> Json:
    """The merged pull request that a commit of the main branch came from; raises NotApprovedError."""
    found = list(github.pages(f"commits/{commit}/pulls"))
    merged = [pull for pull in found if pull.get("merged_at")]
    exact = [pull for pull in merged if pull.get("merge_commit_sha") == commit]
    if not (exact or merged):
        raise NotApprovedError(
            f"commit {commit[:12]} comes from no merged pull request, so no plan was approved"
        )
    return (exact or merged)[0]


def fetch(github: GitHub, pull: Json, slug: str, to: Path) -> Path:
    """
    Save the newest plan of a pull request's last commit and return its path.

    Raises NotApprovedError where there is none. One that a fork has made does not count.
    """
    head = str(pull["head"]["sha"])
    name = artifact_name(slug, head)
    artifacts = github.get("actions/artifacts", name=name, per_page=100)["artifacts"]
    ours = [artifact for artifact in artifacts if not artifact["expired"] and _made_here(artifact, head)]
    if not ours:
        raise NotApprovedError(
            f"pull request #{pull['number']} has no plan of its last commit {head[:12]} (or it has expired); "
            "plan again in a new pull request, or set `plan: none`"
        )
    newest = max(ours, key=lambda artifact: str(artifact["created_at"]))
    plan = github.file_in_artifact(newest["archive_download_url"], "plan.json")
    write_private(to, plan.decode("utf-8", "replace"))  # what is not UTF-8 is not a saved plan either
    return to


def _made_here(artifact: Json, head: str) -> bool:
    run = artifact.get("workflow_run") or {}
    return run.get("head_sha") == head and run.get("head_repository_id") == run.get("repository_id")
