"""
Real-time authorizations: a webhook of the account decides within two seconds.

docs.stripe.com/issuing/controls/real-time-authorizations. Only purchases that Stripe would approve are sent
to the webhook. This happens before the transaction of the purchase opens, and the decision is passed to the
handler in `HandlerCall.extra`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Preparation
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import event_of, listeners
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.purchases.authorization_judgement import suspected, verdict
from provisioner.sandbox.rules.purchases.decide import Judgement
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import dump

Json = dict[str, Any]

EVENT_TYPE = "issuing_authorization.request"
PATIENCE = 2.0  # seconds of real time
_OK = 200


@dataclass(frozen=True)
class _Question:
    """A request to a webhook."""

    authorization: Json
    """The pending authorization."""
    event: Json
    """The event that is sent."""
    url: str
    """The address of the webhook."""
    secret: str
    """Its signing secret."""
    fallback: bool
    """The account's default decision if there is no valid response."""


class _BadAnswerError(Exception):
    """The webhook's response does not have the form that Stripe requires."""


def by_webhook(
    pending: Callable[[HandlerCall], Json],
) -> Callable[[Preparation], Awaitable[Mapping[str, Any]]]:
    """
    Return a `prepare` function that sends the authorization that `pending` returns to the webhook.

    It returns an empty mapping if there is no webhook, or if the handler will decline anyway.
    """

    async def prepare(given: Preparation) -> Mapping[str, Any]:
        with given.reading() as call:
            try:
                question = _question(call, pending(call))
            except ApiError:
                question = None
        if question is None:
            return {}
        verdict = await _ask(given, question)
        return {"id": question.authorization["id"], "event": question.event, "verdict": verdict}

    return prepare


def _question(call: HandlerCall, pending: Json) -> _Question | None:
    """Return the request to the newest endpoint, or None; the account's own endpoints come first."""
    tx = call.tx
    _, endpoint = next(listeners(tx, EVENT_TYPE), ("", None))
    if endpoint is None or not verdict(tx, pending).approved or suspected(tx, call.params):
        return None
    return _Question(
        pending,
        event_of(tx, EVENT_TYPE, AUTHORIZATION.show(tx, pending)),
        endpoint["url"],
        endpoint["_secret"],
        unknowns.on(tx, "webhook_failure_approves"),
    )


async def _ask(given: Preparation, question: _Question) -> Judgement:
    """Return the webhook's decision; the request uses a separate thread, as shared ones may be busy."""
    threads = ThreadPoolExecutor(1)
    sending = asyncio.get_running_loop().run_in_executor(
        threads, given.post, question.url, question.secret, dump(question.event), PATIENCE
    )
    threads.shutdown(wait=False)
    try:
        status, headers, body = await asyncio.wait_for(sending, PATIENCE)
        return _read(status, headers, body, question.authorization["pending_request"])
    except TimeoutError:
        return Judgement(question.fallback, "webhook_timeout")
    except OSError:
        return Judgement(question.fallback, "webhook_error", message="The endpoint could not be reached.")
    except _BadAnswerError as bad:
        return Judgement(question.fallback, "webhook_error", message=str(bad))


def _read(status: int, headers: Mapping[str, str], body: bytes, pending: Mapping[str, Any]) -> Judgement:
    """Parse the webhook's decision; raises _BadAnswerError for a response that Stripe would reject."""
    if status != _OK:
        raise _BadAnswerError(f"The endpoint answered with status {status}, not 200.")
    if "stripe-version" not in headers:
        raise _BadAnswerError("The answer has no Stripe-Version header.")
    try:
        answer = json.loads(body)
    except ValueError:
        raise _BadAnswerError("The answer is not JSON.") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("approved"), bool):
        raise _BadAnswerError("The answer lacks the boolean 'approved'.")
    reason = "webhook_approved" if answer["approved"] else "webhook_declined"
    return Judgement(
        answer["approved"],
        reason,
        _amount(answer.get("amount"), pending) if answer["approved"] else None,
        metadata=_metadata(answer.get("metadata") or {}),
    )


def _amount(given: Any, pending: Mapping[str, Any]) -> int | None:
    """Return the amount in a response. [?] An amount that cannot be controlled is an error here."""
    if given is None:
        return None
    if not pending["is_amount_controllable"]:
        raise _BadAnswerError("The amount of this authorization cannot be controlled.")
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= pending["amount"]:
        raise _BadAnswerError(f"The amount must be an integer from 1 to {pending['amount']}.")
    return given


def _metadata(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise _BadAnswerError("The metadata must be a hash of strings.")
    try:
        return merged({}, {"metadata": given})
    except ApiError as refused:
        raise _BadAnswerError(refused.message) from None
