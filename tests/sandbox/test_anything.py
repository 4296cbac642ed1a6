"""Whatever is asked, the sandbox answers as Stripe might, and its books balance."""

import random
from collections import Counter
from typing import Any

import pytest
from support.depth import DEEP

from provisioner.sandbox.api import schema
from provisioner.sandbox.api.routes import ROUTES

from .shapes import problems

WORDS = {
    "country": "US",
    "currency": "usd",
    "email": "a@example.com",
    "ip": "127.0.0.1",
    "name": "Jenny Rosen",
    "phone_number": "+18008675309",
    "source": "btok_us_verified",
    "url": "http://127.0.0.1:9/",
}
# Ties to what the sandbox has not; left out, or next to no card would be made.
UNTIED = {
    "expand",
    "financial_account",
    "personalization_design",
    "replacement_for",
    "replacement_reason",
    "exp_month",
}


class Asker:
    """Makes up parameters: mostly right by their types, now and then not."""

    def __init__(self, seed: int, known: dict[str, list[str]]) -> None:
        self.random = random.Random(seed)  # noqa: S311  to be repeatable
        self.known = known

    def params(self, name: str, share: float = 0.3) -> dict[str, Any]:
        entry = schema.types()[name]
        chosen = [f for f in entry["fields"] if f in entry["required"] or self.random.random() < share]
        return {field: self.value(entry["fields"][field], field) for field in chosen if field not in UNTIED}

    def value(self, node: Any, name: str) -> Any:
        if self.random.random() < 0.02:
            return self.random.choice(["", "x", "-1", "é", {"a": "b"}, ["1"]])
        match node:
            case "int":
                return self.random.choice([0, 1, 5, 100, 2030, -3, 1_600_000_000])
            case "bool" | "decimal":
                return self.random.choice(["true", "1.5"]) if node == "decimal" else True
            case str():
                return self.random.choice(self.known.get(name, [WORDS.get(name, "abc")]))
            case {"enum": values}:
                return self.random.choice(schema.values(values))
            case {"list": item}:
                return [self.value(item, name)]
            case {"map": item}:
                return {"k": self.value(item, name)}
            case {"hash": inner}:
                return self.params(inner)
            case {"unset": inner}:
                return self.value(inner, name)
            case _:
                return self.value(node["any"][0], name)


@pytest.mark.parametrize("seed", [1, 2])
def test_no_request_breaks_it(api, seed) -> None:
    api.fund(1_000_000)
    holder = api.cardholder(phone_number="+18008675309")
    known = {"cardholder": [holder["id"]], "card": [api.card(cardholder=holder["id"])["id"]]}
    ids = {"issuing.cardholder": known["cardholder"], "issuing.card": known["card"]}
    asker = Asker(seed, known)
    statuses: Counter[int] = Counter()
    for _ in range(500 if DEEP else 200):
        route = asker.random.choice(ROUTES)
        kind = "issuing.card" if "/cards/{id}" in route.path else route.answers.object
        path = route.path.replace("{id}", asker.random.choice(ids.get(kind, ["x_1"])[-5:]))
        asked = asker.params(route.params)
        reply = api.post(path, asked) if route.method == "POST" else api.send(route.method, path)
        statuses[reply.status] += 1
        assert reply.status < 500, (path, asked)
        if reply.status == 200 and route.method == "POST" and "id" in reply.body:
            ids.setdefault(reply.body["object"], []).append(reply.body["id"])
            assert [p for p in problems(reply.body) if "preferred_locales" not in p] == []
    assert statuses[200] > (100 if DEEP else 40)
    booked = api.read("/v1/balance_transactions", {"limit": 100})
    if not booked["has_more"]:
        total = sum(entry["net"] for entry in booked["data"] if entry["balance_type"] == "issuing")
        assert total == api.issuing()
