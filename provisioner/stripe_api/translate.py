"""Translates Stripe's errors into messages for users, without secrets and personal data."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from provisioner.core.model.errors import AccessError, ProvisionerError, StripeError
from provisioner.stripe_api.failure import AnswerError, CallError, LostError
from provisioner.stripe_api.personal import Words
from provisioner.stripe_api.retry import REPLAYED

REDACTED = "(redacted)"
WITHHELD = "its message is not shown because it may contain personal data; see the request in the Dashboard"
NO_WORDS = Words()
UNREACHABLE, UNAUTHORIZED, FORBIDDEN = 0, 401, 403
_SHORTEST, _LONGEST_TEXT, _LONGEST_WORD = 3, 500, 100
_READ = 4_000  # the most characters of a message that are examined; at most _LONGEST_TEXT are shown
_LONGEST_FOUND = 320  # characters of an email address, the longest match of the patterns
_SECRETS = re.compile(
    r"\b(?:sk|rk|pk|whsec|ek|btok|pm|src)_[A-Za-z0-9_*]+"  # keys, and sources of top-ups
    r"|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+"  # e-mail addresses; without the lookbehind, quadratic
    r"|\+?\d(?:[ -]?\d){8,}"  # card, phone and tax numbers
)
_UNSHOWN = re.compile(r"[^\x20-\x7e\u00a0-\u024f\u2010-\u2026]+")
_NO_WORD = re.compile(r"[^\w.\[\]{}-]+")
_PERMISSION = re.compile(r"\brak_[a-z_]+")  # a permission that a restricted key is missing
_BIRTH = ("day", "month", "year")


def translate(
    error: CallError, params: Mapping[str, Any], key: str = "", words: Words | None = NO_WORDS
) -> ProvisionerError:
    """
    Return the error to raise for a failed request.

    Keys, values that were sent, and personal `words` are removed from Stripe's message, which often quotes
    them. If `words` is None, the message is not shown, as it may quote personal data in any spelling.
    """
    details, headers, status = error.details, error.headers, error.status
    text = str(details.get("message") or type(error).__name__)
    if words is None:
        text = ", ".join(dict.fromkeys(_PERMISSION.findall(text))) or WITHHELD
    text = redact(text, params, key, words or NO_WORDS)
    request_id = _word(headers.get("request-id"))
    if status == UNAUTHORIZED:
        return AccessError(f"Stripe rejected the key: {text}")
    if status == FORBIDDEN:
        return AccessError(f"the key is missing a permission: {text}")
    if isinstance(error, AnswerError):
        return StripeError(error.says, status=UNREACHABLE, code="unusable_answer")
    if isinstance(error, LostError):
        tried = f" ({error.attempts} attempts)" if error.attempts > 1 else ""
        advice = f". {error.advice}" if error.advice else ""
        return StripeError(f"{error.says}{tried}{advice}", status=UNREACHABLE, code="api_connection_error")
    if not details:
        return StripeError(f"Stripe's response (HTTP {status}) cannot be read", status=status)
    code = _word(details.get("code") or details.get("type"))
    param = _word(details.get("param"))
    where = f"{param}: " if param else ""
    return StripeError(
        f"Stripe returned {status} {code}: {where}{text}",
        status=status,
        code=code,
        request_id=request_id,
        replayed=headers.get(REPLAYED) == "true",
        repeated=error.attempts > 1,
    )


def _word(value: Any) -> str:
    """Return a code, a parameter name, or an id of Stripe's without characters that these cannot have."""
    return _NO_WORD.sub("", value)[:_LONGEST_WORD] if isinstance(value, str) else ""


# ids, and Stripe's own terms that are not names: an error is useless without them
_HARMLESS = re.compile(
    r"(?:ich|ic|tu|acct|fa|ics)_[A-Za-z0-9]+|usd|eur|gbp|active|inactive|canceled|virtual|physical"
)


def redact(text: str, params: Mapping[str, Any], key: str = "", words: Words = NO_WORDS) -> str:
    """
    Remove keys, sent values, personal words, and everything that looks like personal data from a text.

    The result is one line without control characters.
    """
    sent = {form for value in _texts(params) for form in (value, quote_plus(value))}
    secrets = sorted({*sent, key} - {""}, key=len, reverse=True)
    # a secret that the cut splits would not be found, so as many characters as the longest one are removed,
    # too
    margin = max([_LONGEST_FOUND, *map(len, secrets[:1])])
    is_cut = len(text) > _READ + margin
    text = text[: _READ + margin]
    for value in secrets:
        if len(value) >= _SHORTEST and not _HARMLESS.fullmatch(value):
            text = re.sub(re.escape(value), REDACTED, text, flags=re.IGNORECASE)
    text = words.hush(_SECRETS.sub(REDACTED, text), REDACTED, _HARMLESS)
    text = f"{text[:-margin]}..." if is_cut else text
    text = " ".join(_UNSHOWN.sub(" ", text).split())
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 3] + "..."


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name == "dob" and isinstance(item, Mapping):
                yield from (str(item[part]) for part in _BIRTH if part in item)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
