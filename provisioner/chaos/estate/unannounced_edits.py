"""Random edits of webhook endpoints and personalization designs."""

import random
from typing import Any

from provisioner.chaos.estate.trouble import likely

Json = dict[str, Any]
Blocks = dict[str, Json]

NAMES = "xy"
EVENTS = ("issuing_card.updated", "issuing_card.created", "issuing_authorization.created")
VERSIONS = ("2026-10-28.endive", "2026-09-30.dahlia")
BUNDLE = "ics_SandboxStandardBlack"  # every sandbox has it


def edit_endpoint(blocks: Blocks, cards: Blocks, rng: random.Random) -> str:
    """Add, change or remove a webhook endpoint; return its address and a description of the edit."""
    del cards  # no card names an endpoint
    name = rng.choice(NAMES)
    block = blocks.setdefault(name, {"url": f"https://hooks.example.com/{name}", **_drawn_events(rng)})
    match rng.choice(("events", "description", "disabled", "api_version", "on_remove", "gone")):
        case "events":
            block |= _drawn_events(rng)
        case "description":
            block["description"] = rng.choice(("Ledger", "Disputes"))
        case "disabled":
            block["disabled"] = not block.get("disabled", False)
        case "api_version":
            block["api_version"] = rng.choice(VERSIONS)
        case "on_remove":
            block["lifecycle"] = {"on_remove": rng.choice(("deactivate", "cancel", "keep"))}
        case _:
            del blocks[name]
    return f"webhook_endpoints.{name}: {blocks.get(name, 'removed')}"


def edit_design(blocks: Blocks, cards: Blocks, rng: random.Random) -> str:
    """Add, change or remove a design, or use it for physical cards; return its address and a description."""
    name = rng.choice(NAMES)
    block = blocks.setdefault(name, {"name": f"Design {name}", "physical_bundle": BUNDLE})
    match rng.choice(("name", "text", "key", "default", "cards", "cards", "gone")):
        case "name":
            block["name"] = rng.choice(("Winter", "Summer"))
        case "text":
            block["carrier_text"] = {"header_title": rng.choice(("Welcome", "Hello"))}
        case "key":
            block["lookup_key"] = f"key-{name}"
        case "default" if name == NAMES[0]:  # only one design can be the default
            block["preferences"] = {"is_default": rng.choice((True, False))}
        case "gone":
            del blocks[name]
            for card in cards.values():
                if card.get("personalization_design") == name:
                    del card["personalization_design"]
        case _:
            for card in cards.values():
                if card["type"] == "physical" and likely(rng, 0.5):
                    card["personalization_design"] = name
    return f"personalization_designs.{name}: {blocks.get(name, 'removed')}"


def _drawn_events(rng: random.Random) -> Json:
    return {"enabled_events": rng.sample(EVENTS, rng.randint(1, 2))}
