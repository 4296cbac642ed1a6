"""One comment and one issue, found again by a mark that nobody sees, and updated in place."""

from github import GitHub, Json

LABEL = "drift"


def comment(github: GitHub, number: int, marked: str, body: str) -> None:
    """Write the one comment on a pull request that has this mark, or change it where it is."""
    text = f"{marked}\n{body}"
    if found := own_comment(github, number, marked):
        github.send("PATCH", f"issues/comments/{found['id']}", {"body": text})
    else:
        github.send("POST", f"issues/{number}/comments", {"body": text})


def own_comment(github: GitHub, number: int, marked: str) -> Json | None:
    """Our own comment with a mark: others can copy the mark, and edit the comment where they did."""
    me = github.me()
    ours = (c for c in github.pages(f"issues/{number}/comments") if _is_by(c.get("user") or {}, me))
    return next((found for found in ours if _is_marked(found, marked)), None)


def _is_by(user: Json, me: int | None) -> bool:
    return user.get("type") == "Bot" if me is None else user.get("id") == me


def drift_issue(github: GitHub, marked: str, title: str, body: str) -> None:
    """Open the one issue that has this mark, or change it where it is."""
    text = f"{marked}\n{body}"
    if found := _open_issue(github, marked):
        github.send("PATCH", f"issues/{found['number']}", {"title": title, "body": text})
    else:
        github.send("POST", "issues", {"title": title, "body": text, "labels": [LABEL]})


def close_issue(github: GitHub, marked: str, why: str) -> None:
    """Close the issue that has this mark, if there is one."""
    if found := _open_issue(github, marked):
        github.send("POST", f"issues/{found['number']}/comments", {"body": why})
        github.send("PATCH", f"issues/{found['number']}", {"state": "closed", "state_reason": "completed"})


def _open_issue(github: GitHub, marked: str) -> Json | None:
    """The issue with the mark; only of the one who writes as we do, as a mark can be copied."""
    ours = [i for i in github.pages("issues", state="open") if _is_marked(i, marked)]
    trusted = [issue for issue in ours if (issue.get("user") or {}).get("type") == "Bot"]
    return min(trusted or ours, key=lambda issue: int(issue["number"]), default=None)


def _is_marked(found: Json, marked: str) -> bool:
    return str(found.get("body") or "").startswith(marked) and "pull_request" not in found
