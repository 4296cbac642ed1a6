"""
Real-time authorizations: the account's own webhook decides, within two seconds.

docs.stripe.com/issuing/controls/real-time-authorizations. It is asked about what Stripe itself would
approve, before the transaction that carries the purchase out opens, and its answer goes along in
`Call.extra`.
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
    """What is asked and whom; `fallback` is the account's own choice for when no answer can be had."""

    authorization: Json
    event: Json
    url: str
    secret: str
    fallback: bool


class _BadAnswerError(Exception):
    """The webhook answered, but not in the form that Stripe wants."""


def by_webhook(
    pending: Callable[[HandlerCall], Json],
) -> Callable[[Preparation], Awaitable[Mapping[str, Any]]]:
    """
    What asks the webhook about the authorization that `pending` makes of a request.

    It brings an empty mapping when nobody is to be asked, or the handler will refuse anyway.
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
    """The question to the newest endpoint, as Stripe asks one only; the account's own come first."""
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
    """The webhook's verdict; asked in a thread of its own, since slow deliveries may fill the shared ones."""
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
    """The webhook's verdict; raises _BadAnswerError for an answer that Stripe would not take."""
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
    """[?] What Stripe makes of an amount that may not be controlled is not documented: here an error."""
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
