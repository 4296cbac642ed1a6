"""Writes realistic past purchases into a sandbox, made with the cards of a configuration."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.ownership.marks import marks, read_stamp
from provisioner.engine.private_file import private_database
from provisioner.sandbox.seeding.recipe import Recipe, WrittenPast

SECTION = "cards"


class SeedOrder(Struct, frozen=True):
    """The past purchases to write."""

    purchases: int
    """The number of purchases."""
    days: int
    """The number of days over which they are spread; the last one is today."""
    seed: int
    """The random seed; the same seed at the same sandbox time gives the same purchases."""
    at: int | None = None
    """The time (Unix seconds) at which the sandbox's clock is stopped first; None to let it run."""


def applied_cards(account: Account) -> list[str]:
    """Return the ids of the configuration's cards, by address; raises as `Account.read` does."""
    _, inventory = account.take_inventory()
    found = {
        address: live.id
        for estate in inventory.estates.values()
        for address, live in estate.current.items()
        if address.section == SECTION and address in account.config.declared
    }
    return [found[address] for address in sorted(found)]


def write_seed(
    state: Path, cards: Sequence[str], order: SeedOrder, progress: Callable[[int], None]
) -> dict[str, Any]:
    """
    Write past purchases of these cards into the sandbox with this state, and return their totals.

    Objects that the sandbox has already are moved into the past, so that they existed before the purchases.
    `progress` is called with the number of purchases so far. Raises ProvisionerError if no card can make
    purchases.
    """
    from provisioner.sandbox.seeding.write import write_past  # noqa: PLC0415 - cold start: the rules are heavy
    from provisioner.sandbox.state.store import Store  # noqa: PLC0415 - cold start: as above

    private_database(state)
    store = Store(state)
    recipe = Recipe(cards, order.purchases, order.days, order.seed, renewed, order.at)
    try:
        return plain_values(write_past(store, recipe, progress))
    except ValueError as error:
        raise ProvisionerError(str(error)) from None
    finally:
        store.close()


def plain_values(past: WrittenPast) -> dict[str, Any]:
    """Return the totals of written purchases as plain values, for JSON."""
    return {
        "from": past.begin,
        "to": past.end,
        "cards": past.cards,
        "purchases": past.purchases,
        "approved": {"count": past.approved, "amount": past.amount, "currency": past.currency},
        "declined": dict(sorted(past.declined.items(), key=lambda each: (-each[1], each[0]))),
        "followed": dict(sorted(past.followed.items())),
    }


def renewed(card_id: str, metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Return the metadata of a card's replacement: the same address, with the next generation."""
    stamp = read_stamp(metadata)
    if stamp is None:
        return metadata
    again = replace(stamp, generation=stamp.generation + 1, predecessor=card_id)
    ours = {name: text for name, text in marks(again).items() if text}
    return {**metadata, **ours}
