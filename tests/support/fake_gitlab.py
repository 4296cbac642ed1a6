"""GitLab's API on loopback, as much as a job needs: notes of merge requests, issues, the token's user."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.loopback import Quiet, serving

Json = dict[str, Any]
TOKEN = "glpat-canary"
BOT, MARA = 900, 7
PAGE = 100


@dataclass
class FakeGitLab:
    """Project 42; `writes` are all that changed it, `queries` what the lists were asked for."""

    base: str = ""
    notes: list[Json] = field(default_factory=list)
    issues: list[Json] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    status: int = 0

    def note(self, on: str, body: str, author: int) -> Json:
        """Somebody writes a note; `on` is `merge_requests/12` or `issues/1`."""
        made = {"id": len(self.notes) + 1, "on": on, "body": body, "author": {"id": author}}
        self.notes.append(made)
        return made

    def answer(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Any]:
        """The answer to one request."""
        if self.status:
            return self.status, {"message": "in its way"}
        if path == "/user":
            return 200, {"id": BOT}
        path = path.removeprefix("/projects/42/")
        if method != "GET":
            self.writes.append(f"{method} {path}")
        if found := re.fullmatch(r"((?:merge_requests|issues)/\d+)/notes", path):
            if method == "POST":
                return 201, self.note(found[1], body["body"], BOT)
            assert query["sort"] == "asc"
            return 200, self._page([note for note in self.notes if note["on"] == found[1]], query)
        if found := re.fullmatch(r"merge_requests/\d+/notes/(\d+)", path):
            self.notes[int(found[1]) - 1].update(body)
            return 200, self.notes[int(found[1]) - 1]
        return self._issues(method, path, query, body)

    def _issues(self, method: str, path: str, query: dict[str, str], body: Json) -> tuple[int, Any]:
        if path == "issues" and method == "POST":
            made = {"iid": len(self.issues) + 1, "state": "opened", "author": {"id": BOT}, **body}
            self.issues.append(made)
            return 201, made
        if path == "issues":
            wanted = {"state": query["state"], "author": {"id": int(query["author_id"])}}
            return 200, self._page([issue for issue in self.issues if issue.items() >= wanted.items()], query)
        if found := re.fullmatch(r"issues/(\d+)", path):
            issue = self.issues[int(found[1]) - 1]
            if body.pop("state_event", "") == "close":
                issue["state"] = "closed"
            issue.update(body)
            return 200, issue
        return 404, {"message": "404 Not Found"}

    @staticmethod
    def _page(items: list[Json], query: dict[str, str]) -> list[Json]:
        end = int(query["page"]) * PAGE
        assert int(query["per_page"]) == PAGE
        return items[end - PAGE : end]


@contextmanager
def fake_gitlab() -> Iterator[FakeGitLab]:
    """Run a project's API until the block ends."""
    state = FakeGitLab()

    class Handler(Quiet):
        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = json.loads(self.sent() or b"{}")
            status, answer = 401, {"message": "401 Unauthorized"}
            if self.headers.get("PRIVATE-TOKEN") == TOKEN:
                status, answer = state.answer(self.command, parts.path.removeprefix("/api/v4"), query, body)
            self.reply(status, json.dumps(answer).encode(), Location=f"{state.base}/elsewhere")

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815 - http.server's names

    with serving(Handler) as base:
        state.base = f"{base}/api/v4"
        yield state
