"""An estate of N objects: the YAML that declares it, and what Stripe's API answers for it."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.config.load import load_config
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.plan.plan import make_plan
from provisioner.kinds import KINDS

HEAD = """version: 1
project: bench
mode: test
profiles:
  ads-card:
    type: virtual
    currency: usd
    status: active
    spending_controls:
      allowed_categories: [advertising_services]
      spending_limits: [{amount: "2,000.00 USD", interval: monthly}]
  travel-card:
    type: virtual
    currency: usd
    status: active
    spending_controls:
      blocked_merchant_countries: [KP, IR]
      spending_limits:
        - {amount: "4,000.00 USD", interval: monthly}
        - {amount: "1,200.00 USD", interval: weekly, categories: [hotels_motels_and_resorts]}
"""
PHYSICAL = """type: physical
    shipping:
      name: Ada Acme
      address: {line1: 1 Townsend St, city: San Francisco, state: CA, postal_code: "94103", country: US}"""
HOLDER = """  holder-{n:06}:
    type: individual
    name: Ada {letters}
    email: holder-{n:06}@acme.example
    phone_number: "+1415555{tail:04}"
    billing:
      address: {{line1: {n} Townsend St, city: San Francisco, state: CA, postal_code: "94103", country: US}}
    individual:
      first_name: Ada
      last_name: {letters}
"""
CARD = """  card-{n:06}:
    use: {profile}
    cardholder: holder-{holder:06}
    metadata: {{cost_centre: cc-{centre}}}
"""
CARD_OF_ITS_OWN = """  card-{n:06}:
    use: ads-card
    cardholder: holder-{holder:06}
    spending_controls:
      allowed_categories: [computer_software_stores, digital_goods_applications]
      spending_limits: [{{amount: "{limit}.00 USD", interval: monthly}}]
"""
A_FILE = 1000
FIRST, SPAN = 1_720_000_000, 2 * 365 * 86_400
BURST = 0.4  # of the objects came in one go, as fast as test mode lets them in


@dataclass(frozen=True, slots=True)
class Estate:
    """The folder of an estate's YAML, and the file that holds its objects: a line each, newest first."""

    config: Path
    objects: Path


def write(folder: Path, holders: int, cards: int, *, physical: bool = False) -> Estate:
    """Write an estate into a folder, unless it is there already; its cards are virtual, or `physical`."""
    estate = Estate(folder / "config", folder / "objects.jsonl")
    if not (folder / "done").exists():
        estate.config.mkdir(parents=True, exist_ok=True)
        (estate.config / "provisioner.yaml").write_text(
            HEAD.replace("type: virtual", PHYSICAL) if physical else HEAD
        )
        _write_files(estate.config, "cardholders", [_holder(n) for n in range(holders)])
        _write_files(estate.config, "cards", [_card(n, max(holders, 1)) for n in range(cards)])
        with estate.objects.open("w") as file:
            file.writelines(
                json.dumps(each, separators=(",", ":")) + "\n" for each in _objects(estate.config)
            )
        (folder / "done").touch()
    return estate


def _write_files(config: Path, section: str, blocks: Sequence[str]) -> None:
    for begin in range(0, len(blocks), A_FILE):
        text = f"{section}:\n" + "".join(blocks[begin : begin + A_FILE])
        (config / f"{section}-{begin // A_FILE:03}.yaml").write_text(text)


def _holder(n: int) -> str:
    letters = "".join(chr(ord("A") + int(digit)) for digit in f"{n:06}").capitalize()
    return HOLDER.format(n=n, letters=letters, tail=n % 10_000)


def _card(n: int, holders: int) -> str:
    if n % 5 == 0:
        return CARD_OF_ITS_OWN.format(n=n, holder=n % holders, limit=100 + n % 900)
    profile = "travel-card" if n % 3 else "ads-card"
    return CARD.format(n=n, holder=n % holders, profile=profile, centre=n % 40)


def _objects(config: Path) -> Iterator[dict[str, Any]]:
    """Every object as Stripe shows it once the configuration has been applied, newest first by kind."""
    plan = make_plan(KINDS, load_config(config, KINDS), Snapshot({}, {}, {}))
    chance = random.Random(6)  # noqa: S311 - the same estate in every run
    holders: dict[Any, dict[str, Any]] = {}
    made: dict[str, list[dict[str, Any]]] = {"issuing.cardholders": [], "issuing.cards": []}
    for number, step in enumerate(plan.steps):
        call = step.call
        if call.verb != "create":
            continue
        if call.service == "issuing.cardholders":
            shown = holders[step.address] = cardholder(number, call.params)
        else:
            shown = card(number, call.params, holders[call.params["cardholder"].address])
        made[call.service].append(shown)
    for found in made.values():
        for each, created in zip(found, _times(len(found), chance), strict=True):
            each["created"] = created
        yield from reversed(found)


def _times(count: int, chance: random.Random) -> list[int]:
    burst = [FIRST + SPAN // 3 + n // 25 for n in range(int(count * BURST))]
    return sorted([*burst, *(FIRST + chance.randrange(SPAN) for _ in range(count - len(burst)))])


def cardholder(number: int, params: dict[str, Any]) -> dict[str, Any]:
    """A cardholder in the shape of Stripe's sample objects."""
    return {
        "id": f"ich_1Bench{number:08}",
        "object": "issuing.cardholder",
        "billing": {"address": {"line2": None, **params["billing"]["address"]}},
        "company": None,
        "created": 0,
        "email": params["email"],
        "individual": {
            "card_issuing": {"user_terms_acceptance": {"date": None, "ip": None, "user_agent": None}},
            "dob": None,
            "verification": {"document": {"back": None, "front": None}},
            **params["individual"],
        },
        "livemode": True,
        "metadata": params["metadata"],
        "name": params["name"],
        "phone_number": params["phone_number"],
        "preferred_locales": [],
        "requirements": {"disabled_reason": None, "past_due": []},
        "spending_controls": {**_controls([]), "spending_limits": [], "spending_limits_currency": None},
        "status": "active",
        "type": params["type"],
    }


def card(number: int, params: dict[str, Any], holder: dict[str, Any]) -> dict[str, Any]:
    """A card in the shape of Stripe's sample objects: the whole cardholder stands in it."""
    controls = params["spending_controls"]
    limits = [{"categories": [], **row} for row in controls["spending_limits"]]
    wallet = {"eligible": True, "ineligible_reason": None}
    return {
        "id": f"ic_1Bench{number:08}",
        "object": "issuing.card",
        "brand": "Visa",
        "cancellation_reason": None,
        "cardholder": holder,
        "created": 0,
        "currency": params["currency"],
        "exp_month": 8,
        "exp_year": 2029,
        "last4": f"{number % 10_000:04}",
        "latest_fraud_warning": None,
        "lifecycle_controls": None,
        "livemode": True,
        "metadata": params["metadata"],
        "personalization_design": None,
        "replaced_by": None,
        "replacement_for": None,
        "replacement_reason": None,
        "second_line": None,
        "shipping": None,
        "spending_controls": {
            **_controls(None),
            **controls,
            "spending_limits": limits,
            "spending_limits_currency": params["currency"],
        },
        "status": params.get("status", "inactive"),
        "type": params["type"],
        "wallets": {"apple_pay": wallet, "google_pay": wallet, "primary_account_identifier": None},
    }


def _controls(nothing: Any) -> dict[str, Any]:
    return {
        f"{way}_{what}": nothing
        for way in ("allowed", "blocked")
        for what in ("categories", "merchant_countries", "card_presences")
    }
