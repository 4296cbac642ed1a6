"""GitHub's REST API, as much of it as the Action needs; nothing but the standard library."""

import io
import json
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

Json = dict[str, Any]

PAGE = 100
TIMEOUT = 30
LARGEST = 200_000_000  # bytes of a saved plan; one of 100,000 changes has about 100 MB
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class GitHubError(Exception):
    """GitHub refused a request or could not be reached."""

    def __init__(self, text: str, status: int = 0) -> None:
        self.status = status
        super().__init__(text)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: the token must not go where GitHub sends us."""

    def redirect_request(self, *_words: Any, **_given: Any) -> None:
        return None


@dataclass(frozen=True)
class GitHub:
    """One repository (`owner/name`) at one API (`https://api.github.com`)."""

    api: str
    repository: str
    token: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.api)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise GitHubError(f"{self.api} is no https:// address")

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON at a path of the repository; raises GitHubError."""
        return self._json("GET", f"{path}?{urlencode(query)}" if query else path, None)

    def pages(self, path: str, **query: Any) -> Iterator[Json]:
        """Yield the items of all pages of a list."""
        number = 1
        while True:
            items = self.get(path, **query, per_page=PAGE, page=number)
            yield from items
            if len(items) < PAGE:
                return
            number += 1

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Json:
        """Write something and return the answer; raises GitHubError."""
        answer: Json = self._json(method, path, dict(body))
        return answer

    def file_in_artifact(self, address: str, name: str) -> bytes:
        """
        Return one file of an artifact.

        GitHub answers with a redirection to a store, which is asked without the token.
        """
        opener = urllib.request.build_opener(_Stay)
        try:
            with opener.open(self._request("GET", address, None), timeout=TIMEOUT) as answer:
                archive = answer.read(LARGEST)
        except urllib.error.HTTPError as error:
            where = error.headers.get("Location")
            error.close()
            if where is None:
                raise GitHubError(f"GitHub answers {error.code} to the artifact", error.code) from None
            with urllib.request.urlopen(where, timeout=TIMEOUT) as answer:  # noqa: S310 - GitHub's own word
                archive = answer.read(LARGEST)
        with zipfile.ZipFile(io.BytesIO(archive)) as zipped, zipped.open(name) as file:
            return file.read(LARGEST)

    def _json(self, method: str, path: str, body: Json | None) -> Any:
        request = self._request(method, f"{self.api}/repos/{self.repository}/{path}", body)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - checked above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read(2_000).decode(errors="replace")
            error.close()
            raise GitHubError(f"GitHub answers {error.code} to {method} {path}: {said}", error.code) from None
        except (OSError, ValueError) as error:
            raise GitHubError(f"GitHub gave no usable answer to {method} {path}: {error}") from None

    def _request(self, method: str, address: str, body: Json | None) -> urllib.request.Request:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        return urllib.request.Request(address, data, headers, method=method)  # noqa: S310 - checked above
