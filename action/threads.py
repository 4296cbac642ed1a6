"""Keeps one comment and one issue up to date; an invisible mark identifies them."""

from github import GitHub, Json

LABEL = "drift"


def comment(github: GitHub, number: int, marked: str, body: str) -> None:
    """Write the comment on a pull request that has this mark, or update the existing one."""
    text = f"{marked}\n{body}"
    if found := own_comment(github, number, marked):
        github.send("PATCH", f"issues/comments/{found['id']}", {"body": text})
    else:
        github.send("POST", f"issues/{number}/comments", {"body": text})


def own_comment(github: GitHub, number: int, marked: str) -> Json | None:
    """Return our own comment with a mark; comments of others, who can copy the mark, do not count."""
    me = github.me()
    ours = (c for c in github.pages(f"issues/{number}/comments") if _is_by(c.get("user") or {}, me))
    return next((found for found in ours if _is_marked(found, marked)), None)


def _is_by(user: Json, me: int | None) -> bool:
    return user.get("type") == "Bot" if me is None else user.get("id") == me


def drift_issue(github: GitHub, marked: str, title: str, body: str) -> None:
    """Open the issue that has this mark, or update the existing one."""
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
    """Return the issue with the mark; those by bots first, because others can copy a mark."""
    ours = [i for i in github.pages("issues", state="open") if _is_marked(i, marked)]
    trusted = [issue for issue in ours if (issue.get("user") or {}).get("type") == "Bot"]
    return min(trusted or ours, key=lambda issue: int(issue["number"]), default=None)


def _is_marked(found: Json, marked: str) -> bool:
    return str(found.get("body") or "").startswith(marked) and "pull_request" not in found
