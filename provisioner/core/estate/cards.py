"""The rows of cards: cardholder, team, limits, and spending."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from provisioner.core.estate.limits import held_limits, own_limits, spent, tightest, uses
from provisioner.core.estate.rows import CardRow
from provisioner.core.estate.shipments import shipment_remark
from provisioner.core.model.config import Config
from provisioner.core.model.resource import Address, Ref
from provisioner.core.model.snapshot import Observed, Snapshot
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.plan.outlook import Teams
from provisioner.core.purchases.record import PurchaseRecord
from provisioner.core.schema.kind import Kind, Role
from provisioner.core.schema.normal_form import resolver

LISTS = (
    "allowed_categories",
    "blocked_categories",
    "allowed_merchant_countries",
    "blocked_merchant_countries",
    "allowed_card_presences",
    "blocked_card_presences",
)
NOWHERE = Address("", "")
Grouped = Mapping[str, Sequence[PurchaseRecord]]


def kind_of(kinds: Iterable[Kind], role: Role) -> Kind:
    """Return the kind with a role; there is exactly one spender and one holder."""
    return next(kind for kind in kinds if kind.role is role)


def chains(cards: Iterable[Observed]) -> dict[str, str]:
    """Map the id of each card to the first card of its chain of replacements."""
    before = {each.id: str(each.fields.get("replacement_for") or "") for each in cards}
    roots: dict[str, str] = {}
    for identity in before:
        path, at = [], identity
        while at not in roots and before.get(at) and at not in path:
            path.append(at)
            at = before[at]
        root = roots.get(at, at)
        roots.update(dict.fromkeys([*path, identity], root))
    return roots


class CardRows:
    """Builds the rows of all cards of a snapshot. With `personal`, rows include people's names."""

    def __init__(
        self,
        kinds: Sequence[Kind],
        config: Config,
        snapshot: Snapshot,
        inventory: Inventory,
        *,
        personal: bool,
    ) -> None:
        self._spender, holder = kind_of(kinds, Role.SPENDER), kind_of(kinds, Role.HOLDER)
        self._config, self._inventory, self._personal = config, inventory, personal
        self._cards = snapshot.objects.get(self._spender.resource, ())
        self._holders = {each.id: each for each in snapshot.objects.get(holder.resource, ())}
        self._roots = chains(self._cards)
        self._teams = Teams(config, inventory)

    def rows(self, purchases: Sequence[PurchaseRecord], now: int, first_shown: int) -> tuple[CardRow, ...]:
        """
        Return a row for each card, sorted by name.

        `now` selects the current window of each limit; purchases since `first_shown` are counted.
        """
        past = _grouped(purchases, self._roots)
        resolved = resolver(self._spender.fields, self._inventory.resolve)
        rows = (self._row(card, resolved(card.fields), past, now, first_shown) for card in self._cards)
        return tuple(sorted(rows, key=lambda row: (not row.address, row.name, row.id)))

    def _row(
        self, card: Observed, fields: Mapping[str, Any], past: "_Past", now: int, first_shown: int
    ) -> CardRow:
        address, holder = self._address(card), fields.get("cardholder")
        holder_id, currency = str(card.fields.get("cardholder") or ""), str(fields.get("currency", ""))
        person = self._holders.get(holder_id)
        own = past.by_card.get(card.id, ())
        chain = past.by_root.get(self._roots[card.id], ())
        limits = (
            *uses(own_limits(card.fields), currency, chain, now),
            *held_limits(person.fields if person else {}, currency, past.by_holder.get(holder_id, ()), now),
        )
        return CardRow(
            id=card.id,
            name=address.name if address else card.id,
            address=str(address) if address else "",
            team=self._teams.place(address or NOWHERE, fields)[0],
            holder=holder.address.name if isinstance(holder, Ref) else holder_id,
            holder_id=holder_id,
            person=str(person.fields.get("name", "")) if person and self._personal else "",
            status=str(fields.get("status", "")),
            type=str(fields.get("type", "")),
            currency=currency,
            expires=_expiry(card.fields),
            created=card.created,
            limits=limits,
            tightest=tightest(limits),
            controls=tuple(_controls(fields, person)),
            spent_month=spent(own, "monthly", now),
            approved=sum(each.approved for each in own if each.at >= first_shown),
            declined=sum(not each.approved for each in own if each.at >= first_shown),
            remarks=tuple(shipment_remark(card, now)),
        )

    def _address(self, card: Observed) -> Address | None:
        if card.project != self._config.project or not card.ownership:
            return None
        return self._inventory.by_id.get(card.id) or card.ownership.address


class _Past(NamedTuple):
    """Past purchases, grouped by the first card of a chain of replacements, by cardholder, and by card."""

    by_root: Grouped
    by_holder: Grouped
    by_card: Grouped


def _grouped(purchases: Iterable[PurchaseRecord], roots: Mapping[str, str]) -> _Past:
    by_root, by_holder, by_card = (defaultdict[str, list[PurchaseRecord]](list) for _ in range(3))
    for each in purchases:
        by_root[roots.get(each.card, each.card)].append(each)
        by_holder[each.holder].append(each)
        by_card[each.card].append(each)
    return _Past(by_root, by_holder, by_card)


def _controls(card: Mapping[str, Any], holder: Observed | None) -> Iterator[tuple[str, str]]:
    for whose, fields in (("", card), ("cardholder's ", holder.fields if holder else {})):
        controls = fields.get("spending_controls") or {}
        for name in LISTS:
            if values := controls.get(name):
                yield f"{whose}{name}", ", ".join(map(str, values))


def _expiry(fields: Mapping[str, Any]) -> str:
    year, month = fields.get("exp_year"), fields.get("exp_month")
    return f"{year:04d}-{month:02d}" if year and month else ""
