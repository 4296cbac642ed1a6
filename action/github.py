"""A client for the part of GitHub's REST API that the Action needs."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from provisioner.core.model.errors import AccessError
from provisioner.net.address import AddressError, WebAddress, parse_address
from provisioner.net.client import MEGABYTE, Bounds, HttpAnswer, HttpClient, WireError

Json = dict[str, Any]

PAGE = 100
MOST_PAGES = 1_000  # no pull request has so many comments
LARGEST = 200 * MEGABYTE  # a saved plan; one of 100,000 changes has about 100 MB
BOUNDS = Bounds(connect=10, read=30, whole=60, largest=32 * MEGABYTE)
ARTIFACT = Bounds(connect=10, read=30, whole=300, largest=LARGEST)
REDIRECTS, REFUSALS = range(300, 400), 400
NOBODY = (401, 403, 404)  # responses of /user to the token of an app
NOTHING: Mapping[str, str] = {}


class GitHubError(Exception):
    """GitHub refused a request or could not be reached."""

    def __init__(self, text: str, status: int = 0) -> None:
        self.status = status
        super().__init__(text)


class GitHub:
    """One repository (`owner/name`) at one API (`https://api.github.com`)."""

    def __init__(self, api: str, repository: str, token: str) -> None:
        self._address = _address("the address of GitHub's API", api)
        self._api = self._address.path.rstrip("/")
        self._root = f"{self._api}/repos/{repository}"
        self._token = token

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at a path of the repository; raises GitHubError."""
        return self._json("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def me(self) -> int | None:
        """Return the id of the token's user; None for the token of an app, such as that of a job."""
        try:
            return int(self._json("GET", "user", None, self._api)["id"])
        except GitHubError as error:
            if error.status in NOBODY:
                return None
            raise

    def pages(self, path: str, **query: Any) -> Iterator[Json]:
        """Yield the items of all pages of a list."""
        for number in range(1, MOST_PAGES + 1):
            items = self.get(path, **query, per_page=PAGE, page=number)
            yield from items
            if len(items) < PAGE:
                return
        raise GitHubError(f"GitHub's list {path} has more than {MOST_PAGES} pages")

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Json:
        """Send a write request and return the response; raises GitHubError."""
        answer: Json = self._json(method, path, dict(body))
        return answer

    def file_in_artifact(self, address: str, name: str) -> bytes:
        """
        Return one file of an artifact; raises GitHubError.

        GitHub redirects to a file store, which does not get the token.
        """
        there = _address("the address of the artifact", address)
        if there.origin != self._address.origin:
            raise GitHubError("the address of the artifact is not at GitHub's API")
        answer = _exchange(there, "GET", there.path, self._headers, None, ARTIFACT)
        if answer.status in REDIRECTS:
            store = _address("the address of the artifact's store", str(answer.headers.get("location", "")))
            answer = _exchange(store, "GET", store.path, NOTHING, None, ARTIFACT)
        if answer.status >= REFUSALS:
            raise GitHubError(f"GitHub returned {answer.status} for the artifact", answer.status)
        with zipfile.ZipFile(io.BytesIO(answer.body)) as zipped, zipped.open(name) as file:
            return file.read(LARGEST)

    @property
    def _headers(self) -> Mapping[str, str]:
        return {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Content-Type": "application/json",
        }

    def _json(self, method: str, path: str, body: Json | None, below: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        what = f"{method} {path}"
        answer = _exchange(
            self._address, method, f"{below or self._root}/{path}", self._headers, data, BOUNDS
        )
        if answer.status >= REDIRECTS.start:
            said = answer.body[:2_000].decode(errors="replace")
            raise GitHubError(f"GitHub returned {answer.status} for {what}: {said}", answer.status)
        try:
            return json.loads(answer.body)
        except (ValueError, RecursionError):
            raise GitHubError(f"GitHub's response to {what} is not JSON") from None


def _address(what: str, text: str) -> WebAddress:
    try:
        address = parse_address(text)
    except AddressError as error:
        raise GitHubError(f"{what} {error}") from None
    if not address.is_private:
        raise GitHubError(f"{what} must begin with https://")
    return address


def _exchange(
    address: WebAddress,
    method: str,
    path: str,
    headers: Mapping[str, str],
    data: bytes | None,
    bounds: Bounds,
) -> HttpAnswer:
    try:
        client = HttpClient(address, bounds)
        try:
            return client.request(method, path, {"User-Agent": "provisioner", **headers}, data)
        finally:
            client.close()
    except AccessError as error:
        raise GitHubError(str(error)) from None
    except WireError as error:
        raise GitHubError(f"no usable response from GitHub to {method}: {error.what}") from None
