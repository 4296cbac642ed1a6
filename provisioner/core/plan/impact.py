"""The blast radius: what a plan costs at worst, said before anything else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from provisioner.core.diff.change import Action, Change
from provisioner.core.model.money import Money
from provisioner.core.plan.exposure import Spender, activated, raised
from provisioner.core.schema.kind import Kind


class Impact(Struct, frozen=True):
    """
    `money` that moves; `exposure` added a month by currency in minor units (None: without limit);
    `activated` cards that can newly spend; `final` changes that nothing can undo.
    """

    money: tuple[Money, ...] = ()
    exposure: Mapping[str, int | None] = field(default_factory=dict)
    activated: int = 0
    final: int = 0


def blast_radius(kinds: Mapping[str, Kind], changes: Iterable[Change], found: Sequence[Spender]) -> Impact:
    """Add up what the changes move, give and end; `found` are all cards, with the changes and without."""
    money: dict[str, int] = defaultdict(int)
    final = 0
    for change in changes:
        if change.action is Action.TOP_UP:
            money[change.params["currency"]] += change.params["amount"]
        final += is_final(kinds[change.kind], change)
    moved = tuple(Money(amount, currency) for currency, amount in sorted(money.items()))
    return Impact(moved, raised(found), activated(found), final)


def is_final(kind: Kind, change: Change) -> bool:
    """Whether a change ends an object in a way that nothing can undo."""
    canceled = change.action is Action.RETIRE and bool(change.params.get("cancel"))
    return bool(kind.retirement.cancel) and (canceled or change.action is Action.REPLACE)
