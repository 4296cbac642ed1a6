"""Random configurations, and random edits of them; each edit is described in one line."""

import copy
import random
from collections.abc import Callable, Mapping
from typing import Any

import yaml
from msgspec import Struct, field

from provisioner.chaos.estate.reading import PROJECT
from provisioner.chaos.estate.trouble import likely
from provisioner.chaos.estate.unannounced_edits import edit_design, edit_endpoint

CATEGORIES = ("advertising_services", "taxicabs_limousines", "hotels_motels_and_resorts")
COUNTRIES = ("US", "FR")
AMOUNTS = (0, 1000, 5000, 90_000)
INTERVALS = ("per_authorization", "daily", "weekly", "monthly", "all_time")
ENDS = ("deactivate", "deactivate", "cancel", "keep")
REASONS = ("lost", "stolen", "expired")
NAMES = "abcde"
HOLDERS = ("one", "two", "three")
TARGETS = (20_000, 50_000, 120_000)
# cumulative shares of the edits
A_NEW_CARD, OF_A_CARD, OF_A_HOLDER, OF_AN_ENDPOINT, OF_A_DESIGN = 0.12, 0.65, 0.81, 0.88, 0.95

ADDRESS = {
    "line1": "123 Main Street",
    "city": "San Francisco",
    "state": "CA",
    "postal_code": "94111",
    "country": "US",
}
SHIPPING = {"name": "Acme Inc", "address": ADDRESS}
TERMS = {"date": 1_700_000_000, "ip": "203.0.113.7"}
PERSON = {"first_name": "Jenny", "last_name": "Rosen", "card_issuing": {"user_terms_acceptance": TERMS}}

Json = dict[str, Any]

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class Yaml(Struct):
    """A configuration that can be edited."""

    holders: dict[str, Json] = field(default_factory=dict)
    """The blocks of cardholders by name."""
    cards: dict[str, Json] = field(default_factory=dict)
    """The blocks of cards by name."""
    targets: dict[str, Json] = field(default_factory=dict)
    """The blocks of balance targets by currency."""
    endpoints: dict[str, Json] = field(default_factory=dict)
    """The blocks of webhook endpoints by name."""
    designs: dict[str, Json] = field(default_factory=dict)
    """The blocks of personalization designs by name."""

    def text(self) -> str:
        """Return the configuration as YAML."""
        sections = {
            "cardholders": self.holders,
            "cards": self.cards,
            "balance_targets": self.targets,
            "webhook_endpoints": self.endpoints,
            "personalization_designs": self.designs,
        }
        document = {"version": 1, "project": PROJECT, **{k: v for k, v in sections.items() if v}}
        return yaml.dump(copy.deepcopy(document), Dumper=_Dumper, sort_keys=False)


def begin(rng: random.Random) -> Yaml:
    """Return a small configuration."""
    there = Yaml()
    for name in HOLDERS[:2]:
        there.holders[name] = _holder(rng)
    for name in NAMES[:2]:
        add_card(there, name, rng)
    there.targets["usd"] = {"target": rng.choice(TARGETS)}
    edit_endpoint(there.endpoints, there.cards, rng)
    edit_design(there.designs, there.cards, rng)
    return there


def edit(there: Yaml, rng: random.Random) -> str:
    """Make a random edit and return its description."""
    way = rng.random()
    if not there.cards or way < A_NEW_CARD:
        name = rng.choice(NAMES)
        if name not in there.cards:
            add_card(there, name, rng)
            return f"cards.{name} added: {there.cards[name]}"
    if there.cards and way < OF_A_CARD:
        name = rng.choice(sorted(there.cards))
        change = rng.choice(TO_A_CARD)
        change(there, name, rng)
        return f"cards.{name}: {_label(change)}: {there.cards.get(name)}"
    if way < OF_A_HOLDER:
        name = rng.choice(sorted(there.holders))
        change = rng.choice(TO_A_HOLDER)
        change(there, name, rng)
        return f"cardholders.{name}: {_label(change)}: {there.holders.get(name)}"
    if way < OF_A_DESIGN:
        of_an_endpoint = way < OF_AN_ENDPOINT
        blocks = there.endpoints if of_an_endpoint else there.designs
        return (edit_endpoint if of_an_endpoint else edit_design)(blocks, there.cards, rng)
    there.targets = {}
    if likely(rng, 0.9):
        wanted = there.targets["usd"] = {"target": rng.choice(TARGETS)}
        if likely(rng, 0.3):
            wanted["top_up_below"] = wanted["target"] // 2
        if likely(rng, 0.2):
            wanted["max_top_up"] = rng.choice((15_000, 40_000))
        if likely(rng, 0.2):
            wanted["min_top_up"] = rng.choice((500, 8000))
    return f"balance_targets: {there.targets}"


def controls(rng: random.Random) -> Json:
    """Draw spending controls, sometimes none."""
    drawn: Json = {}
    if likely(rng, 0.75):
        intervals = rng.sample(INTERVALS, rng.randint(1, 2))
        rows: list[Json] = [{"amount": rng.choice(AMOUNTS), "interval": each} for each in intervals]
        if likely(rng, 0.25):
            rows[0]["categories"] = rng.sample(CATEGORIES, rng.randint(1, 2))
        drawn["spending_limits"] = rows
    for what, drawn_from, share in (("categories", CATEGORIES, 0.4), ("merchant_countries", COUNTRIES, 0.2)):
        if likely(rng, share):
            # the first one is always allowed and never blocked: Stripe offers no safe change between two
            # lists that have nothing in common
            some = rng.sample(drawn_from[1:], rng.randint(1, len(drawn_from) - 1))
            way = rng.choice(("allowed", "blocked"))
            drawn[f"{way}_{what}"] = [drawn_from[0], *some] if way == "allowed" else some
    return drawn


def add_card(there: Yaml, name: str, rng: random.Random) -> None:
    """Add a card."""
    card: Json = {
        "cardholder": rng.choice(sorted(there.holders)),
        "type": "virtual",
        "currency": "usd",
        "status": rng.choice(("active", "active", "active", "inactive")),
        "lifecycle": {"on_remove": rng.choice(ENDS)},
    }
    if likely(rng, 0.15):
        card |= {"type": "physical", "shipping": SHIPPING}
    if likely(rng, 0.92) and (drawn := controls(rng)):
        card["spending_controls"] = drawn
    _name(there, name, card)


def _name(there: Yaml, name: str, card: Json) -> None:
    """Store a card under a name, and remove that name from the `previously` of other cards."""
    there.cards[name] = card
    for other in there.cards.values():
        before = other["lifecycle"].get("previously", [])
        if name in before:
            before.remove(name)


def limit(there: Yaml, name: str, rng: random.Random) -> None:
    """Change the spending controls of a card."""
    _set(there.cards[name], "spending_controls", controls(rng))


def switch(there: Yaml, name: str, _rng: random.Random) -> None:
    """Switch between active and inactive."""
    card = there.cards[name]
    card["status"] = "inactive" if card.get("status") == "active" else "active"


def remove_status(there: Yaml, name: str, _rng: random.Random) -> None:
    """Remove the status from the configuration."""
    there.cards[name].pop("status", None)


def hand_over(there: Yaml, name: str, rng: random.Random) -> None:
    """Change the cardholder, which forces replacement of the card."""
    there.cards[name]["cardholder"] = rng.choice(sorted(there.holders))


def change_second_line(there: Yaml, name: str, rng: random.Random) -> None:
    """Change the second line, which forces replacement of the card."""
    there.cards[name]["second_line"] = rng.choice("XYZ")


def change_type(there: Yaml, name: str, _rng: random.Random) -> None:
    """Switch between virtual and physical."""
    card = there.cards[name]
    if card["type"] == "physical":
        card["type"] = "virtual"
        card.pop("shipping", None)
        card.pop("personalization_design", None)
    else:
        card |= {"type": "physical", "shipping": SHIPPING}


def change_currency(there: Yaml, name: str, _rng: random.Random) -> None:
    """Switch between the account's currency and one that it does not issue in."""
    card = there.cards[name]
    card["currency"] = "eur" if card["currency"] == "usd" else "usd"


def note(there: Yaml, name: str, rng: random.Random) -> None:
    """Change the user's metadata."""
    there.cards[name]["metadata"] = {"team": rng.choice(("red", "blue"))}


def reissue(there: Yaml, name: str, rng: random.Random) -> None:
    """Reissue a card."""
    lifecycle = there.cards[name]["lifecycle"]
    number = lifecycle.get("reissue", {}).get("number", 0) + 1
    lifecycle["reissue"] = {"number": number, "reason": rng.choice(REASONS)}


def rename(there: Yaml, name: str, rng: random.Random) -> None:
    """Rename a card to a free or a used name; a new card may get the old name."""
    new = rng.choice([other for other in NAMES if other != name])
    moved = there.cards.pop(name)
    before = dict.fromkeys((name, *moved["lifecycle"].get("previously", ())))
    moved["lifecycle"]["previously"] = list(before)
    _name(there, new, moved)
    if likely(rng, 0.4):
        add_card(there, name, rng)


def remove(there: Yaml, name: str, _rng: random.Random) -> None:
    """Remove a card."""
    del there.cards[name]


def end_otherwise(there: Yaml, name: str, rng: random.Random) -> None:
    """Change `on_remove`."""
    there.cards[name]["lifecycle"]["on_remove"] = rng.choice(ENDS)


def protect(there: Yaml, name: str, _rng: random.Random) -> None:
    """Switch `protect`."""
    lifecycle = there.cards[name]["lifecycle"]
    lifecycle["protect"] = not lifecycle.get("protect", False)


def ignore(there: Yaml, name: str, rng: random.Random) -> None:
    """Ignore a field, or stop ignoring it."""
    lifecycle = there.cards[name]["lifecycle"]
    if not lifecycle.pop("ignore", None):
        lifecycle["ignore"] = [rng.choice(("status", "spending_controls", "metadata"))]


def limit_holder(there: Yaml, name: str, rng: random.Random) -> None:
    """Change the spending controls of a cardholder."""
    _set(there.holders[name], "spending_controls", controls(rng))


def switch_holder(there: Yaml, name: str, _rng: random.Random) -> None:
    """Switch between active and inactive."""
    holder = there.holders[name]
    holder["status"] = "inactive" if holder.get("status", "active") == "active" else "active"


def rename_holder(there: Yaml, name: str, _rng: random.Random) -> None:
    """Rename a cardholder in the configuration."""
    free = [each for each in HOLDERS if each not in there.holders]
    if free:
        there.holders[free[0]] = {**there.holders.pop(name), "lifecycle": {"previously": [name]}}
        for card in there.cards.values():
            card["cardholder"] = free[0] if card["cardholder"] == name else card["cardholder"]


def name_holder(there: Yaml, name: str, rng: random.Random) -> None:
    """Change the name, which forces replacement of the cardholder and its cards."""
    there.holders[name]["name"] = rng.choice(("Acme Inc", "Bolt Ltd", "Cool Co"))


def write_to_holder(there: Yaml, name: str, rng: random.Random) -> None:
    """Change the e-mail address."""
    there.holders[name]["email"] = f"{rng.choice('xyz')}@example.com"


def change_holder(there: Yaml, name: str, rng: random.Random) -> None:
    """Switch between a person and a company, which forces replacement of the cardholder."""
    kept = {k: v for k, v in there.holders[name].items() if k not in ("type", "individual")}
    there.holders[name] = {**kept, **_who(rng)}


def remove_holder(there: Yaml, name: str, rng: random.Random) -> None:
    """Remove a cardholder; its cards are removed or moved to another cardholder."""
    others = [each for each in there.holders if each != name]
    if others:
        del there.holders[name]
        for card_name in [n for n, card in there.cards.items() if card["cardholder"] == name]:
            if likely(rng, 0.5):
                del there.cards[card_name]
            else:
                there.cards[card_name]["cardholder"] = others[0]


def add_holder(there: Yaml, _name: str, rng: random.Random) -> None:
    """Add a cardholder."""
    if free := [each for each in HOLDERS if each not in there.holders]:
        there.holders[free[0]] = _holder(rng)


Edit = Callable[[Yaml, str, random.Random], None]


def _label(change: Edit) -> str:
    return change.__name__.replace("_", " ")


_SELDOM: tuple[Edit, ...] = (
    remove_status,
    change_second_line,
    change_type,
    note,
    end_otherwise,
    protect,
    ignore,
)
_OFTEN: tuple[Edit, ...] = (limit, switch, reissue, rename, hand_over, remove)
TO_A_CARD: tuple[Edit, ...] = (*_SELDOM, *_OFTEN, *_OFTEN, limit, change_currency)
TO_A_HOLDER: tuple[Edit, ...] = (
    *(limit_holder, limit_holder, limit_holder, switch_holder, switch_holder),
    *(rename_holder, name_holder, write_to_holder, change_holder, remove_holder, add_holder),
)


def sound(there: Yaml) -> Yaml:
    """Return the configuration without values that Stripe always rejects."""
    cards = {name: {**card, "currency": "usd"} for name, card in there.cards.items()}
    holders = {
        name: {**holder, "individual": PERSON} if holder["type"] == "individual" else holder
        for name, holder in there.holders.items()
    }
    return copy.deepcopy(Yaml(holders, cards, there.targets, there.endpoints, there.designs))


def _holder(rng: random.Random) -> Json:
    holder: Json = {"name": "Acme Inc", "billing": {"address": ADDRESS}, **_who(rng)}
    if likely(rng, 0.4) and (drawn := controls(rng)):
        holder["spending_controls"] = drawn
    return holder


def _who(rng: random.Random) -> Json:
    if likely(rng, 0.7):
        return {"type": "company"}
    return {"type": "individual"} | ({"individual": PERSON} if likely(rng, 0.6) else {})


def _set(block: Json, name: str, value: Mapping[str, Any]) -> None:
    if value:
        block[name] = dict(value)
    else:
        block.pop(name, None)
