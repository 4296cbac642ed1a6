"""Reads from Stripe's authorizations how much the applied cards have already used of their limits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.model.resource import Live
from provisioner.core.model.scenario import Facts, Purchase
from provisioner.core.model.snapshot import issuing_rows

Raw = Mapping[str, Any]


def live_facts(
    card: Live, holder: Mapping[str, Any], shown: Raw, past: Sequence[Raw], available: int
) -> Facts:
    """
    Return the facts of an applied card; `shown` is Stripe's card object, including its cardholder.

    `holder` is the cardholder's fields in normal form; `past` is all authorizations of the cardholder;
    `available` is the Issuing balance in the card's currency.
    """
    person = shown.get("cardholder")
    wanted = person.get("requirements") if isinstance(person, Mapping) else None
    # purchases with cards that replaced each other count towards the limits of each
    cards = [one["card"] for one in past if isinstance(one.get("card"), Mapping)]
    links = {(str(one["id"]), id_of(one.get("replacement_for"))) for one in (shown, *cards)}
    chain = {str(shown["id"])}
    while more := {end for link in links if chain & set(link) for end in link if end} - chain:
        chain |= more
    return Facts(
        card=card.fields,
        holder=holder,
        available=available,
        on_card=tuple(_spent(one for one in past if id_of(one.get("card")) in chain)),
        on_holder=tuple(_spent(past)),
        disabled=bool((wanted or {}).get("disabled_reason")),
        fresh=False,
    )


def issuing_available(balance: Raw, currency: str) -> int:
    """Return the amount available for Issuing in a currency, in minor units; 0 if Stripe shows nothing."""
    return sum(int(row["amount"]) for row in issuing_rows(balance) if row.get("currency") == currency)


def _spent(authorizations: Iterable[Raw]) -> Iterator[Purchase]:
    """Yield a purchase for each approved authorization: the amount captured plus the amount still held."""
    for one in authorizations:
        if not one.get("approved"):
            continue
        merchant = one.get("merchant_data") or {}
        yield Purchase(
            counted(one),
            str(merchant.get("category")),
            str(merchant.get("country")),
            str(one.get("authorization_method")),
            int(one["created"]),
        )


def counted(authorization: Raw) -> int:
    """Return the amount of an approved authorization that counts towards limits: captured plus still held."""
    transactions = authorization.get("transactions") or ()
    captured = -sum(int(each["amount"]) for each in transactions if each.get("type") == "capture")
    is_open = authorization.get("status") == "pending"
    return captured + (max(int(authorization["amount"]) - captured, 0) if is_open else 0)


def id_of(value: Any) -> str:
    """Return the id of an object that is either embedded or given by its id; empty if there is none."""
    return str(value["id"]) if isinstance(value, Mapping) else str(value or "")
