"""`doctor`: what stands between this folder and Stripe, one line each, with what to do about it."""

import os
from collections.abc import Iterator
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import asdict, replace

from provisioner.app.account import Account
from provisioner.cli.options.shared import Options, load, stripe_options, text_or_json
from provisioner.cli.session import fitted, key_session
from provisioner.cli.terminal.exit import DONE, ERROR, exits, say_document
from provisioner.core.diff.top_up import must_be_wired, other_currency
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError, ExitCode, ProvisionerError
from provisioner.stripe_api.probe import Probe, read, write
from provisioner.views.values import inert

WRONG = ExitCode.ACCESS
MOST_SKEW = 60  # seconds; signatures of webhooks are good for 300
PERMISSIONS = (
    # what is read, what for, and what an object's id begins with where it is written too
    ("issuing/cardholders", "cardholders", "ich_"),
    ("issuing/cards", "cards", "ic_"),
    ("topups", "top-ups", "tu_"),
    ("balance", "the balance", ""),
    ("events", "events, for `drift --explain` and top-ups", ""),
)


class Check(Struct, frozen=True):
    """One thing that was looked at; `code` is the exit code that it asks for (0: all is well)."""

    name: str
    said: str
    code: int = 0
    advice: str = ""
    warning: bool = False


@click.command()
@stripe_options
@click.option("--mode", type=click.Choice(["test", "live"]), help="Of a key without a configuration.")
@text_or_json("How to say it.")
@exits
def command(options: Options, *, mode: str | None, format_: str) -> int:
    """
    Check the configuration at PATH, the key, its account and permissions, and the way to Stripe.

    Nothing is written. Exit code 7 when the key, the account or the mode is wrong, 1 for anything else.
    """
    checks = []
    for check in _examine(options, mode):
        checks.append(check)
        if format_ == "text":
            mark = "FAIL" if check.code else "warn" if check.warning else "ok"
            advice = f"\n      {'':<14} -> {inert(check.advice)}" if check.advice else ""
            click.echo(f"{mark:<5} {check.name:<14} {inert(check.said)}{advice}")
    codes = {check.code for check in checks}
    code = WRONG if WRONG in codes else max(codes, default=DONE)
    if format_ == "json":
        say_document({"healthy": code == DONE, "checks": [asdict(check) for check in checks]})
    return code


def _examine(options: Options, mode: str | None) -> Iterator[Check]:
    try:
        config = load(options)
        count = len(config.declared)
        yield Check("configuration", f"{config.project}: {count} resources, mode {config.mode}")
    except ProvisionerError as error:
        first = str(error).splitlines()[0]
        advice = "provisioner validate says all; provisioner init makes a starting one"
        yield Check("configuration", first, ERROR, advice)
        key = os.environ.get("STRIPE_API_KEY", "")
        config = Config("doctor", mode or ("live" if "_live_" in key[:8] else "test"), None, {})
    try:
        with key_session(options, config.project, config.mode) as stripe:
            stripe.transport.stop.set()  # a doctor asks once: no retries
            key = "" if options.sandbox else os.environ.get("STRIPE_API_KEY", "").strip()
            restricted = key.startswith("rk_")
            if options.sandbox:
                yield Check("key", "the sandbox's own; no account is needed")
            elif restricted:
                yield Check("key", f"restricted key for {config.mode} mode")
            else:
                advice = "a restricted key (rk_...) can do less harm; see docs/how-to/restricted-keys.md"
                yield Check("key", f"secret key for {config.mode} mode", advice=advice)
            yield from _ask(replace(stripe, config=fitted(options, config)), restricted=restricted)
    except AccessError as error:
        yield Check("key", str(error), WRONG, "dashboard.stripe.com/apikeys; keep it in STRIPE_API_KEY only")
    except ProvisionerError as error:
        yield Check("session", str(error), ERROR)


def _ask(stripe: Account, *, restricted: bool) -> Iterator[Check]:
    account = read(stripe.transport, "account")
    cards = read(stripe.transport, "issuing/cards", {"limit": 1})
    answered = account if account.allowed else cards
    if not answered.reached:
        advice = f"is {stripe.transport.base} reachable from here (proxy, firewall, status.stripe.com)?"
        yield Check("network", answered.text, ERROR, advice)
        return
    took = f" in {answered.took * 1000:.0f} ms" if answered.took else ""
    yield Check("network", f"Stripe answers{took}")
    yield _account(stripe.config, account, restricted=restricted)
    if account.allowed is False and not restricted:
        return
    for address in sorted(a for a in stripe.config.declared if a.section == "balance_targets"):
        why, _, advice = other_currency(account.data, address.name).partition("; ")
        if why:
            yield Check("balance", f"{address}: {why}", advice=advice, warning=True)
    yield _issuing(account, cards)
    yield from _permissions(stripe, restricted=restricted)
    if must_be_wired(account.data):
        probe = read(stripe.transport, "issuing/funding_instructions", {"limit": 1})
        yield _permission("funding", "read funding instructions", probe, needed=False)
    yield from _circumstances(stripe, answered)


def _account(config: Config, probe: Probe, *, restricted: bool) -> Check:
    connected = os.environ.get("STRIPE_ACCOUNT")
    if probe.allowed is not True:
        needed = bool(config.account) or not restricted
        advice = (
            "give the key the permission to read its account" if restricted else "is the key the right one?"
        )
        return Check("account", probe.text, WRONG if needed else DONE, advice, warning=True)
    found, country = probe.data.get("id"), probe.data.get("country", "?")
    if config.account and found != config.account:
        advice = "use a key of that account, or set STRIPE_ACCOUNT to it where it is connected"
        return Check("account", f"{found}, but the configuration is for {config.account}", WRONG, advice)
    pulls = "funded by wire" if must_be_wired(probe.data) else "top-ups can be pulled"
    how = ", connected (STRIPE_ACCOUNT)" if connected else ""
    advice = "" if config.account else f"`account: {found}` in the configuration lets no other key be used"
    return Check("account", f"{found} in {country}{how}; {pulls}", advice=advice)


def _issuing(account: Probe, cards: Probe) -> Check:
    capabilities: Any = account.data.get("capabilities") or {}
    state = capabilities.get("card_issuing")
    advice = "activate Issuing: dashboard.stripe.com/issuing/overview"
    if cards.allowed is None or state in ("inactive", "pending"):
        said = f"capability card_issuing is {state}" if state not in (None, "active") else cards.text
        return Check("Issuing", said, ERROR, advice)
    return Check("Issuing", "active" if state == "active" else "answers; the account does not say its state")


def _permissions(stripe: Account, *, restricted: bool) -> Iterator[Check]:
    declared = stripe.config.declared
    idle = {"events"}  # what a plan does without
    if declared and not any(address.section == "balance_targets" for address in declared):
        idle |= {"topups", "balance"}
    for resource, name, prefix in PERMISSIONS:
        params = {} if resource == "balance" else {"limit": 1}
        needed = resource not in idle
        yield _permission(
            resource.rpartition("/")[2],
            f"read {name}",
            read(stripe.transport, resource, params),
            needed=needed,
        )
        if prefix and restricted:
            probe = write(stripe.transport, resource, prefix)
            yield _permission(resource.rpartition("/")[2], f"write {name}", probe, needed=False)


def _permission(section: str, what: str, probe: Probe, *, needed: bool) -> Check:
    if probe.allowed:
        return Check(section, f"may {what}")
    if probe.allowed is None:
        return Check(section, f"may {what}? {probe.text}", ERROR if needed else DONE, warning=True)
    advice = "edit the key's permissions: dashboard.stripe.com/apikeys"
    if what.startswith("write"):
        advice = "well for plan and drift; apply needs it"
    return Check(section, f"may not {what}", WRONG if needed else DONE, advice, warning=True)


def _circumstances(stripe: Account, probe: Probe) -> Iterator[Check]:
    if probe.skew is not None:
        off = abs(probe.skew) > MOST_SKEW
        said = "agrees with Stripe's" if not off else f"is {probe.skew:+.0f} s from Stripe's"
        advice = "set this machine's clock (NTP)" if off else ""
        yield Check("clock", said, advice=advice, warning=off)
    if probe.version:
        yield Check("API version", probe.version)
    limits = stripe.transport.limits
    said = f"{limits.endpoint:g} requests/s an endpoint, {limits.total:g} in all ({stripe.config.mode} mode)"
    yield Check("rate limit", f"{said}; --max-rps lowers it")
