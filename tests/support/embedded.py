"""The embedded Stripe API without a server: the same rules, one call away."""

import json

from provisioner.core.purchases.past import PastCard, PastControls, PastList
from provisioner.core.purchases.recorded import moments, record
from provisioner.core.schema.normal_form import reader
from provisioner.kinds import card as cards
from provisioner.kinds import cardholder as cardholders
from provisioner.sandbox.api import schema
from provisioner.sandbox.api.asked import Asked
from provisioner.sandbox.api.execute import execute
from provisioner.sandbox.api.routes import ROUTES
from provisioner.sandbox.http import control
from provisioner.sandbox.http.app import opened
from provisioner.sandbox.settings import Settings
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.errors import ApiError
from provisioner.sandbox.state.objects import Origin, Tx

_PATHS = {(route.method, tuple(route.path.strip("/").split("/"))): route for route in ROUTES}


class Embedded:
    """A sandbox whose clock stands still until it is moved."""

    def __init__(self, at: int, country: str = "US") -> None:
        self.sandbox = opened(Settings(rate_limit=False, topup_settle=0.0, country=country))
        control.move_clock(self.sandbox, {"stop": at})
        with self.sandbox.store.transaction(write=False) as db:
            self.account = default_account(Tx(db, "", 0, Origin()))
        self.count = 0
        self.heard: dict[str, dict] = {}

    def __del__(self) -> None:
        self.sandbox.store.close()  # from 3.13 on, Python warns of a database that nobody has closed

    def hear(self) -> None:
        """Keep the events of changed controls, which can be listed for 30 days only."""
        for kind in ("issuing_card.updated", "issuing_cardholder.updated"):
            self.heard |= {one["id"]: one for one in reversed(self.all("events", type=kind))}

    def fund(self) -> None:
        """Make more available than is ever spent."""
        for _ in range(9):
            self.post("topups", amount=99_999_999, currency="usd", destination_balance="issuing")

    def wait(self, seconds: int) -> None:
        if seconds:
            control.move_clock(self.sandbox, {"advance": seconds})

    def post(self, path: str, **params):
        return self._ask("POST", path, params)

    def get(self, path: str, **params):
        return self._ask("GET", path, params)

    def all(self, path: str, **params):
        """Every object of a list, newest first."""
        found, last = [], {}
        while True:
            page = self.get(path, limit=100, **params, **last)
            found += page["data"]
            if not page["has_more"]:
                return found
            last = {"starting_after": found[-1]["id"]}

    def _ask(self, method: str, path: str, params):
        parts = ("v1", *path.split("/"))
        route, identity = self._route(method, parts)
        self.count += 1
        asked = Asked(
            route=route,
            account=self.account,
            params=schema.check(route.params, _spelled(params)),
            id=identity,
            request_id=f"req_{self.count}",
            key=None,
            path=f"/v1/{path}",
            version="2026-10-28.endive",
            base="http://localhost",
        )
        answer = execute(self.sandbox.store, asked, {})
        if answer.status >= 400:
            raise ApiError(answer.status, str(answer.body))
        return json.loads(answer.body)

    @staticmethod
    def _route(method: str, parts):
        if found := _PATHS.get((method, parts)):
            return found, ""
        for place in range(len(parts) - 1, 0, -1):
            if found := _PATHS.get((method, (*parts[:place], "{id}", *parts[place + 1 :]))):
                return found, parts[place]
        raise LookupError(parts)


def _spelled(value):
    """Parameters as a form has them: everything is text, and lists are numbered."""
    if isinstance(value, dict):
        return {name: _spelled(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(each) for each in value]
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def read_past(there: Embedded) -> PastList:
    """The past of a sandbox as its API tells it, read by rote: everything, in memory."""
    records = [(one["created"], record(one)) for one in reversed(there.all("issuing/authorizations"))]
    known = {each["id"]: each for each in there.all("issuing/cards")}
    there.hear()
    controls = _versions(there, known.values(), cards.KIND)
    controls |= _versions(there, there.all("issuing/cardholders"), cardholders.KIND)
    return PastList([*moments(records)], {each["id"]: _card(each) for each in known.values()}, controls)


def _card(raw) -> PastCard:
    return PastCard(
        raw["id"],
        raw["cardholder"]["id"],
        raw["currency"],
        raw["replacement_for"] or "",
        raw["exp_month"],
        raw["exp_year"],
    )


def _versions(there, objects, kind):
    """The controls through time: as they are now, taken back event by event."""
    read = reader(kind.fields)

    def version(since, raw):
        disabled = bool((raw.get("requirements") or {}).get("disabled_reason"))
        return PastControls(since, read(raw), disabled)

    found = {}
    for raw in objects:
        changes = [one for one in there.heard.values() if one["data"]["object"]["id"] == raw["id"]]
        # in the order in which they were heard, which within a second is that of the list
        versions, later = [], raw
        for _, one in sorted(
            enumerate(changes), key=lambda each: (each[1]["created"], each[0]), reverse=True
        ):
            versions.insert(0, version(one["created"], later))
            later = _merged(later, one["data"]["previous_attributes"])
        found[raw["id"]] = [version(0, later), *versions]
    return found


def _merged(raw, previous):
    """An object before a change: hashes are merged, everything else is as it was."""
    out = dict(raw)
    for name, value in previous.items():
        there = out.get(name)
        out[name] = _merged(there, value) if isinstance(value, dict) and isinstance(there, dict) else value
    return out
