"""Checks an answer against the classes of Stripe's SDK: every field that they require, in its type."""

import builtins
import functools
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

import stripe

# Where the SDK's classes of what an answer can hold are found, by the `object` in it.
CLASSES = {
    "account": stripe.Account,
    "balance": stripe.Balance,
    "balance_settings": stripe.BalanceSettings,
    "balance_transaction": stripe.BalanceTransaction,
    "capability": stripe.Capability,
    "ephemeral_key": stripe.EphemeralKey,
    "event": stripe.Event,
    "file": stripe.File,
    "file_link": stripe.FileLink,
    "issuing.authorization": stripe.issuing.Authorization,
    "issuing.card": stripe.issuing.Card,
    "issuing.cardholder": stripe.issuing.Cardholder,
    "issuing.dispute": stripe.issuing.Dispute,
    "issuing.personalization_design": stripe.issuing.PersonalizationDesign,
    "issuing.physical_bundle": stripe.issuing.PhysicalBundle,
    "issuing.token": stripe.issuing.Token,
    "issuing.transaction": stripe.issuing.Transaction,
    "payout": stripe.Payout,
    "person": stripe.Person,
    "topup": stripe.Topup,
    "treasury.debit_reversal": stripe.treasury.DebitReversal,
    "treasury.financial_account": stripe.treasury.FinancialAccount,
    "treasury.financial_account_features": stripe.treasury.FinancialAccountFeatures,
    "treasury.received_credit": stripe.treasury.ReceivedCredit,
    "treasury.received_debit": stripe.treasury.ReceivedDebit,
    "treasury.transaction": stripe.treasury.Transaction,
    "treasury.transaction_entry": stripe.treasury.TransactionEntry,
    "webhook_endpoint": stripe.WebhookEndpoint,
}


_PLAIN: dict[Any, type] = {str: str, int: int, bool: bool, float: float, Decimal: str}


# Objects that Stripe's OpenAPI description has, and the SDK has not.
UNKNOWN_TO_THE_SDK = {"issuing.settlement"}


def problems(value: dict[str, Any]) -> list[str]:
    """What is wrong with an object by its SDK class; empty when all is well."""
    if value["object"] in UNKNOWN_TO_THE_SDK:
        return []
    return list(_object(value, CLASSES[value["object"]], value["object"]))


def _object(value: Any, cls: type, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {cls.__name__}"
        return
    for name, hint in _hints(cls).items():
        if name.startswith("_") or get_origin(hint) is ClassVar or name == "deleted":
            continue
        if name not in value:
            if not _optional(hint):
                yield f"{path}.{name} is missing"
            continue
        yield from _check(value[name], hint, f"{path}.{name}")


def _check(value: Any, hint: Any, path: str) -> Iterator[str]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        yield from [] if value in arguments else [f"{path}: {value!r} is not one of {arguments}"]
    elif origin is Union or origin is types.UnionType:
        yield from _union(value, arguments, path)
    elif origin is list and isinstance(value, list):
        for i, item in enumerate(value):
            yield from _check(item, arguments[0], f"{path}[{i}]")
    elif isinstance(hint, type) and hint not in _PLAIN and issubclass(hint, stripe.StripeObject):
        yield from _object(value, hint, path)
    elif hint is not Any and not isinstance(value, _PLAIN.get(hint, list if origin is list else dict)):
        yield f"{path}: {value!r} is no {hint}"


def _union(value: Any, options: tuple[Any, ...], path: str) -> Iterator[str]:
    if value is None:
        if type(None) not in options:
            yield f"{path} is null"
        return
    options = tuple(o for o in options if o is not type(None))
    literals = [o for o in options if get_origin(o) is Literal]
    if literals and str in options:
        # The SDK leaves its enums open; the sandbox answers nothing but what they list.
        yield from _check(value, literals[0], path)
        return
    found = [list(_check(value, option, path)) for option in options]
    if all(found):
        yield from min(found, key=len)


def _optional(hint: Any) -> bool:
    return type(None) in get_args(hint)


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    inner = {name: value for name, value in vars(cls).items() if isinstance(value, type)}
    for base in reversed(cls.__mro__):
        if base is cls or base.__name__ == "StripeObject" or not base.__module__.startswith("stripe._"):
            names = _Names({**vars(sys.modules[base.__module__]), **inner})
            own = {n: h for n, h in inspect.get_annotations(base).items() if not n.startswith("_")}
            hints |= typing.get_type_hints(types.SimpleNamespace(__annotations__=own), names, names)
    return hints


class _Names(dict[str, Any]):
    """What annotations name; the SDK imports most of it for type checkers only."""

    def __missing__(self, name: str) -> Any:
        if hasattr(builtins, name):
            raise KeyError(name)
        places = (stripe.issuing, stripe) if "issuing" in self["__name__"] else (stripe, stripe.issuing)
        found = [getattr(place, name) for place in places if hasattr(place, name)]
        return found[0] if found else stripe.StripeObject
