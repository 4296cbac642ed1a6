"""The numbers that an approved plan has shown: what is carried out gives no more than they say."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from provisioner.core.model.money import show_money
from provisioner.core.plan.exposure import NO_LIMIT, Spender, activated, raised, spenders
from provisioner.core.plan.plan import Plan
from provisioner.core.schema.kind import Kind


def above(
    kinds: Sequence[Kind],
    plan: Plan,
    exposure: Mapping[str, int | None],
    activations: int,
    replaced: Collection[str],
) -> Iterator[str]:
    """
    Say which numbers of a plan are above those that were approved for it.

    Each change may be the approved one and still give more than it did: a cardholder has more cards by now,
    or its limit is gone. What a `replaced` card (by its address) may spend by its own limits was approved
    with it; how much of that is new depends on how far its replacement has come. Money and what ends need no
    number here, as each top-up and each object is approved by itself.
    """
    cards = [
        _as_before(each) if str(each.address) in replaced and each.after and each.after.spends else each
        for each in spenders(kinds, plan.surveyed, plan.changes)
    ]
    for currency, more in raised(cards).items():
        most = exposure.get(currency, 0)
        if most is not None and (more is None or more > most):
            approved = show_money(most, currency)
            now = f"unlimited ({currency})" if more is None else show_money(more, currency)
            yield f"exposure added is {now} a month, approved was {approved}"
    if (count := activated(cards)) > activations:
        yield f"{count} cards could newly spend, approved were {activations}"


def _as_before(card: Spender) -> Spender:
    """The card as if it could spend the same before, under no other holder's bound."""
    if card.after is None:
        return card
    side = card.after._replace(pool=("", card.after.pool[1]), bound=NO_LIMIT)
    return card._replace(before=side, at_least=side)
