"""
Real-time authorizations: the account's own webhook decides, within two seconds.

docs.stripe.com/issuing/controls/real-time-authorizations. It is asked about what Stripe itself would
approve, before the transaction that carries the purchase out opens, and its answer goes along in
`Call.extra`.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from provisioner.sandbox.registry import HandlerCall, Preparation, Route
from provisioner.sandbox.rules.common import unknowns
from provisioner.sandbox.rules.common.changes import event_of
from provisioner.sandbox.rules.common.metadata import merged
from provisioner.sandbox.rules.events.webhook_endpoint import WEBHOOK_ENDPOINT, wants
from provisioner.sandbox.rules.purchases import authorization, authorization_helpers
from provisioner.sandbox.rules.purchases.authorization_judgement import verdict
from provisioner.sandbox.rules.purchases.decide import Judgement
from provisioner.sandbox.rules.purchases.kinds import AUTHORIZATION
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import Tx, dump

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


async def _prepare(given: Preparation, pending: Callable[[HandlerCall], Json]) -> Mapping[str, Any]:
    """Ask the webhook; an empty mapping when nobody is to be asked, or the handler will refuse anyway."""
    with given.reading() as call:
        try:
            question = _question(call, pending(call))
        except ApiError:
            question = None
    if question is None:
        return {}
    return {
        "id": question.authorization["id"],
        "event": question.event,
        "verdict": await _ask(given, question),
    }


def _question(call: HandlerCall, pending: Json) -> _Question | None:
    tx = call.tx
    endpoint = _listener(tx)
    if endpoint is None or not verdict(tx, pending).approved or authorization.suspected(tx, call.params):
        return None
    return _Question(
        pending,
        event_of(tx, EVENT_TYPE, AUTHORIZATION.show(tx, pending)),
        endpoint["url"],
        endpoint["_secret"],
        unknowns.on(tx, "webhook_failure_approves"),
    )


def _listener(tx: Tx) -> Json | None:
    """The endpoint to ask: Stripe asks one only; of several the newest is taken, the account's own first."""
    platform = default_account(tx)
    for owner, connect in ((tx.account, False), (platform, True)):
        if connect and tx.account == platform:
            continue
        for endpoint in Tx(tx.db, owner, tx.now, tx.origin).all(WEBHOOK_ENDPOINT):
            if endpoint["_connect"] == connect and wants(endpoint, EVENT_TYPE):
                return endpoint
    return None


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
    amount = _amount(answer.get("amount"), pending) if answer["approved"] else None
    return Judgement(answer["approved"], reason, amount, metadata=_metadata(answer.get("metadata") or {}))


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


async def _before_create(given: Preparation) -> Mapping[str, Any]:
    return await _prepare(given, authorization.pending)


async def _before_create_on_card(given: Preparation) -> Mapping[str, Any]:
    return await _prepare(given, authorization.pending_on_card)


async def _before_increment(given: Preparation) -> Mapping[str, Any]:
    return await _prepare(given, authorization_helpers.incremented)


_TEST = "/v1/test_helpers/issuing/authorizations"
_TEST_ON_CARD = "/v1/issuing/cards/{id}/test/authorizations"
_OF = "test_helpers.issuing.Authorization"
_SCOPE = "issuing_authorization"
ROUTES = (
    Route("POST", _TEST, authorization.create, _OF + "CreateParams", _SCOPE, AUTHORIZATION, _before_create),
    Route(
        "POST",
        _TEST_ON_CARD,
        authorization.create_on_card,
        "own.CardTestAuthorization",
        _SCOPE,
        AUTHORIZATION,
        _before_create_on_card,
    ),
    Route(
        "POST",
        _TEST + "/{id}/increment",
        authorization_helpers.increment,
        _OF + "IncrementParams",
        _SCOPE,
        AUTHORIZATION,
        _before_increment,
    ),
)
