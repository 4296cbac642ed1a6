"""
Compares the configuration with the objects in Stripe, without using any code of the planner.

It supports the fields that `edits` writes, in the form in which it writes them.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from msgspec import Struct

Json = Mapping[str, Any]
Objects = Mapping[str, Json]

PROJECT = "estate"
LISTS = ("categories", "merchant_countries", "card_presences")
ADDED = {(50_000, "daily", frozenset[str]())}  # the limit that Stripe adds to a card without one
OF_PROJECT, OF_ADDRESS = "provisioner_project", "provisioner_address"
GENERATION, LIFECYCLE = "provisioner_generation", "provisioner_lifecycle"
PLAIN = {
    "cards": ("type", "currency", "second_line", "status"),
    "cardholders": ("name", "type", "email", "status"),
}
OF_KIND = {"cards": "issuing.card", "cardholders": "issuing.cardholder"}


class Declaration(Struct, frozen=True):
    """A parsed configuration."""

    cards: Mapping[str, Json]
    """The blocks of cards by name."""
    cardholders: Mapping[str, Json]
    """The blocks of cardholders by name."""
    targets: Mapping[str, Json]
    """The blocks of balance targets by currency."""
    endpoints: Mapping[str, Json]
    """The blocks of webhook endpoints by name."""
    designs: Mapping[str, Json]
    """The blocks of personalization designs by name."""
    in_part: bool = False
    """True if only a part of it is applied."""

    def blocks(self) -> Iterator[tuple[str, Json]]:
        """Yield the address and the block of every cardholder and card."""
        for section, blocks in (("cardholders", self.cardholders), ("cards", self.cards)):
            yield from ((f"{section}.{name}", block) for name, block in blocks.items())


def read(text: str, *, in_part: bool = False) -> Declaration:
    """Parse a configuration."""
    document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    sections = ("cards", "cardholders", "balance_targets", "webhook_endpoints", "personalization_designs")
    cards, holders, targets, endpoints, designs = (document.get(section) or {} for section in sections)
    return Declaration(cards, holders, targets, endpoints, designs, in_part)


def is_ours(item: Json) -> bool:
    """Return True if an object has the ownership metadata of the project."""
    return (item.get("metadata") or {}).get(OF_PROJECT) == PROJECT


def address_of(item: Json) -> str:
    """Return the address of an object of the project; empty for others."""
    return str(item["metadata"].get(OF_ADDRESS, "")) if is_ours(item) else ""


def standing(objects: Objects, address: str) -> list[Json]:
    """Return the objects at an address that are not canceled, newest generation first."""
    kind = OF_KIND[address.partition(".")[0]]
    found = [
        item
        for item in objects.values()
        if item["object"] == kind and item["status"] != "canceled" and address_of(item) == address
    ]
    return sorted(found, key=lambda item: -int(item["metadata"].get(GENERATION) or 1))


def differences(wanted: Declaration, address: str, block: Json, item: Json, objects: Objects) -> list[str]:
    """Return the fields of an object that differ from its block in the configuration."""
    section = address.partition(".")[0]
    found = [name for name in PLAIN[section] if name in block and block[name] != item[name]]
    if section == "cards":
        name = block["cardholder"]
        names = (name, *(wanted.cardholders[name].get("lifecycle") or {}).get("previously", ()))
        holders = (standing(objects, f"cardholders.{each}")[:1] for each in names)
        if item["cardholder"]["id"] not in [holder["id"] for found in holders for holder in found]:
            found.append("cardholder")
        reissue = (block.get("lifecycle") or {}).get("reissue", {}).get("number", 0)
        if reissue > int(told(item).get("reissued") or 0):
            found.append("reissue")
    else:
        said = {name: value for name, value in item["billing"]["address"].items() if value is not None}
        found += ["billing"] if block["billing"]["address"] != said else []
    controls = block.get("spending_controls")
    if controls is not None and _plain(controls) != _plain(item["spending_controls"]):
        found.append("spending_controls")
    if any(item["metadata"].get(key) != value for key, value in block.get("metadata", {}).items()):
        found.append("metadata")
    ignored = (block.get("lifecycle") or {}).get("ignore", ())
    return [name for name in found if name not in ignored]


def _plain(controls: Mapping[str, Any]) -> Any:
    """Normalize controls: lists become sets; empty ones and the limit that Stripe adds are left out."""
    lists = {
        f"{way}_{what}": controls.get(f"{way}_{what}") for way in ("allowed", "blocked") for what in LISTS
    }
    limits = {
        (row["amount"], row["interval"], frozenset(row.get("categories") or ()))
        for row in controls.get("spending_limits") or ()
    }
    return {name: frozenset(value) for name, value in lists.items() if value}, limits - ADDED


def told(item: Json) -> dict[str, str]:
    """Return the lifecycle metadata of an object: `protect`, `on_remove`, `reissued`."""
    words = str(item["metadata"].get(LIFECYCLE, "")).split()
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def unfinished(wanted: Declaration, objects: Objects) -> Iterator[str]:
    """Describe what differs from the configuration after a completed apply."""
    for address, block in wanted.blocks():
        found = standing(objects, address)
        if not found:
            yield f"{address} is in the configuration, but not in Stripe"
            continue
        if address.startswith("cards.") and len(found) > 1:
            yield f"{address} exists {len(found)} times"
        for name in differences(wanted, address, block, found[0], objects):
            yield f"{address} {found[0]['id']}: {name} differs from the configuration"
        lifecycle, said = block.get("lifecycle") or {}, told(found[0])
        expected = (bool(lifecycle.get("protect")), lifecycle.get("on_remove", "deactivate"))
        if expected != ("protect" in said, said.get("on_remove", "deactivate")):
            yield f"{address} {found[0]['id']}: its lifecycle metadata is {said}"
        for older in found[1:]:
            if older["status"] == "active":
                yield f"{address}: {older['id']} was replaced, but is active"
    yield from _left(wanted, objects)


def _left(wanted: Declaration, objects: Objects) -> Iterator[str]:
    """Describe objects that are no longer in the configuration, but not deactivated or canceled."""
    declared = {address for address, _ in wanted.blocks()}
    for item in objects.values():
        if item["object"] not in OF_KIND.values() or not is_ours(item) or address_of(item) in declared:
            continue
        end = told(item).get("on_remove", "deactivate")
        ended = (
            ("canceled",)
            if end == "cancel" and item["object"] == "issuing.card"
            else ("inactive", "canceled")
        )
        if end != "keep" and item["status"] not in ended:
            yield f"{address_of(item)} {item['id']} was removed from the YAML, but is {item['status']}"
