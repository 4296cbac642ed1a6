"""Generates scenarios for every card: purchases just inside and just outside of what it allows."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.model.limits import LARGEST_PURCHASE
from provisioner.core.model.money import show_money
from provisioner.core.model.resource import Address, Declared, Ref
from provisioner.core.model.scenario import METHOD_OF, Facts, Purchase, Scenario
from provisioner.core.purchases.rules import CONTROLS, LISTS, PER_AUTHORIZATION, Limit, list_rules
from provisioner.core.purchases.simulator import owes, payments_left, room, rules_of, spend, spent

# The first of a month that is a Sunday, so a day, a week and a month begin at once.
START = int(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC).timestamp())
DAY = 86_400
MOST_PURCHASES = 60
LAST = START + 40 * DAY
SMALL = 100
ANY = Purchase(0, "")


class Choices(Struct, frozen=True):
    """All values that Stripe knows, to find one that a list does not name."""

    categories: Sequence[str]
    """Merchant categories."""
    countries: Sequence[str] = ("US", "CA", "GB", "FR", "JP", "BR", "AU")
    """Merchant countries, the most likely one first."""
    presences: Sequence[str] = ("not_present", "present")
    """Values of the card's presence at the merchant."""

    def of(self, name: str) -> Sequence[str]:
        """Return the values for a list: `categories`, `merchant_countries` or `card_presences`."""
        return {
            "categories": self.categories,
            "merchant_countries": self.countries,
            "card_presences": self.presences,
        }[name]


def declared_facts(card: Address, declared: Mapping[Address, Declared], balance: int | None = None) -> Facts:
    """Return the facts that decide a card's purchases right after the configuration has been applied."""
    fields = declared[card].fields
    reference = fields.get("cardholder")
    holder = declared[reference.address].fields if isinstance(reference, Ref) else {}
    return Facts(
        fields,
        holder,
        available=balance,
        disabled=owes(holder, str(fields["currency"])),
        hidden=hides(card, declared),
    )


def hides(card: Address, declared: Mapping[Address, Declared]) -> bool:
    """
    Return whether controls of the card or its cardholder contain values from the environment or from
    files.
    """
    reference = declared[card].fields.get("cardholder")
    sides = [declared[card], *([declared[reference.address]] if isinstance(reference, Ref) else [])]
    return any(path.startswith("spending_controls") for side in sides for path in side.sensitive)


def boundaries(declared: Mapping[Address, Declared], choices: Choices, section: str) -> Iterator[Scenario]:
    """
    Yield the scenarios of all cards of a section whose controls may be shown, sorted by address.

    The expected outcome follows from how each purchase is constructed, not from the simulator. A limit that
    cannot be reached, because a tighter one comes first, gets no scenario.
    """
    for address in sorted(declared):
        if address.section == section and not hides(address, declared):
            yield from _of_card(address, declared_facts(address, declared), choices)


def allowed_purchase(facts: Facts, choices: Choices) -> Purchase | None:
    """
    Return a small purchase that no list of the card or its cardholder blocks; None if the lists block
    all.
    """
    return _plain(_allowed_values(facts, choices))


def _allowed_values(facts: Facts, choices: Choices) -> dict[str, list[str]]:
    """Return for each list the values that neither the card nor its cardholder blocks."""
    sides = [fields.get("spending_controls", {}) for fields in (facts.card, facts.holder)]
    allowed = {}
    for name, attribute, _ in LISTS:
        listed = [value for side in sides for value in side.get(f"allowed_{name}", ())]
        rules = [rule for side in sides for rule in list_rules("", side) if rule.name == name]
        allowed[name] = [
            value
            for value in dict.fromkeys([*listed, *choices.of(name)])
            if not any(rule.bars(replace(ANY, **_with(attribute, value))) for rule in rules)
        ]
    return allowed


def _of_card(card: Address, facts: Facts, choices: Choices) -> Iterator[Scenario]:
    allowed = _allowed_values(facts, choices)
    plain = _plain(allowed)
    if plain is None:
        some = Purchase(SMALL, choices.categories[0])
        yield _scenario(card, facts, "its lists allow no purchase", some, approved=False)
        return
    if reason := _stands_still(facts):
        yield _scenario(card, facts, "no purchase at all", plain, approved=False, reason=reason)
        return
    if room(plain, facts) >= SMALL:
        yield _scenario(card, facts, "an allowed purchase", plain, approved=True)
    for name, attribute, word in LISTS:
        sides = [fields.get("spending_controls", {}) for fields in (facts.card, facts.holder)]
        named = [value for side in sides for value in side.get(f"blocked_{name}", ())]
        # a value that the lists block, preferably one that a list names
        for value in [value for value in (*named, *choices.of(name)) if value not in allowed[name]][:1]:
            barred = replace(plain, **_with(attribute, value))
            yield _scenario(card, facts, f"blocked {word} {value}", barred, approved=False, reason=CONTROLS)
    yield from _at_limits(card, facts, plain, allowed["categories"])
    least, last = replace(plain, amount=1), payments_left(facts)
    # the card cancels itself after this number of payments
    if last is not None and last <= min(MOST_PURCHASES, room(least, facts)):
        before, words = [least] * last, f"after {last} payments"
        yield _scenario(card, facts, words, least, before, approved=False, reason="card_canceled")


def _plain(allowed: Mapping[str, Sequence[str]]) -> Purchase | None:
    if not all(allowed.values()):
        return None
    category, country, presence = (allowed[name][0] for name, _, _ in LISTS)
    country = "US" if "US" in allowed["merchant_countries"] else country
    return Purchase(SMALL, category, country, METHOD_OF[presence])


def _with(attribute: str, value: str) -> dict[str, Any]:
    return {"method": METHOD_OF[value]} if attribute == "presence" else {attribute: value}


def _stands_still(facts: Facts) -> str:
    """Return why the card declines every purchase; empty if it does not."""
    if facts.card.get("status", "inactive") != "active":
        return "card_inactive"
    if facts.holder.get("status", "active") != "active":
        return "cardholder_inactive"
    return "cardholder_verification_required" if facts.disabled else ""


def _at_limits(card: Address, facts: Facts, plain: Purchase, categories: Sequence[str]) -> Iterator[Scenario]:
    currency = str(facts.card["currency"])
    bounds = [(f"{one.whose}'s {one.words(currency)}", one) for one in rules_of(facts).limits]
    most = Limit(LARGEST_PURCHASE, PER_AUTHORIZATION)
    for bound, limit in [*bounds, (f"{most.words(currency)} that Stripe allows", most)]:
        fitting = [name for name in categories if limit.counts(name)]
        purchase = replace(
            plain, category=plain.category if limit.counts(plain.category) else next(iter(fitting), "")
        )
        steps = _fill(facts, purchase, limit) if purchase.category else None
        if steps is None:
            continue
        words = f"{bound} for {purchase.category}" if limit.categories else bound
        *before, last = steps or [replace(purchase, amount=0)]
        if steps:
            yield _scenario(card, facts, f"at the {words}", last, before, approved=True)
        over = replace(last, amount=last.amount + 1)
        more = show_money(1, currency)
        yield _scenario(
            card, facts, f"{more} over the {words}", over, before, approved=False, reason=CONTROLS
        )


def _fill(facts: Facts, purchase: Purchase, limit: Limit) -> list[Purchase] | None:
    """
    Return the fewest purchases, on the fewest days, that use up a limit; None if other limits prevent
    it.
    """
    wanted, made, at = limit.amount, list[Purchase](), START
    most = min(MOST_PURCHASES, payments_left(facts) or MOST_PURCHASES)
    if limit.interval == PER_AUTHORIZATION:
        whole = replace(purchase, amount=wanted)
        return None if room(whole, facts) < wanted else [whole] if wanted else []
    while (left := wanted - spent(limit, here := replace(purchase, at=at), made)) > 0:
        step = replace(here, amount=min(left, room(here, facts)))
        if step.amount:
            made.append(step)
            facts = spend(step, facts)
        else:
            at += DAY
        if sum(one.amount for one in made) > wanted or len(made) > most or at > LAST:
            return None
    if at == START:
        return [replace(one, at=None) for one in made]
    return made


def _scenario(
    card: Address,
    facts: Facts,
    words: str,
    purchase: Purchase,
    before: Sequence[Purchase] = (),
    *,
    approved: bool,
    reason: str = "",
) -> Scenario:
    currency = str(facts.card["currency"])
    return Scenario(f"{card.name}: {words}", card, purchase, approved, reason, currency, tuple(before))
