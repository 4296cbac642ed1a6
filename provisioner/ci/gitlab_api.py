"""GitLab's REST API (docs.gitlab.com/api/rest), as much of it as a job needs."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from msgspec import Struct

Json = dict[str, Any]

PAGE = 100
TIMEOUT = 30.0
REDIRECTS = 300
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class GitLabError(Exception):
    """GitLab refused a request or could not be reached."""


class GitLab(Struct, frozen=True):
    """One project (its number) at one API (`https://gitlab.com/api/v4`); raises GitLabError throughout."""

    api: str
    project: str
    token: str

    def __post_init__(self) -> None:
        """The token goes nowhere where others could read it."""
        parts = urlsplit(self.api)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise GitLabError(f"{self.api} is no https:// address")

    def me(self) -> int:
        """The number of the user that the token is of."""
        return int(self._ask("GET", f"{self.api}/user")["id"])

    def pages(self, path: str, **query: str | int) -> Iterator[Json]:
        """Yield the items of all pages of a list of the project's."""
        number = 1
        while True:
            items = self._ask("GET", self._address(path), query={**query, "per_page": PAGE, "page": number})
            yield from items
            if len(items) < PAGE:
                return
            number += 1

    def send(self, method: str, path: str, body: Mapping[str, str]) -> None:
        """Write something of the project's."""
        self._ask(method, self._address(path), body=body)

    def _address(self, path: str) -> str:
        return f"{self.api}/projects/{self.project}/{path}"

    def _ask(
        self,
        method: str,
        address: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> Any:
        what = f"{method} {address.removeprefix(self.api)}"
        with requests.Session() as session:
            # or a ~/.netrc would add a password of its own
            session.auth = lambda request: request
            session.trust_env = urlsplit(self.api).hostname not in LOOPBACK
            try:
                answer = session.request(
                    method,
                    address,
                    params=query,
                    json=body,
                    headers={"PRIVATE-TOKEN": self.token},
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
                if answer.status_code >= REDIRECTS:
                    raise GitLabError(f"GitLab answers {answer.status_code} to {what}: {answer.text[:500]}")
                return answer.json()
            except (requests.RequestException, ValueError) as error:
                raise GitLabError(f"GitLab gave no usable answer to {what}: {type(error).__name__}") from None
