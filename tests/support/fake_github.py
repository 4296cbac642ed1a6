"""GitHub's API on loopback, as much as the Action needs: comments, issues, pull requests, artifacts."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.loopback import Quiet, serving

Json = dict[str, Any]
TOKEN = "ghs_fake"
MERGED = "2026-11-23T00:00:00Z"  # when artifacts are made and pull requests are merged


@dataclass
class FakeGitHub:
    """One repository, `acme/cards`; `writes` are all that changed it, `refused` paths that answer 403."""

    base: str = ""
    comments: dict[int, Json] = field(default_factory=dict)
    issues: dict[int, Json] = field(default_factory=dict)
    pulls: list[Json] = field(default_factory=list)
    artifacts: dict[str, Json] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    down: bool = False

    def keep(
        self, name: str, plan: bytes, head: str, *, fork: bool = False, run: int = 7, at: str = MERGED
    ) -> None:
        """Keep an artifact, as `actions/upload-artifact` does in a run."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as zipped:
            zipped.writestr("plan.json", plan)
        made = {"id": run, "head_sha": head, "repository_id": 1, "head_repository_id": 2 if fork else 1}
        key = f"{run}-{name}"
        self.artifacts[key] = {
            "name": name,
            "expired": False,
            "created_at": at,
            "archive_download_url": f"{self.base}/zip/{key}",
            "workflow_run": made,
            "bytes": packed.getvalue(),
        }

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Json) -> tuple[int, Any]:
        """The answer to one request."""
        if self.down:
            return 503, {"message": "down"}
        path = path.removeprefix("/repos/acme/cards/")
        if method != "GET":
            self.writes.append(f"{method} {path}")
        page = int(query.get("page", ["1"])[0])
        if found := re.fullmatch(r"issues/(\d+)/comments", path):
            if method == "POST":
                return 201, self._comment(int(found[1]), body["body"], "Bot")
            on = [c for c in self.comments.values() if c["on"] == int(found[1])]
            return 200, on[(page - 1) * 100 : page * 100]
        if found := re.fullmatch(r"issues/comments/(\d+)", path):
            comment = self.comments[int(found[1])]
            comment.update(body)
            return 200, comment
        return self._issues(method, path, page, body)

    def _issues(self, method: str, path: str, page: int, body: Json) -> tuple[int, Any]:
        if path == "issues" and method == "POST":
            number = len(self.issues) + 1
            self.issues[number] = {"number": number, "state": "open", "user": {"type": "Bot"}, **body}
            return 201, self.issues[number]
        if path == "issues":
            opened = [issue for issue in self.issues.values() if issue["state"] == "open"]
            return 200, opened[(page - 1) * 100 : page * 100]
        if found := re.fullmatch(r"issues/(\d+)", path):
            self.issues[int(found[1])].update(body)
            return 200, self.issues[int(found[1])]
        if path.startswith("commits/"):
            return 200, self.pulls
        if found := re.fullmatch(r"actions/runs/(\d+)/artifacts", path):
            of_run = [a for a in self.artifacts.values() if a["workflow_run"]["id"] == int(found[1])]
            return 200, {"artifacts": [{k: v for k, v in a.items() if k != "bytes"} for a in of_run]}
        return 404, {"message": "Not Found"}

    def _comment(self, on: int, body: str, kind: str) -> Json:
        number = len(self.comments) + 1
        self.comments[number] = {"id": number, "on": on, "body": body, "user": {"type": kind}}
        return self.comments[number]


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """Run a repository's API until the block ends."""
    state = FakeGitHub()

    class Handler(Quiet):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = json.loads(self.sent() or b"{}")
            if parts.path.startswith("/blob/"):
                if "Authorization" in self.headers:
                    state.leaks.append(self.path)
                self.reply(200, state.artifacts[parts.path[6:]]["bytes"])
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                self.reply(401, b"{}")
            elif parts.path.startswith("/zip/"):
                self.reply(302, b"", Location=f"{state.base}/blob/{parts.path[5:]}")
            else:
                status, answer = state.answer(self.command, parts.path, parse_qs(parts.query), body)
                self.reply(status, json.dumps(answer).encode())

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815 - http.server's names

    with serving(Handler) as state.base:
        yield state
