"""The form of a saved plan, as far as `show` and `apply` read it; what else is in it is for others."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, ValidationError, convert, field

from provisioner.core.diff.change import Action


class _Money(Struct):
    currency: str
    amount: int


class _Exposure(Struct):
    currency: str
    amount: int | None


class _BlastRadius(Struct):
    money: list[_Money]
    exposure_added: list[_Exposure]
    cards_activated: int
    final: int


class _Summary(Struct):
    create: int
    update: int
    replace: int
    retire: int
    adopt: int
    top_up: int
    unchanged: int
    rename: int = 0
    mark: int = 0


class _Edit(Struct):
    path: str
    before: Any
    after: Any
    direction: Literal["tightening", "neutral", "broadening"]
    sensitive: bool
    digest: str
    currency: str = ""
    currency_before: str | None = None
    row: dict[str, Any] = field(default_factory=dict)


class _Change(Struct):
    address: str
    kind: str
    action: Action
    id: str | None
    reason: str
    edits: list[_Edit]
    fingerprint: str
    goal: str = ""
    between: str = ""
    bookkeeping: Literal["rename", "mark", ""] = ""
    final: bool = False
    amount: int | None = None
    currency: str | None = None
    newest: str | None = None
    revision: int | None = None
    rest: str = ""

    def __post_init__(self) -> None:
        if "." not in self.address:
            raise ValueError("An `address` without its section")
        if self.action is Action.TOP_UP and None in (self.amount, self.currency):
            raise ValueError("A top-up without `amount` and `currency`")


class _Note(Struct):
    address: str
    text: str


class _Stop(Struct):
    guardrail: str
    text: str
    number: int | None = None


class _Balance(Struct):
    currency: str
    available: int
    pending: int
    target: int | None
    top_up_below: int | None


class _Power(Struct):
    amount: int
    unlimited: int
    cards: int


class _Team(Struct):
    currency: str
    team: str | None
    before: _Power
    after: _Power


class _Outlook(Struct):
    balances: list[_Balance] = field(default_factory=list)
    exposure: list[_Team] = field(default_factory=list)


class _Source(Struct):
    path: str
    env: str | None
    variables: list[str]
    targets: list[str]
    excludes: list[str]
    from_plan: str | None = None


class _Saved(Struct):
    project: str
    mode: str
    account: str
    fingerprint: str
    summary: _Summary
    blast_radius: _BlastRadius
    changes: list[_Change]
    notes: list[_Note]
    source: _Source
    left_out: int = 0
    stopped_by: list[_Stop] = field(default_factory=list)
    outlook: _Outlook | None = None


_Time = Annotated[datetime, Meta(tz=True)]


class _Proven(_Saved, kw_only=True):
    environment: str | None
    keyed_with: Literal["project", "account", "key"]
    created: _Time
    expires: _Time
    digest: str
    seal: str


def misfit(document: object, *, old: bool) -> str:
    """
    What is wrong with the form of a saved plan, and where; empty where it is as `plan --out` writes it.

    `old` ones are of format 1.0.
    """
    try:
        convert(document, _Saved if old else _Proven)
    except ValidationError as error:
        return str(error)
    return ""
