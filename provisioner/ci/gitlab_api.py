"""A client for the part of GitLab's REST API (docs.gitlab.com/api/rest) that a job needs."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec

from provisioner.core.model.errors import AccessError
from provisioner.net.address import AddressError, parse_address
from provisioner.net.client import MEGABYTE, Bounds, HttpClient, WireError

Json = dict[str, Any]

PAGE = 100
MOST_PAGES = 1_000  # no merge request has so many notes
BOUNDS = Bounds(connect=10, read=30, whole=60, largest=32 * MEGABYTE)
REDIRECTS = 300


class GitLabError(Exception):
    """GitLab refused a request or could not be reached."""


class GitLab:
    """One project (its number) at one API (`https://gitlab.com/api/v4`); raises GitLabError throughout."""

    def __init__(self, api: str, project: str, token: str) -> None:
        try:
            address = parse_address(api)
        except AddressError as error:
            raise GitLabError(f"the address of GitLab's API {error}") from None
        if not address.is_private:
            raise GitLabError("the address of GitLab's API must begin with https://")
        self._root = address.path.rstrip("/")
        self._address, self._project, self._token = address, project, token

    def me(self) -> int:
        """Return the id of the user to whom the token belongs."""
        found = self._ask("GET", "user")
        if not isinstance(found, dict) or type(found.get("id")) is not int:
            raise GitLabError("GitLab's response to GET user is not a user")
        return int(found["id"])

    def pages(self, path: str, **query: str | int) -> Iterator[Json]:
        """Yield the items of all pages of a list of the project's."""
        for number in range(1, MOST_PAGES + 1):
            asked = urlencode({**query, "per_page": PAGE, "page": number})
            items = self._ask("GET", f"{self._path(path)}?{asked}")
            if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
                raise GitLabError(f"GitLab's response to GET {path} is not a list of objects")
            yield from items
            if len(items) < PAGE:
                return
        raise GitLabError(f"GitLab's list {path} has more than {MOST_PAGES} pages")

    def send(self, method: str, path: str, body: Mapping[str, str]) -> None:
        """Send a write request for something in the project."""
        self._ask(method, self._path(path), body)

    def _path(self, path: str) -> str:
        return f"projects/{self._project}/{path}"

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        what = f"{method} {path.partition('?')[0]}"
        headers = {"PRIVATE-TOKEN": self._token, "Content-Type": "application/json"}
        data = None if body is None else msgspec.json.encode(body)
        try:
            client = HttpClient(self._address, BOUNDS)
            try:
                answer = client.request(method, f"{self._root}/{path}", headers, data)
            finally:
                client.close()
            if answer.status >= REDIRECTS:
                said = answer.body[:500].decode(errors="replace")
                raise GitLabError(f"GitLab returned {answer.status} for {what}: {said}")
            return msgspec.json.decode(answer.body)
        except AccessError as error:
            raise GitLabError(str(error)) from None
        except WireError as error:
            raise GitLabError(f"no usable response from GitLab to {what}: {error.what}") from None
        except (ValueError, RecursionError) as error:
            raise GitLabError(f"no usable response from GitLab to {what}: {type(error).__name__}") from None
