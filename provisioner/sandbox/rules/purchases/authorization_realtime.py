"""
Real-time authorizations: a webhook of the account decides within two seconds.

docs.stripe.com/issuing/controls/real-time-authorizations. Only purchases that Stripe would approve are sent
to the webhook. The authorization is stored as pending first, so that the webhook can read it, change its
metadata, and approve or decline it by a call, which takes precedence over the response. The response is
passed to the handler in `HandlerCall.extra`.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Preparation, action
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import EVENT, event_of, listeners
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.common.versions import event_as_of
from provisioner.sandbox.rules.purchases.authorization_judgement import verdict
from provisioner.sandbox.rules.purchases.authorization_outcome import decided
from provisioner.sandbox.rules.purchases.decide import Judgement
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION
from provisioner.sandbox.state.errors import ApiError, invalid
from provisioner.sandbox.state.objects import Tx, dump

Json = dict[str, Any]

EVENT_TYPE = "issuing_authorization.request"
PATIENCE = 2.0  # seconds of real time
_OK = 200
_VERSION = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[a-z]+)?")
_TIMEOUT = "authorization.timeout"
# Seconds of the sandbox's clock after which a request is decided even if the sandbox was stopped meanwhile.
_AT_THE_LATEST = 10


@dataclass(frozen=True)
class _Question:
    """A request to a webhook."""

    authorization: Json
    """The pending authorization."""
    event: Json
    """The event that is sent."""
    fallback: bool
    """The account's default decision if there is no valid response."""
    url: str = ""
    """The address of the webhook; empty to ask Stripe's command line (`stripe listen`)."""
    secret: str = ""
    """The webhook's signing secret."""


class _BadAnswerError(Exception):
    """The webhook's response does not have the form that Stripe requires."""


def by_webhook(
    pending: Callable[[HandlerCall], Json],
) -> Callable[[Preparation], Awaitable[Mapping[str, Any]]]:
    """
    Return a `prepare` function that stores the authorization that `pending` returns and asks the webhook.

    It returns an empty mapping, and stores nothing, if there is no webhook or if Stripe decides alone.
    """

    async def prepare(given: Preparation) -> Mapping[str, Any]:
        try:
            with given.writing() as call:
                cli = given.cli.forwards(call.tx.account)
                question = _question(call.tx, pending(call), cli=cli)
        except ApiError:
            return {}
        if question is None:
            return {}
        return {"id": question.authorization["id"], "answer": await _ask(given, question)}

    return prepare


def settled(call: HandlerCall, pending: Callable[[HandlerCall], Json]) -> Json:
    """Decide the request that `pending` returns, or that was sent to the webhook, and return the result."""
    tx = call.tx
    if "id" not in call.extra:
        return decided(tx, pending(call))
    authorization = tx.fetch(AUTHORIZATION, call.extra["id"])
    if authorization["pending_request"] is None:  # a call has already approved or declined it
        return AUTHORIZATION.show(tx, authorization)
    return decided(tx, authorization, call.extra["answer"])


def partial_amount(given: Any, pending: Mapping[str, Any]) -> int | None:
    """
    Return the part of a request to approve, or None for all of it.

    An amount for a request that cannot be controlled is ignored. Raises ApiError for an amount that is not
    positive, above the request, or below the cashback, which must be approved in full
    (docs.stripe.com/issuing/purchases/authorizations).
    """
    if given is None or not pending["is_amount_controllable"]:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 < given <= pending["amount"]:
        raise invalid(f"The amount must be an integer from 1 to {pending['amount']}.", "amount")
    if given < (cashback := pending["amount_details"]["cashback_amount"] or 0):
        raise invalid(f"The amount must be at least the cashback amount, {cashback}.", "amount")
    return given


@action(_TIMEOUT)
def give_up(tx: Tx, authorization_id: str) -> None:
    """Decide a request whose response never arrived, as the sandbox was stopped, by the account's default."""
    found = tx.fetch(AUTHORIZATION, authorization_id)
    if found["pending_request"] is not None:
        decided(tx, found, Judgement(unknowns.on(tx, "webhook_failure_approves"), "webhook_timeout"))


def _question(tx: Tx, pending: Json, *, cli: bool) -> _Question | None:
    """
    Store a pending authorization, and return the request to the newest endpoint, or None if there is none.

    The account's own endpoints come first; without an endpoint, Stripe's command line is asked if it listens.
    """
    _, endpoint = next(listeners(tx, EVENT_TYPE), ("", None))
    if (endpoint is None and not cli) or verdict(tx, pending).reason != "card_active":
        return None
    if pending["request_history"]:
        tx.put(AUTHORIZATION, pending)
    else:
        tx.add(AUTHORIZATION, pending)
    event = event_of(tx, EVENT_TYPE, AUTHORIZATION.show(tx, pending))
    tx.add(EVENT, event)
    tx.schedule(tx.now + _AT_THE_LATEST, _TIMEOUT, pending["id"])
    fallback = unknowns.on(tx, "webhook_failure_approves")
    if endpoint is None:
        return _Question(pending, event, fallback)
    if endpoint["api_version"]:
        event = event_as_of(event, endpoint["api_version"])
    return _Question(pending, event, fallback, endpoint["url"], endpoint["_secret"])


async def _reply(given: Preparation, question: _Question) -> tuple[int, dict[str, str], bytes]:
    """
    Return the response: its status, headers, and body; raises TimeoutError or OSError if there is none.

    The request uses a separate thread, as shared ones may be busy.
    """
    if not question.url:
        return await given.cli.ask(question.event["id"], PATIENCE)
    threads = ThreadPoolExecutor(1)
    sending = asyncio.get_running_loop().run_in_executor(
        threads, given.post, question.url, question.secret, dump(question.event), PATIENCE
    )
    threads.shutdown(wait=False)
    return await asyncio.wait_for(sending, PATIENCE)


async def _ask(given: Preparation, question: _Question) -> Judgement:
    """Return the webhook's decision."""
    try:
        status, headers, body = await _reply(given, question)
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
    if not _VERSION.fullmatch(headers.get("stripe-version", "")):
        raise _BadAnswerError("The answer has no valid Stripe-Version header.")
    content_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise _BadAnswerError(f"The answer's content type is {content_type}, not application/json.")
    try:
        answer = json.loads(body)
    except ValueError:
        raise _BadAnswerError("The answer is not JSON.") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("approved"), bool):
        raise _BadAnswerError("The answer lacks the boolean 'approved'.")
    try:
        amount = partial_amount(answer.get("amount"), pending) if answer["approved"] else None
        given = answer.get("metadata") or {}
        if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
            raise _BadAnswerError("The metadata must be a hash of strings.")
        metadata = merged({}, {"metadata": given})
    except ApiError as refused:
        raise _BadAnswerError(refused.message) from None
    challenges = answer.get("send_fraud_challenges") or []
    if challenges not in ([], ["sms"]):
        raise _BadAnswerError("send_fraud_challenges can only be ['sms'].")
    return Judgement(
        answer["approved"],
        "webhook_approved" if answer["approved"] else "webhook_declined",
        amount,
        metadata=metadata,
        challenge=bool(challenges),
    )
