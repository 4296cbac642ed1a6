"""One case's Stripe: an account of its own on the sandbox, what it holds, and how ids are written."""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock
from typing import Any

from provisioner.app.account import ANSWERS
from provisioner.chaos.embedded import BASE, Embedded
from provisioner.chaos.estate.runs import InTurn
from provisioner.chaos.estate.wire import Mail, Wire
from provisioner.chaos.killable_client import KEY, LIMITLESS
from provisioner.config.load import load_config
from provisioner.core.model.config import Config
from provisioner.core.ownership.marks import ADDRESS, GENERATION, PROJECT
from provisioner.core.plan.call import Call
from provisioner.core.plan.plan import Plan, make_plan
from provisioner.engine.apply.execute import execute
from provisioner.engine.ports import NOTHING, Answer
from provisioner.engine.read.observe import observe
from provisioner.kinds import KINDS
from provisioner.stripe_api.client import Transport
from provisioner.stripe_api.gateway import StripeWriter

RESOURCES = tuple(kind.resource for kind in KINDS)
LATER = str(datetime.now(UTC).year + 3)  # a year in which no card has expired yet, `later` in golden files
PREFIXES = "|".join(filter(None, (*(kind.id_prefix for kind in KINDS), "tu_", "acct_")))
ID = re.compile(rf"\b(?:{PREFIXES})[A-Za-z0-9]+\b")
Json = dict[str, Any]


@dataclass
class Recorder:
    """A writer that notes every call that is made."""

    inner: StripeWriter
    calls: list[Call] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def retrieve(self, resource: str) -> Mapping[str, Any]:
        return self.inner.retrieve(resource)

    def list(self, resource: str, params: Mapping[str, Any] = NOTHING) -> Any:
        return self.inner.list(resource, params)

    def perform(self, call: Call) -> Answer:
        with self.lock:
            self.calls.append(call)
        return self.inner.perform(call)

    def wait(self, seconds: float) -> bool:
        return self.inner.wait(seconds)


@dataclass
class Account:
    """An account of the sandbox; `named` are ids that the case itself has given names to."""

    sandbox: Embedded
    country: str = "US"
    named: dict[str, str] = field(default_factory=dict)
    _read: dict[str, Json] | None = None

    def __post_init__(self) -> None:
        self.control("reset")
        asked = {"country": self.country, "capabilities": {"card_issuing": {"requested": True}}}
        made = _writer(self.sandbox, None).perform(Call("accounts", "create", None, asked))
        self.id = str(made.object["id"])
        self.writer = _writer(self.sandbox, self.id)

    def plan(self, config: Config) -> Plan:
        return make_plan(KINDS, config, observe(self.writer, KINDS, config.declared, workers=InTurn))

    def apply(self, plan: Plan) -> list[Call]:
        recorder = Recorder(self.writer)
        report = execute(plan, recorder, lambda _result: None, Event(), workers=1)
        self._read = None
        assert report.complete, [result for result in report.results if result.reason]
        return recorder.calls

    def objects(self) -> dict[str, Json]:
        """Everything that the account holds, by id, oldest first; read once after each change."""
        if self._read is None:
            found = [dict(item) for resource in RESOURCES for item in reversed([*self.writer.list(resource)])]
            self._read = {item["id"]: item for item in found}
        return self._read

    def hold(self, steps: Sequence[Json]) -> None:
        """Do to the account what the case says has happened to it."""
        for step in steps:
            names = {name: identity for identity, name in self.names().items()}
            self._read = None
            if "control" in step:
                acting = {"account": self.id} if step["control"] == "act" else {}
                self.control(step["control"], {**acting, **_fill(step["params"], names)})
                continue
            path = _fill(step["post"], names)
            answer = self.writer.perform(
                Call(path.replace("/", "."), "create", None, _fill(step["params"], names))
            )
            if "as" in step:
                self.named[str(answer.object["id"])] = step["as"]

    def control(self, what: str, value: Any = None) -> None:
        """Tell the sandbox something that Stripe has no request for."""
        self.sandbox.control(what, value or {})

    def names(self) -> dict[str, str]:
        """What stands for each id in golden files: the address, its generation from the second on."""
        names = {self.id: "account"}
        funded = 0
        for identity, item in self.objects().items():
            marks = item["metadata"]
            if identity.startswith("tu_"):
                funded += 1
                names[identity] = f"topup.{funded}"
            elif PROJECT in marks and ADDRESS in marks:
                generation = marks.get(GENERATION, "1")
                name = marks[ADDRESS] + ("" if generation == "1" else f"#{generation}")
                names[identity] = name if name not in names.values() else f"{name}, again"
        return names | self.named

    def named_text(self, text: str) -> str:
        """The text with every id as its name."""
        names = self.names()
        return ID.sub(lambda found: "{" + names.get(found[0], "new") + "}", text).replace(LATER, "{later}")


def config_of(raw: Json) -> Config:
    """A configuration out of what YAML holds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        file.write_text(json.dumps(raw), encoding="utf-8")
        return load_config(file, KINDS, variables={"later": LATER} if "later" in raw.get("vars", ()) else {})


def _writer(sandbox: Embedded, account: str | None) -> StripeWriter:
    http = Wire(sandbox, Mail())
    return StripeWriter(
        Transport(
            KEY, limits=LIMITLESS, account=account, api_base=BASE, http=http, sleep=lambda _seconds: None
        ),
        ANSWERS,
    )


def _fill(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _fill(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, names) for item in value]
    if isinstance(value, str):
        return re.sub(r"\{([^{}]+)\}", lambda found: names[found[1]], value)
    return value
