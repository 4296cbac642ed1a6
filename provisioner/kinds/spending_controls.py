"""
Spending controls, which cards and cardholders share, and the edits of them that raise spending.

Semantics: docs.stripe.com/issuing/controls/spending-controls.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from provisioner.core.model.limits import DEFAULT_A_DAY, default_limit
from provisioner.core.model.money import PER
from provisioner.core.schema.field import Direction, Field, Shape
from provisioner.core.schema.kind import FieldFault, Pool
from provisioner.kinds.categories import CATEGORIES
from provisioner.kinds.postal import COUNTRY, COUNTRY_SAYS

INTERVALS = tuple(PER)
PRESENCES = ("not_present", "present")
PAIRS = (
    ("allowed_categories", "blocked_categories"),
    ("allowed_merchant_countries", "blocked_merchant_countries"),
    ("allowed_card_presences", "blocked_card_presences"),
)


def _verdict(tightens: bool, broadens: bool) -> Direction:
    """Return the direction of an edit; one that does both is broadening, because it must be reviewed."""
    if broadens:
        return Direction.BROADENING
    return Direction.TIGHTENING if tightens else Direction.NEUTRAL


def allowing(before: Collection[str] | None, after: Collection[str] | None) -> Direction:
    """Return the direction of an edit of an allow-list; without one, everything is allowed."""
    if not before or not after:
        return _verdict(tightens=bool(after) and not before, broadens=bool(before) and not after)
    return _verdict(bool(set(before) - set(after)), bool(set(after) - set(before)))


def blocking(before: Collection[str] | None, after: Collection[str] | None) -> Direction:
    """Return the direction of an edit of a block-list; without one, nothing is blocked."""
    old, new = set(before or ()), set(after or ())
    return _verdict(bool(new - old), bool(old - new))


def by_scope(rows: Collection[Mapping[str, Any]] | None) -> dict[tuple[Any, ...], int]:
    """
    Return the amount of each limit (minor units) by its interval and categories, the lower of
    duplicates.
    """
    scopes: dict[tuple[Any, ...], int] = {}
    for row in rows or ():
        scope = (row["interval"], tuple(row.get("categories", ())))
        scopes[scope] = min(row["amount"], scopes.get(scope, row["amount"]))
    return scopes


def limiting(
    before: Collection[Mapping[str, Any]] | None, after: Collection[Mapping[str, Any]] | None
) -> Direction:
    """Return the direction of an edit of spending limits: a removed or raised limit raises spending."""
    old, new = by_scope(before), by_scope(after)
    broadens = any(scope not in new or new[scope] > amount for scope, amount in old.items())
    tightens = any(scope not in old or amount < old[scope] for scope, amount in new.items())
    return _verdict(tightens, broadens)


def switching(before: Any, after: Any) -> Direction:
    """Return the direction of an edit of a status: only `active` allows spending."""
    return _verdict(tightens=before == "active" != after, broadens=after == "active" != before)


def _lists() -> Iterator[Field]:
    for allowed, blocked in PAIRS:
        what = allowed.removeprefix("allowed_").replace("_", " ")
        facts: dict[str, Any] = {"shape": Shape.SET}
        if allowed == "allowed_categories":
            facts |= {"choices": CATEGORIES, "example": ["advertising_services"]}
        elif allowed == "allowed_merchant_countries":
            facts |= {"pattern": COUNTRY, "pattern_says": COUNTRY_SAYS, "example": ["US", "CA"]}
        else:
            facts |= {"choices": PRESENCES, "example": ["present"]}
        yield Field(
            allowed,
            doc=f"The only {what} to approve. Cannot be combined with `{blocked}`.",
            direction=allowing,
            **facts,
        )
        yield Field(
            blocked,
            doc=f"The {what} to decline. Cannot be combined with `{allowed}`.",
            direction=blocking,
            **facts,
        )


LIMITS = Field(
    "spending_limits",
    Shape.TABLE,
    doc="Limits by interval, counted from midnight UTC. "
    f"Without a limit, Stripe's default of {DEFAULT_A_DAY} per day applies.",
    key=("interval", "categories"),
    server_defaults=((default_limit("usd"),),),
    direction=limiting,
    fields=(
        Field(
            "amount",
            Shape.AMOUNT,
            doc="The maximum per interval, in minor units or with a currency; 0 allows no spending.",
            required=True,
            low=0,
            example="2,000.00 USD",
        ),
        Field("interval", doc="The interval that the amount is for.", required=True, choices=INTERVALS),
        Field(
            "categories",
            Shape.SET,
            doc="The categories that the limit applies to (default: all). Others are not blocked by it.",
            choices=CATEGORIES,
        ),
    ),
)

CURRENCY = Field(
    "spending_limits_currency",
    doc="The currency of the cardholder's limits (default: the one that their amounts are written with).",
    pattern="^[a-z]{3}$",
    pattern_says="a currency is three lowercase letters, such as usd",
    clearable=False,
    example="usd",
)


def spending_controls(currency: Field | None = None) -> Field:
    """
    Return the field `spending_controls`, owned as a whole if configured; `currency` names that of its
    limits.
    """
    return Field(
        "spending_controls",
        Shape.HASH,
        doc="What can be bought, where, and for how much. Once declared, the whole block is managed.",
        owned_whole=True,
        amounts_in=currency.name if currency else "",
        intersect=intersect,
        fields=(*_lists(), LIMITS, *([currency] if currency else [])),
    )


def intersect(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    Return controls that allow only what both allow: the lower of each limit, and combined lists.

    A combination that Stripe cannot express stays as in `one`: a list that allows nothing, or limits in two
    currencies.
    """
    out = {**one, **other}
    for allowed, blocked in PAIRS:
        lists = _crossed(one, other, allowed, blocked)
        for name in (allowed, blocked):
            out[name] = one.get(name) if lists is None else lists.get(name)
    rows, more = (each.get("spending_limits") or () for each in (one, other))
    in_two = rows and more and one.get(CURRENCY.name) != other.get(CURRENCY.name)
    out["spending_limits"] = (
        rows
        if in_two
        else tuple(
            {"amount": amount, "interval": interval} | ({"categories": categories} if categories else {})
            for (interval, categories), amount in by_scope((*rows, *more)).items()
        )
    )
    if rows:
        out[CURRENCY.name] = one.get(CURRENCY.name)
    return {name: value for name, value in out.items() if value}


def _crossed(
    one: Mapping[str, Any], other: Mapping[str, Any], allowed: str, blocked: str
) -> Mapping[str, tuple[str, ...]] | None:
    """
    Combine the allowed and blocked categories of two limits into one allow-list; None if nothing is
    left.
    """
    only = [set(each[allowed]) for each in (one, other) if each.get(allowed)]
    never = {value for each in (one, other) for value in each.get(blocked) or ()}
    if not only:
        return {blocked: tuple(sorted(never))}
    left = set.intersection(*only) - never
    return {allowed: tuple(sorted(left))} if left else None


def exclusive(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield faults for an allow-list next to its block-list: Stripe accepts only one of them."""
    controls = fields.get("spending_controls")
    if not isinstance(controls, Mapping):
        return
    for allowed, blocked in PAIRS:
        if controls.get(allowed) and controls.get(blocked):
            yield FieldFault(
                ("spending_controls", blocked),
                f"{blocked!r} cannot be combined with {allowed!r}; Stripe accepts only one of them",
            )


# The most windows of an interval that overlap one month; a yearly or lifetime limit may be used up in one
# month.
WINDOWS = {"daily": 31, "weekly": 6, "monthly": 1, "yearly": 1, "all_time": 1}


def monthly_exposure(fields: Mapping[str, Any]) -> int | None:
    """
    Return the most that an active card may spend in a month by its own limits, including its default limit.

    None if they do not bound a month: a limit on some categories does not bound others, and a per-purchase
    limit does not bound a month. A card without limits has Stripe's default limit, whether or not Stripe
    returns it. This is assumed after its limits were cleared, too, although Stripe does not document it [?].
    """
    if fields.get("status") != "active":
        return 0
    return _monthly_bound(_limits(fields) or (default_limit(str(fields.get("currency", ""))),))


def monthly_pool(fields: Mapping[str, Any]) -> Pool:
    """Return the most that all cards of a cardholder may spend together; 0 if it is not active."""
    if fields.get("status", "active") != "active":
        return Pool(0)
    controls = fields.get("spending_controls") or {}
    return Pool(_monthly_bound(_limits(fields)), str(controls.get(CURRENCY.name) or ""))


def _limits(fields: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return (fields.get("spending_controls") or {}).get("spending_limits") or ()


def _monthly_bound(limits: Sequence[Mapping[str, Any]]) -> int | None:
    bounds = [
        row["amount"] * WINDOWS[row["interval"]]
        for row in limits
        if row["interval"] in WINDOWS and not row.get("categories")
    ]
    return min(bounds, default=None)
