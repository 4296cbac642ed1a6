"""Judges YAML that is shown, by what it is: a configuration, a fleet, a policy, a pipeline, hooks."""

import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml
from jsonschema import Draft202012Validator
from msgspec.structs import fields

from provisioner.cli.main import main
from provisioner.config.load import load_config, load_policy
from provisioner.core.model.config import Guardrails
from provisioner.fleet.fleet_schema import fleet_schema
from provisioner.kinds import KINDS
from support.pages import ROOT

HEAD = {"version": 1, "project": "fragment"}
RESOURCES = {kind.section for kind in KINDS}
SECTIONS = {*RESOURCES, *HEAD, "profiles", "grants", "scenarios", "guardrails", "vars", "mode", "account"}
HOLDER = {
    "type": "company",
    "name": "Acme Inc",
    "billing": {"address": {"line1": "1 Main", "city": "Reno", "postal_code": "89501", "country": "US"}},
}
CARD = {"cardholder": "acme", "type": "virtual", "currency": "usd"}
POLICY = {field.name for field in fields(Guardrails)} - {"keeps_share"}
PLACEHOLDER = re.compile(r"\$\{\{.*?\}\}")


def judge(text: str, folder: Path) -> None:
    """Raise what is wrong with a YAML block; `folder` is empty, and for this block alone."""
    whole = yaml.safe_load(text)
    assert isinstance(whole, dict), "the block is no mapping"
    fits: list[tuple[bool, Callable[[], None]]] = [
        ("fleet" in whole, lambda: Draft202012Validator(fleet_schema()).validate(whole)),
        ("project" in whole and bool(whole.keys() & RESOURCES), lambda: _configuration(text, folder)),
        (all(name in POLICY for name in whole), lambda: _policy(text, folder)),
        (whole.keys() <= SECTIONS, lambda: _configuration(yaml.safe_dump(_fitted(whole)), folder)),
        ("repos" in whole, lambda: _hooks(whole)),
        ("groups" in whole, lambda: _alerts(whole)),
        ("jobs" in whole or "include" in whole or bool(_scripts(whole)), lambda: _pipeline(whole)),
    ]
    check = next((check for fit, check in fits if fit), None)
    assert check, f"nobody knows how to judge YAML with {sorted(whole)}"
    check()


def _alerts(whole: dict[str, Any]) -> None:
    """Raise if an alert for Prometheus asks for a figure that `--metrics` does not write."""
    source = (ROOT / "provisioner/views/metrics.py").read_text(encoding="utf-8")
    for rule in (rule for group in whole["groups"] for rule in group["rules"]):
        for name in re.findall(r"provisioner_(\w+)", rule["expr"]):
            assert f'"{name}"' in source, name


def _configuration(text: str, folder: Path) -> None:
    path = folder / "provisioner.yaml"
    path.write_text(text, encoding="utf-8")
    for file in re.findall(r"\$\{file\.([^}]+)\}", text):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("text", encoding="utf-8")
    for file in re.findall(r"card_logo:\s*\{?\s*file: ([\w.-]+)", text):
        shutil.copy(ROOT / "examples" / "brand" / "logo.png", folder / file)
    environ = {name: _sample(name) for name in re.findall(r"\$\{env\.(\w+)\}", text)}
    load_config(path, KINDS, environ=environ)


def _policy(text: str, folder: Path) -> None:
    path = folder / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    load_policy(path, KINDS)


def _sample(name: str) -> str:
    """A value that an environment variable of this name may have."""
    ends = {"EMAIL": "ada@example.com", "PHONE": "+14155552105", "IP": "203.0.113.5"}
    return ends.get(name.rpartition("_")[2], "text")


def _fitted(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part of a configuration with what it needs around it to be a whole one."""
    scenarios = part.get("scenarios", {})
    bought = scenarios.values() if isinstance(scenarios, dict) else scenarios
    named: dict[str, Any] = {one["card"]: {} for one in bought if "card" in one}
    for grant in part.get("grants", {}).values():  # it can only raise what is there
        limits = {"spending_controls": {"spending_limits": grant.get("spending_limits", [])}}
        named |= {name.replace("*", "x"): limits for name in grant["cards"]}
    cards = {key: _over(CARD, card or {}) for key, card in {**named, **part.get("cards", {})}.items()}
    profiles = {name: {} for card in cards.values() for name in _names(card.get("use"))}
    holders = dict.fromkeys(("acme", *(card["cardholder"] for card in cards.values())), HOLDER)
    told = {name: _over(HOLDER, given or {}) for name, given in part.get("cardholders", {}).items()}
    return {
        **HEAD,
        **part,
        "cards": cards,
        "cardholders": {
            **{name: one for name, one in holders.items() if not name.startswith("ich_")},
            **told,
        },
        "profiles": {**profiles, **part.get("profiles", {})},
    }


def _over(least: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {**least, **given}


def _names(use: Any) -> list[str]:
    return [use] if isinstance(use, str) else list(use or [])


def _hooks(whole: Mapping[str, Any]) -> None:
    ours = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    shown = [hook["id"] for repo in whole["repos"] for hook in repo["hooks"]]
    missing = set(shown) - {hook["id"] for hook in ours}
    assert not missing, f"no such hooks: {missing}"


def _pipeline(whole: Mapping[str, Any]) -> None:
    """GitHub's or GitLab's: the Action has the inputs that are given, the commands parse."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    for step in _steps(whole):
        if "/provisioner@" in str(step.get("uses", "")):
            missing = set(step.get("with", {})) - set(action["inputs"])
            assert not missing, f"the Action has no such inputs: {missing}"
    for job in whole.get("jobs", {}).values():
        installs = [step for step in job.get("steps", []) if "pip install" in step.get("run", "")]
        seen = [whole.get("env"), job.get("env"), *(step.get("env") for step in installs)]
        assert not installs or "secrets." not in str(seen), "an installer would have a secret"
    for script in _scripts(whole):
        for line in script.splitlines():
            parses(line)


def _steps(whole: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for job in whole.get("jobs", {}).values():
        yield from job.get("steps", [])


def _scripts(whole: Mapping[str, Any]) -> list[str]:
    jobs = [job for job in whole.values() if isinstance(job, dict)]
    gitlab = [str(line) for job in jobs for line in job.get("script", [])]
    return [*gitlab, *(step["run"] for step in _steps(whole) if "run" in step)]


def parses(line: str) -> None:
    """Raise click's own complaint about `provisioner` commands in a line of shell that cannot be meant."""
    for said in re.findall(r"(?:^|[\s(])provisioner +([a-z][^|)&;>#]*)", PLACEHOLDER.sub("x", line)):
        words = shlex.split(said)
        command: click.Command = main
        while isinstance(command, click.Group):
            found = command.get_command(click.Context(command), words.pop(0))
            assert found, f"no such command: provisioner {said}"
            command = found
        command.make_parser(click.Context(command)).parse_args(words)
