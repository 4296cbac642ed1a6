"""The monthly exposure and the spending of each team."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from provisioner.core.estate.periods import period_at
from provisioner.core.estate.rows import CardRow, TeamSpend
from provisioner.core.plan.outlook_document import TeamExposure
from provisioner.core.purchases.record import PurchaseRecord

UNKNOWN = "(unknown)"
OTHERS = "other teams"
Place = tuple[str, str]


def team_spending(
    exposure: Sequence[TeamExposure], cards: Iterable[CardRow], purchases: Iterable[PurchaseRecord], now: int
) -> tuple[TeamSpend, ...]:
    """
    Return the spending of each team and currency in the current month, the highest exposure first.

    `exposure` has an entry for each of the largest teams, and one for all others. A team without managed
    cards has none.
    """
    named = {(row.team, row.currency): row.before for row in exposure if row.team}
    others = {row.currency: row.before for row in exposure if not row.team}
    teams = {card.id: (card.team, card.currency) for card in cards}
    sums: dict[Place, list[int]] = defaultdict(lambda: [0, 0, 0])
    month = period_at("monthly", now)
    for each in purchases:
        if not month.has(each.at):
            continue
        place = teams.get(each.card, (UNKNOWN, each.currency))
        if place not in named and place[1] in others:
            place = (OTHERS, place[1])
        tally = sums[place]
        tally[0] += each.counted
        tally[1] += each.approved
        tally[2] += not each.approved
    powers = named | {(OTHERS, currency): power for currency, power in others.items()}
    found = []
    for place in powers.keys() | sums.keys():
        power, (spent, approved, declined) = powers.get(place), sums.get(place, (0, 0, 0))
        if (power and power.cards) or approved or declined:
            cards_, amount, unlimited = (power.cards, power.amount, power.unlimited) if power else (0, 0, 0)
            found.append(TeamSpend(*place, cards_, amount, unlimited, spent, approved, declined))
    return tuple(sorted(found, key=lambda each: (each.currency, -each.unlimited, -each.exposure, each.team)))
