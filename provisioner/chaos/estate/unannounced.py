"""
Webhook endpoints and personalization designs in random histories.

Stripe has no events about endpoints, and none about new designs. So both are read from their lists, not from
the events that are used to check the rest of a history.
"""

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.chaos.embedded import Embedded, Said
from provisioner.chaos.estate.reading import GENERATION, Declaration, address_of, is_ours, told
from provisioner.chaos.estate.trouble import likely

Json = dict[str, Any]

ENDPOINTS, DESIGNS = "/v1/webhook_endpoints", "/v1/issuing/personalization_designs"


def by_hand(sandbox: Embedded, _objects: object, rng: random.Random) -> tuple[str, list[Said]]:
    """Change, delete or add an endpoint, or rename a design."""
    endpoints, designs = (list(sandbox.list(path)) for path in (ENDPOINTS, DESIGNS))
    if designs and likely(rng, 0.3):
        design = rng.choice(designs)
        said = sandbox.write(f"{DESIGNS}/{design['id']}", {"name": "By hand"})
        return f"design {design['id']} renamed", [said]
    if not endpoints or likely(rng, 0.2):
        new = {"url": "https://stranger.example.com", "enabled_events": ["*"]}
        return "new endpoint without ownership metadata", [sandbox.write(ENDPOINTS, new)]
    path = f"{ENDPOINTS}/{rng.choice(endpoints)['id']}"
    if likely(rng, 0.2):
        return f"{path} deleted", [sandbox.ask("DELETE", path)]
    changes: tuple[Json, ...] = ({"disabled": "true"}, {"enabled_events": ["*"]}, {"description": "By hand"})
    params = rng.choice(changes)
    return f"{path} set to {params}", [sandbox.write(path, params)]


def unfinished(wanted: Declaration, sandbox: Embedded) -> Iterator[str]:
    """Describe endpoints and designs that differ from the configuration after a completed apply."""
    endpoints = _by_address(sandbox, ENDPOINTS)
    yield from _differing("webhook_endpoints", wanted.endpoints, endpoints, _endpoint)
    for address, found in endpoints.items():
        if len(found) > 1:
            yield f"{address} exists {len(found)} times"
        end = told(found[0]).get("on_remove", "deactivate")
        is_gone = address.partition(".")[2] not in wanted.endpoints
        if is_gone and (end == "cancel" or (end == "deactivate" and found[0]["status"] != "disabled")):
            yield f"{address} was removed from the YAML, but is {found[0]['status']}"
    designs = _by_address(sandbox, DESIGNS)
    yield from _differing("personalization_designs", wanted.designs, designs, _design)
    cards = _by_address(sandbox, "/v1/issuing/cards")
    for name, block in wanted.cards.items():
        if (design := block.get("personalization_design")) and "personalization_design" not in ignored(block):
            named = designs.get(f"personalization_designs.{design}", [{}])[0].get("id")
            if (has := cards[f"cards.{name}"][0]["personalization_design"]) != named:
                yield f"cards.{name} has the design {has}, and {design} is {named}"


def ignored(block: Mapping[str, Any]) -> list[str]:
    """Return the fields of a block that are never compared."""
    return [*(block.get("lifecycle") or {}).get("ignore", ())]


def _by_address(sandbox: Embedded, path: str) -> dict[str, list[Json]]:
    """Return the project's objects in a list by address, newest generation first."""
    found: dict[str, list[Json]] = {}
    for item in sandbox.list(path):
        if is_ours(item) and item.get("status") != "canceled":
            found.setdefault(address_of(item), []).append(item)
    for items in found.values():
        items.sort(key=lambda item: -int(item["metadata"].get(GENERATION) or 1))
    return found


def _differing(
    section: str,
    blocks: Mapping[str, Mapping[str, Any]],
    found: Mapping[str, list[Json]],
    as_block: Callable[[Json], Json],
) -> Iterator[str]:
    for name, block in blocks.items():
        address = f"{section}.{name}"
        if address not in found:
            yield f"{address} is in the configuration, but not in Stripe"
            continue
        there = as_block(found[address][0])
        for field, value in block.items():
            if field in there and there[field] != (sorted(value) if isinstance(value, list) else value):
                yield f"{address} {found[address][0]['id']}: {field} is {there[field]}, not {value}"


def _endpoint(item: Json) -> Json:
    as_is = {name: item[name] for name in ("url", "description", "api_version")}
    return {
        **as_is,
        "enabled_events": sorted(item["enabled_events"]),
        "disabled": item["status"] == "disabled",
    }


def _design(item: Json) -> Json:
    text = item["carrier_text"] or {}
    return {
        **{name: item[name] for name in ("name", "physical_bundle", "lookup_key")},
        "carrier_text": {name: value for name, value in text.items() if value},
        "preferences": {"is_default": item["preferences"]["is_default"]},
    }
