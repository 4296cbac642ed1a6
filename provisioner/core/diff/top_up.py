"""
Balance targets: the amount to pull into the Issuing balance, exactly once.

The balance belongs to the account, so only one project fills it: the project named on the newest top-up for a
balance target. The idempotency key of the next top-up is derived from that newest one, whichever project made
it. So two applies that saw the same top-ups send the same key, and Stripe carries out only one.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from provisioner.core.diff.change import Action, Change, Note
from provisioner.core.model.currencies import country_of
from provisioner.core.model.limits import LARGEST_AMOUNT
from provisioner.core.model.money import show_money
from provisioner.core.model.resource import MASK, Address, Declared
from provisioner.core.model.snapshot import Snapshot, TopUp, issuing_rows
from provisioner.core.ownership.marks import ADDRESS, PREFIX, PROJECT
from provisioner.core.schema.kind import Kind

# A person sets this metadata on a top-up that went to another balance, once the money is in the right one.
MISROUTED, RESOLVED = PREFIX + "misrouted", "resolved"
# Seconds by which a search for new top-ups looks back: lists may lag behind writes by an undocumented time.
LOOK_BACK = 86_400
HOW_TO = "docs/how-to/fund-the-balance.md"
NOT_SHOWN = frozenset({"object", "type"})
PASSED_ON = ("description", "statement_descriptor", "source", "payment_method", "transfer_group")


class Funds(Struct, frozen=True):
    """The Issuing balance of one currency, in minor units."""

    available: int
    """The available amount."""
    pending: int
    """The amount of top-ups that have not arrived yet."""
    made: tuple[tuple[str, int], ...] = ()
    """Top-ups by balance targets of any project, newest first: the id and amount (0 if it failed) of each."""
    seen: frozenset[str] = frozenset()
    """The ids of all recent top-ups, which a search for new ones will find again."""

    @property
    def newest(self) -> str | None:
        """Return the id of the newest top-up made for a balance target, whatever its status."""
        return self.made[0][0] if self.made else None

    @property
    def coming(self) -> int:
        """Return the balance once all pending top-ups have arrived."""
        return self.available + self.pending


def funds(world: Snapshot, address: Address) -> Funds:
    """Return the funds in one currency; an account without an Issuing balance has none."""
    entries = issuing_rows(world.balance)
    available = sum(entry["amount"] for entry in entries if entry["currency"] == address.name)
    top_ups = [each for each in world.top_ups if each.currency == address.name]
    pending = sum(each.amount for each in top_ups if each.status == "pending" and each.is_bound)
    made = tuple((each.id, each.amount if each.is_moving else 0) for each in _made(world, address))
    since = look_back(world.top_ups[0].created) if world.top_ups else 0
    return Funds(available, pending, made, frozenset(each.id for each in top_ups if each.created >= since))


def _made(world: Snapshot, address: Address) -> Iterator[TopUp]:
    """Return the top-ups that balance targets of this currency have made, newest first."""
    return (each for each in world.top_ups if each.currency == address.name and each.maker(address))


def read_top_up(raw: Mapping[str, Any]) -> TopUp:
    """Return a top-up, read from Stripe's answer."""
    metadata = raw.get("metadata") or {}
    return TopUp(
        id=raw["id"],
        amount=raw["amount"],
        currency=raw["currency"],
        created=raw.get("created", 0),
        status=raw.get("status") or "",
        failure=raw.get("failure_code") or "",
        destination=raw.get("destination_balance") or "",
        project=metadata.get(PROJECT, ""),
        address=metadata.get(ADDRESS, ""),
        resolved=metadata.get(MISROUTED) == RESOLVED,
    )


def look_back(newest: int) -> int:
    """Return the start of a search for new top-ups (Unix seconds), from the newest known one's creation."""
    return max(0, newest - LOOK_BACK)


def taken(project: str, top_up: str, address: Address) -> str:
    """Return the message that another project already fills a balance."""
    return (
        f"project {project!r} already fills this balance ({top_up} is its newest top-up), and an account has "
        f"one balance target per currency. Remove {address} from one of the two configurations, or hand the "
        f"balance over ({HOW_TO})"
    )


def plan_funding(
    kind: Kind, project: str, declared: Sequence[Declared], world: Snapshot
) -> tuple[list[Change], list[Note]]:
    """Return the top-ups that bring each balance to its target, at most one per currency, and notes."""
    changes: list[Change] = []
    notes: list[Note] = []
    for wanted in declared:
        have, name = funds(world, wanted.address), str(wanted.address)
        if barred := _barred(world, project, wanted):
            notes += [Note(name, text, pending=True) for text in barred]
            continue
        wired = must_be_wired(world.account)
        fields = {k: v for k, v in wanted.fields.items() if not wired or k != "max_top_up"}
        amount, remark = shortfall(fields, have, wanted.address.name, most=None if wired else LARGEST_AMOUNT)
        if amount and wired:
            notes.append(Note(name, _wire(world, amount, wanted.address.name), pending=True))
        elif amount and (waits := _rest(world, wanted, fields["target"] - have.coming)):
            notes.append(Note(name, waits, pending=True))
        else:
            notes += [Note(name, remark)] if remark else []
            if amount:
                changes.append(_top_up(kind, project, wanted, have, amount))
                # what failed may well fail again, and each attempt may cost money
                newest = next(_made(world, wanted.address), None)
                if newest is not None and newest.status == "failed":
                    why = newest.failure or "Stripe gives no reason"
                    text = f"the previous top-up, {newest.id}, failed ({why}); this one tries again"
                    notes.append(Note(str(wanted.address), text))
    return changes, notes


def _barred(world: Snapshot, project: str, wanted: Declared) -> list[str]:
    """Return the reasons why balances cannot be topped up, each with what to do first."""
    address = wanted.address
    is_shown = any(
        entry["currency"] == address.name for entry in issuing_rows(world.balance)
    )  # in every country
    if not is_shown and (other := other_currency(world.account, address.name)):
        return [other]
    newest = next(_made(world, address), None)
    if newest is not None and (owner := newest.maker(address)) != project:
        return [taken(owner, newest.id, address)]
    return [
        f"top-up {top_up.id} ({show_money(top_up.amount, address.name)}) went to another balance, "
        f"not Issuing; top-ups are paused until this is resolved ({HOW_TO})"
        for top_up in _made(world, address)
        if top_up.is_lost
    ]


def _rest(world: Snapshot, wanted: Declared, missing: int) -> str:
    """Return the note on what waits for a pending top-up of the largest size; empty if none is pending."""
    currency, size = wanted.address.name, min(wanted.fields.get("max_top_up", LARGEST_AMOUNT), LARGEST_AMOUNT)
    pending = (each for each in _made(world, wanted.address) if each.status == "pending" and each.is_bound)
    largest = next((each for each in pending if each.amount >= size), None)
    if largest is None:
        return ""
    short, at_once = show_money(missing, currency), show_money(largest.amount, currency)
    return f"{short} more is needed; the next top-up waits until {largest.id} ({at_once}) has settled"


def shortfall(
    fields: Mapping[str, Any], have: Funds, currency: str, most: int | None = LARGEST_AMOUNT
) -> tuple[int, str]:
    """
    Return how much to top up, in minor units (0: nothing), and a remark for the reader.

    The amount is 0 if the balance is at least `top_up_below` (default: the target), or if less than
    `min_top_up` is missing, because more could exceed the target. It is at most `max_top_up` and `most`; an
    apply after this top-up has settled adds the rest.
    """
    target, missing = fields["target"], fields["target"] - have.coming
    if missing < 0:
        return 0, f"{show_money(-missing, currency)} above the target; a surplus is left in the balance"
    if missing == 0 or have.coming >= fields.get("top_up_below", target):
        return 0, ""
    limit = min(fields.get("max_top_up", missing), missing if most is None else most)
    if min(missing, limit) < fields.get("min_top_up", 0):
        least, short = (show_money(n, currency) for n in (fields["min_top_up"], missing))
        most_at_once = f"a top-up is at most {show_money(limit, currency)}, which"
        cause = most_at_once if missing > limit else "that"
        return (
            0,
            f"{short} below the target, but {cause} is less than min_top_up ({least}); no top-up is made",
        )
    if missing > limit:
        rest = show_money(missing - limit, currency)
        name = "max_top_up" if limit == fields.get("max_top_up") else "Stripe's maximum"
        again = have.coming + limit < fields.get("top_up_below", target)
        later = (
            "is still missing; an apply after this top-up has settled adds it"
            if again
            else "is still missing, but the balance is then no longer below top_up_below"
        )
        return limit, f"limited to {name} ({show_money(limit, currency)}); {rest} {later}"
    return missing, ""


def must_be_wired(account: Mapping[str, Any]) -> bool:
    """Return True if Stripe cannot pull money into an account in its country, so that it must be wired."""
    return not country_of(account.get("country", "US")).can_pull


def other_currency(account: Mapping[str, Any], currency: str) -> str:
    """
    Return why a currency cannot be topped up in an account's country; empty if it can, or if money is
    wired.
    """
    own = issued_in(account)
    if own in ("", currency):
        return ""
    country, has, asked = account["country"], own.upper(), currency.upper()
    return (
        f"an account in {country} has its Issuing balance in {has}, and Stripe cannot top it up in {asked}; "
        f"remove the target, or use an account that issues in {asked}"
    )


def issued_in(account: Mapping[str, Any]) -> str:
    """Return the currency in which an account issues cards, by its country; empty if it is unknown."""
    country = account.get("country")
    return country_of(str(country)).currency if country else ""


def _wire(world: Snapshot, amount: int, currency: str) -> str:
    """Return how much to wire and where, from the account's funding instructions (they stay the same)."""
    transfers = [x.get("bank_transfer") or {} for x in world.instructions if x.get("currency") == currency]
    addresses = [address for transfer in transfers for address in transfer.get("financial_addresses") or ()]
    wanted = f"wire {show_money(amount, currency)}"
    if not addresses:
        return f"{wanted} to the Issuing balance; create its funding instructions in the Dashboard first"
    of_type = addresses[0].get(addresses[0].get("type"))
    details = of_type if isinstance(of_type, Mapping) else addresses[0]
    named = {
        name: value for name, value in details.items() if isinstance(value, str) and name not in NOT_SHOWN
    }
    account = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in named.items())
    return f"{wanted} to {account}; Stripe cannot pull money into a {world.account.get('country')} account"


def _top_up(kind: Kind, project: str, wanted: Declared, have: Funds, amount: int) -> Change:
    fields, currency = wanted.fields, wanted.address.name
    marks = {PROJECT: project, ADDRESS: str(wanted.address)}
    params = {
        "amount": amount,
        "currency": currency,
        "destination_balance": "issuing",
        **{name: fields[name] for name in PASSED_ON if name in fields},
        "metadata": {**fields.get("metadata", {}), **marks},
    }
    reason = (
        f"{show_money(have.available, currency)} available and {show_money(have.pending, currency)} pending; "
        f"the target is {MASK if 'target' in wanted.sensitive else show_money(fields['target'], currency)}"
    )
    return Change(
        Action.TOP_UP,
        wanted.address,
        kind.name,
        reason,
        declared=wanted,
        params=params,
        follows=have.newest or "",
        made=have.made,
        seen=have.seen,
    )
