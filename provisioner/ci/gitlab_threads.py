"""Keeps one note on a merge request and one issue up to date; an invisible mark identifies them."""

from provisioner.ci.gitlab_api import GitLab, Json

LABEL = "drift"


def note(gitlab: GitLab, merge_request: str, marked: str, body: str) -> None:
    """Write the note on a merge request that has this mark, or update the existing one."""
    path = f"merge_requests/{merge_request}/notes"
    # only notes by the token's own user: others can copy a mark, and maintainers can edit all notes
    me = gitlab.me()
    notes = gitlab.pages(path, order_by="created_at", sort="asc")
    ours = (found for found in notes if found["author"]["id"] == me and _is_marked(found["body"], marked))
    if found := next(ours, None):
        gitlab.send("PUT", f"{path}/{found['id']}", {"body": f"{marked}\n{body}"})
    else:
        gitlab.send("POST", path, {"body": f"{marked}\n{body}"})


def drift_issue(gitlab: GitLab, marked: str, title: str, body: str) -> None:
    """Open the issue that has this mark, or update the existing one."""
    written = {"title": title, "description": f"{marked}\n{body}"}
    if found := _open_issue(gitlab, marked):
        gitlab.send("PUT", f"issues/{found['iid']}", written)
    else:
        gitlab.send("POST", "issues", {**written, "labels": LABEL})


def close_issue(gitlab: GitLab, marked: str, why: str) -> None:
    """Close the issue that has this mark, if there is one."""
    if found := _open_issue(gitlab, marked):
        gitlab.send("POST", f"issues/{found['iid']}/notes", {"body": why})
        gitlab.send("PUT", f"issues/{found['iid']}", {"state_event": "close"})


def _open_issue(gitlab: GitLab, marked: str) -> Json | None:
    mine = gitlab.pages("issues", state="opened", author_id=gitlab.me(), order_by="created_at", sort="asc")
    return next((issue for issue in mine if _is_marked(issue["description"], marked)), None)


def _is_marked(text: str | None, marked: str) -> bool:
    return (text or "").startswith(marked)
