"""Readers and writers of Stripe's API, for plans and applies."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.model.errors import StripeError
from provisioner.core.model.upload import Upload
from provisioner.core.plan.call import Call
from provisioner.engine.ports import NOTHING, Answer, Page, Wanted
from provisioner.stripe_api.answers import Answers
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.http import API_VERSION

PAGE = 100
MOST_PAGES = 10_000  # a million objects; no account has so many


class StripeReader:
    """Reads from Stripe; it has no method that writes."""

    version = API_VERSION
    """The API version of the responses."""

    def __init__(self, transport: Transport, answers: Answers) -> None:
        self._transport = transport
        self._answers = answers

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        """Return one object: `account`, `balance`, `issuing/cards/ic_1`."""
        found: Mapping[str, Any] = self._transport.send(
            "GET", resource, {}, read=self._answers.object_of(resource)
        ).data
        return found

    def page(self, resource: str, params: Mapping[str, Any] = NOTHING, wanted: Wanted | None = None) -> Page:
        """Return one page of a resource; its objects have only the `wanted` fields (None: all)."""
        answer = self._transport.send(
            "GET", resource, params, read=self._answers.page_of(resource, wanted)
        ).data
        return Page(answer["data"], answer["has_more"])

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Iterator[Mapping[str, Any]]:
        """Yield all objects of a resource once, newest first; raises StripeError if the list does not end."""
        cursor: dict[str, str] = {}
        seen: set[Any] = set()
        for _ in range(MOST_PAGES):
            page = self.page(resource, {"limit": PAGE, **params, **cursor})
            fresh = []
            for item in page.items:
                if (identity := item.get("id")) is None or identity not in seen:
                    seen.add(identity)
                    fresh.append(item)
            yield from fresh
            if not page.more:
                return
            last = page.items[-1].get("id") if fresh else None
            if not last:
                raise StripeError(
                    f"Stripe's list of {resource} says that more pages follow, but contains no new object"
                )
            cursor = {"starting_after": last}
        raise StripeError(f"Stripe's list of {resource} does not end after {MOST_PAGES:,} pages")


class StripeWriter(StripeReader):
    """Reads from Stripe and writes to it."""

    def perform(self, call: Call) -> Answer:
        """
        Make one call; a call without an idempotency key gets a new one, the same for all attempts.

        A deletion has none: repeated, it has no further effect. Raises NotSentError if the run is stopped
        before the call is sent, unless the call cancels a top-up.
        """
        deletes = call.verb == "delete"
        resource, key = path(call), None if deletes else call.key or f"provisioner-{uuid.uuid4()}"
        gives_up = call.verb != "cancel"
        answer = self._transport.send(
            "DELETE" if deletes else "POST",
            resource,
            call.params,
            key,
            gives_up=gives_up,
            private=call.private,
            read=self._answers.object_of(resource),
        )
        return Answer(
            object=answer.data,
            request_id=answer.request_id,
            replayed=answer.headers.get("idempotent-replayed") == "true",
        )

    def upload(self, file: Upload, key: str) -> str:
        """Upload a file under an idempotency key and return its id. Raises as `perform` does."""
        params = {"purpose": file.purpose, "file": file}
        answer = self._transport.send("POST", "files", params, key, read=self._answers.object_of("files"))
        return str(answer.data["id"])

    def wait(self, seconds: float) -> bool:
        """Wait; returns False if the run was stopped."""
        return self._transport.wait(seconds)


def path(call: Call) -> str:
    """Return the path of a call: `issuing.cards` `update` `ic_1` becomes `issuing/cards/ic_1`."""
    parts = [*call.service.split("."), *([str(call.id)] if call.id else [])]
    return "/".join(parts if call.verb in ("create", "update", "delete") else [*parts, call.verb])
