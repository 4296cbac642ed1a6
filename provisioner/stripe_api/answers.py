"""
Types for the parts of Stripe's responses that are read, and decoders that check them.

Every response is checked when it is decoded, so its users can rely on the types. The types of objects follow
from the fields of their kinds; Stripe may omit every value but an id, or return null for it.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal, Required, TypedDict

import msgspec
from msgspec import Meta

from provisioner.core.schema.field import Field, Shape
from provisioner.core.schema.kind import Kind, owned
from provisioner.engine.ports import Wanted
from provisioner.stripe_api.http import API_VERSION, Read, values

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,255}$")]  # ids are used as parts of URLs
typed_dict: Any = TypedDict  # called with names that are known only at run time
Moment = Annotated[int, Meta(ge=0, le=253_402_300_799)]  # the last second of the year 9999


class Named(TypedDict, total=False):
    """An object within another one."""

    id: Required[Id]


class BankForm(TypedDict, total=False):
    """A bank account that belongs to an account."""

    id: str | None
    fingerprint: str | None


class BanksForm(TypedDict, total=False):
    """The bank accounts of an account."""

    data: list[BankForm] | None


class AccountForm(TypedDict, total=False):
    """An account."""

    id: Required[Id]
    country: str | None
    capabilities: dict[str, str] | None
    external_accounts: BanksForm | None


class AmountForm(TypedDict):
    """An amount in one currency."""

    amount: int
    currency: str


class Issuing(TypedDict, total=False):
    """The Issuing part of a balance."""

    available: list[AmountForm] | None


class BalanceForm(TypedDict, total=False):
    """
    A balance. `object` is required, because another object would count as an empty balance and be topped
    up.
    """

    object: Required[Literal["balance"]]
    issuing: Issuing | None


class TopUpForm(TypedDict, total=False):
    """A top-up."""

    id: Required[Id]
    amount: Required[int]
    currency: Required[str]
    created: Moment
    status: str | None
    destination_balance: str | None
    failure_code: str | None
    metadata: dict[str, str] | None


class BankAddress(TypedDict, total=False):
    """A bank account to send a wire transfer to."""

    type: str | None


class BankTransfer(TypedDict, total=False):
    """The bank accounts for wire transfers."""

    financial_addresses: list[BankAddress] | None


class Instructions(TypedDict, total=False):
    """Funding instructions, which have no id."""

    currency: str | None
    bank_transfer: BankTransfer | None


class CardOfPurchase(TypedDict, total=False):
    """The card of an authorization."""

    id: Required[Id]
    replacement_for: Named | str | None


class Merchant(TypedDict, total=False):
    """The merchant of a purchase."""

    category: str | None
    country: str | None
    name: str | None


class Transaction(TypedDict, total=False):
    """A capture or a refund of an authorization."""

    amount: Required[int]
    type: str | None


class Decision(TypedDict, total=False):
    """The reason why Stripe approved or declined a purchase."""

    reason: Required[str]
    reason_message: str | None


class Authorization(TypedDict, total=False):
    """A purchase, as the commands `test` and `simulate` read it."""

    id: Required[Id]
    created: Required[Moment]
    amount: Required[int]
    approved: Required[bool]
    status: str | None
    authorization_method: str | None
    currency: str | None
    card: CardOfPurchase | str | None
    cardholder: Named | str | None
    merchant_data: Merchant | None
    transactions: list[Transaction] | None
    request_history: list[Decision] | None


class CardOfPast(TypedDict, total=False):
    """The card of a past authorization."""

    id: Required[Id]
    cardholder: Named | str | None


class MerchantOfPast(Merchant, total=False):
    """The merchant of a past authorization."""

    name: str | None


class PastTransaction(TypedDict):
    """A capture or a refund of a past authorization."""

    amount: int
    created: Moment
    type: str


class PastDecision(TypedDict, total=False):
    """A decision of Stripe about a request."""

    amount: Required[int]
    approved: Required[bool]
    created: Required[Moment]
    reason: Required[str]
    merchant_amount: int | None


class PastAuthorization(TypedDict, total=False):
    """An authorization with its histories, for a backtest; without these histories it cannot be replayed."""

    id: Required[Id]
    created: Required[Moment]
    status: Required[str]
    currency: Required[str]
    card: Required[CardOfPast | str]
    cardholder: Named | str | None
    authorization_method: str | None
    card_presence: str | None
    merchant_currency: str | None
    merchant_data: MerchantOfPast | None
    request_history: list[PastDecision] | None
    balance_transactions: list[PastTransaction] | None
    transactions: list[PastTransaction] | None


class RequestForm(TypedDict, total=False):
    """The request behind an event."""

    id: str | None
    idempotency_key: str | None


class Changed(TypedDict, total=False):
    """The object of an event, and its earlier values."""

    object: Required[dict[str, Any]]
    previous_attributes: dict[str, Any] | None


class Event(TypedDict, total=False):
    """An event."""

    id: Required[Id]
    created: Required[Moment]
    type: Required[str]
    api_version: str | None
    request: RequestForm | None
    data: Required[Changed]


class FileForm(TypedDict, total=False):
    """An uploaded file."""

    id: Required[Id]


class Anything(TypedDict, total=False):
    """An object of which only the id is read."""

    id: Id


FORMS: dict[str, Any] = {
    "account": AccountForm,
    "balance": BalanceForm,
    "topups": TopUpForm,
    "events": Event,
    "files": FileForm,
    "issuing/authorizations": Authorization,
    "issuing/funding_instructions": Instructions,
}
NARROW_FORMS: dict[str, Any] = {"issuing/authorizations": PastAuthorization}


class Answers:
    """Decodes Stripe's responses that contain objects of these kinds."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self._kinds = {kind.resource: kind for kind in kinds}
        self._resources = {kind.object_name: kind.resource for kind in owned(self._kinds.values())}

    def object_of(self, path: str) -> Read:
        """Return a decoder for the object at a path; it raises msgspec.ValidationError for another form."""
        return _held_to(self._form_at(path))

    def page_of(self, resource: str, wanted: Wanted | None = None) -> Read:
        """Return a decoder for pages of a resource, with all fields or the `wanted` ones of each object."""
        if resource == "events":
            return self._events
        if wanted is None:
            return _held_to(_page(self._form_at(resource)))
        narrow = NARROW_FORMS.get(resource)
        return _decoded(_page(narrow)) if narrow else _some(self._kinds[resource], wanted)

    def _form_at(self, path: str) -> Any:
        """
        Return the type of the object at a path: `issuing/cards/ic_1` or
        `test_helpers/issuing/cards/ic_1/shipping/ship`.
        """
        plain = path.removeprefix("test_helpers/")
        known = (each for each in (*FORMS, *self._kinds) if f"{plain}/".startswith(f"{each}/"))
        return self._form_of(next(known, ""))

    def _form_of(self, resource: str) -> Any:
        if resource in FORMS:
            return FORMS[resource]
        return form_of_kind(self._kinds[resource]) if resource in self._kinds else Anything

    def _events(self, body: bytes) -> Any:
        """Decode a page of events and check the object of each."""
        found = _held_to(_page(FORMS["events"]))(body)
        for event in found["data"]:
            shown = event["data"]["object"]
            name = shown.get("object")
            # the types of other API versions are unknown
            is_known = isinstance(name, str) and event.get("api_version") in (None, API_VERSION)
            msgspec.convert(shown, self._form_of(self._resources.get(name, "") if is_known else ""))
        return found


@cache
def form_of_kind(kind: Kind) -> Any:
    """Return the type of an object of a kind."""
    return typed_dict("object", names_of(kind), total=False)


@cache
def names_of(kind: Kind) -> dict[str, Any]:
    """Return the types of the values of a kind's object by their names."""
    fields = [field for field in kind.fields if not field.write_only]
    return {"id": Required[Id], "created": Moment, **_forms(fields, kind.answered)}


def _forms(fields: Sequence[Field], answered: Sequence[Field]) -> dict[str, Any]:
    also = {field.name: field for field in answered}
    forms = {field.name: _form(field, also.pop(field.name, None)) for field in fields}
    return forms | {name: _form(field, None) for name, field in also.items()}


def _form(field: Field, answered: Field | None) -> Any:
    match field.shape:
        case Shape.INTEGER | Shape.AMOUNT:
            return int | None
        case Shape.BOOLEAN:
            return bool | None
        case Shape.SET | Shape.LIST:
            return list[str] | None
        case Shape.MAP:
            return dict[str, str] | None
        case Shape.REF:
            return Named | Id | None
        case Shape.HASH | Shape.TABLE:
            names = _forms(field.fields, answered.fields if answered else ())
            below = typed_dict(field.name, names, total=False)
            whole: Any = below if field.shape is Shape.HASH else GenericAlias(list, below)
            return whole | None
        case _:
            return str | None


@cache
def _held_to(form: Any) -> Read:
    def read(body: bytes) -> Any:
        found = values(body)
        msgspec.convert(found, form)
        return found

    return read


@cache
def _page(item: Any) -> Any:
    return typed_dict("page", {"data": Required[list[item]], "has_more": Required[bool]}, total=False)


@cache
def _some(kind: Kind, wanted: Wanted) -> Read:
    forms = names_of(kind)
    names = wanted.names | wanted.references
    item = typed_dict("item", {name: forms[name] for name in forms if name in names}, total=False)
    return _decoded(_page(item))


@cache
def _decoded(form: Any) -> Read:
    """Return a decoder that omits what the type does not have; it is faster than `_held_to`."""
    decoder = msgspec.json.Decoder(form)

    def read(body: bytes) -> Any:
        try:
            return decoder.decode(body)
        except RecursionError:
            raise ValueError("nested too deeply") from None

    return read
