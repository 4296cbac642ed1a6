"""Stripe's API: a reader for plans, a writer for applies."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.model.errors import StripeError
from provisioner.core.plan.call import Call
from provisioner.engine.ports import NOTHING, Answer, Page, Wanted
from provisioner.stripe_api.answers import ANSWERS, Answers
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.http import API_VERSION

PAGE = 100
MOST_PAGES = 10_000  # a million objects; no account has so many


class StripeReader:
    """Reads, and has no method that writes; `version` is that of the API in which it is answered."""

    version = API_VERSION

    def __init__(self, transport: Transport, answers: Answers = ANSWERS) -> None:
        self._transport = transport
        self._answers = answers

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        """Return one object: `account`, `balance`, `issuing/cards/ic_1`."""
        found: Mapping[str, Any] = self._transport.send(
            "GET", resource, {}, read=self._answers.object_of(resource)
        ).data
        return found

    def page(self, resource: str, params: Mapping[str, Any] = NOTHING, wanted: Wanted | None = None) -> Page:
        """Return one page of a resource; its objects have what is `wanted` of them, or all."""
        answer = self._transport.send(
            "GET", resource, params, read=self._answers.page_of(resource, wanted)
        ).data
        return Page(answer["data"], answer["has_more"])

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Iterator[Mapping[str, Any]]:
        """Yield all objects of a resource, newest first and each once; a list without an end is an error."""
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
    """Reads and writes."""

    def perform(self, call: Call) -> Answer:
        """
        Make one call; calls without a key get a fresh one, the same for all attempts.

        Raises NotSentError when the run is stopped before it is its turn, unless it takes a top-up back.
        """
        resource, key = path(call), call.key or f"provisioner-{uuid.uuid4()}"
        gives_up = call.verb != "cancel"
        answer = self._transport.send(
            "POST",
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

    def wait(self, seconds: float) -> bool:
        """Let time pass; whether to go on, as the run was not stopped."""
        return self._transport.wait(seconds)


def path(call: Call) -> str:
    """The path of a call: `issuing.cards` `update` `ic_1` is `issuing/cards/ic_1`."""
    parts = [*call.service.split("."), *([str(call.id)] if call.id else [])]
    return "/".join(parts if call.verb in ("create", "update") else [*parts, call.verb])
