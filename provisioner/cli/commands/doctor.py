"""`doctor`: check everything that a command needs, and explain how to fix problems."""

import os
import shlex
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import asdict, replace

from provisioner.app.account import Account
from provisioner.cli.options.shared import Options, load, stripe_options, text_or_json
from provisioner.cli.session import fitted, key_session
from provisioner.cli.terminal.exit import DONE, ERROR, exits, say_document
from provisioner.cli.terminal.render import say_text
from provisioner.core.diff.top_up import must_be_wired, other_currency
from provisioner.core.model.config import Config
from provisioner.core.model.errors import AccessError, ExitCode, ProvisionerError
from provisioner.stripe_api.probe import Probe, read, write
from provisioner.views.values import inert

WRONG = ExitCode.ACCESS
COLUMN = 21  # the column in which the text of a check begins, after its mark and its name
MOST_SKEW = 60  # seconds; webhook signatures are valid for 300
PERMISSIONS = (
    # each resource, its name in messages, and the prefix of its ids if apply writes it
    ("issuing/cardholders", "cardholders", "ich_"),
    ("issuing/cards", "cards", "ic_"),
    ("topups", "top-ups", "tu_"),
    ("balance", "the balance", ""),
    ("events", "events (used by `--explain` and top-ups)", ""),
    ("issuing/authorizations", "authorizations (used by `backtest`, `serve` and `report`)", ""),
)


class Check(Struct, frozen=True):
    """The result of one check."""

    name: str
    """The name in the first column."""
    said: str
    """The result in words."""
    code: int = 0
    """The exit code; 0 if the check passed."""
    advice: str = ""
    """The way to fix it, or an empty string."""
    warning: bool = False
    """True if it needs attention, although it passed."""


@click.command()
@stripe_options
@click.option(
    "--mode", type=click.Choice(["test", "live"]), help="Mode of the key, if there is no configuration."
)
@text_or_json()
@exits
def command(options: Options, *, mode: str | None, format_: str) -> int:
    """
    Check the configuration at PATH, the API key, its account and permissions, and the connection to Stripe.

    Changes nothing. Exits 7 if the key, the account or the mode is wrong, and 1 for any other problem.
    """
    checks = []
    for check in _examine(options, mode):
        checks.append(check)
        if format_ == "text":
            mark = "FAIL" if check.code else "warn" if check.warning else "ok"
            advice = f"\n{'':{COLUMN}}-> {inert(check.advice)}" if check.advice else ""
            line = f"{mark:<5} {check.name:<14} {inert(check.said)}{advice}\n"
            say_text(line, color=options.color, hanging=COLUMN)
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
        first, *others = str(error).splitlines()
        where = "" if options.path == Path() else f" {shlex.quote(str(options.path))}"
        advice = f"`provisioner validate{where}` shows {'all problems' if others else 'the place'}"
        yield Check("configuration", first, ERROR, advice)
        key = os.environ.get("STRIPE_API_KEY", "")
        config = Config("doctor", mode or ("live" if "_live_" in key[:8] else "test"), None, {})
    try:
        with key_session(options, config.project, config.mode) as stripe:
            stripe.transport.stop.set()  # no retries: each check sends its request once
            key = "" if options.sandbox else os.environ.get("STRIPE_API_KEY", "").strip()
            restricted = key.startswith("rk_")
            if options.sandbox:
                yield Check("key", "the sandbox's own key; no Stripe account is needed")
            elif restricted:
                yield Check("key", f"restricted key for {config.mode} mode")
            else:
                advice = "a restricted key (rk_...) is safer; see docs/how-to/restricted-keys.md"
                yield Check("key", f"secret key for {config.mode} mode", advice=advice)
            yield from _ask(
                replace(stripe, config=fitted(options, config)),
                restricted=restricted,
                sandbox=options.sandbox,
            )
    except AccessError as error:
        said, _, advice = str(error).partition("; ")
        yield Check("key", said, WRONG, advice)
    except ProvisionerError as error:
        yield Check("session", str(error), ERROR)


def _ask(stripe: Account, *, restricted: bool, sandbox: bool) -> Iterator[Check]:
    look = partial(read, stripe.transport, stripe.answers)
    account, cards = look("account"), look("issuing/cards", {"limit": 1})
    answered = account if account.allowed else cards
    if not answered.reached:
        said, _, advice = answered.text.partition(". ")
        yield Check("network", said, ERROR, advice or "See status.stripe.com.")
        return
    took = f" in {answered.took * 1000:.0f} ms" if answered.took else ""
    yield Check("network", f"Stripe answers{took}")
    yield _account(stripe.config, account, restricted=restricted, sandbox=sandbox)
    if account.allowed is False and not restricted:
        return
    for address in sorted(a for a in stripe.config.declared if a.section == "balance_targets"):
        why, _, advice = other_currency(account.data, address.name).partition("; ")
        if why:
            yield Check("balance", f"{address}: {why}", advice=advice, warning=True)
    yield _issuing(account, cards)
    yield from _permissions(stripe, restricted=restricted)
    if must_be_wired(account.data):
        probe = look("issuing/funding_instructions", {"limit": 1})
        yield _permission("funding", "read funding instructions", probe, needed=False)
    if answered.skew is not None:
        off = abs(answered.skew) > MOST_SKEW
        side = "ahead of" if answered.skew > 0 else "behind"
        said = f"{abs(answered.skew):.0f} s {side} Stripe's" if off else "agrees with Stripe's"
        advice = "synchronize this machine's clock (NTP)" if off else ""
        yield Check("clock", said, advice=advice, warning=off)
    if answered.version:
        yield Check("API version", answered.version)
    limits = stripe.transport.limits
    said = (
        f"{limits.endpoint:g} requests/s per endpoint, {limits.total:g}/s in total "
        f"({stripe.config.mode} mode)"
    )
    yield Check("rate limit", f"{said}; --max-rps lowers it")


def _account(config: Config, probe: Probe, *, restricted: bool, sandbox: bool) -> Check:
    connected = os.environ.get("STRIPE_ACCOUNT")
    if probe.allowed is not True:
        needed = bool(config.account) or not restricted
        advice = (
            "give the key permission to read its account"
            if restricted
            else "check that this is the right key"
        )
        return Check("account", probe.text, WRONG if needed else DONE, advice, warning=True)
    found, country = probe.data.get("id"), probe.data.get("country", "?")
    if config.account and found != config.account:
        advice = "use a key of that account; if it is a connected account, set STRIPE_ACCOUNT to it"
        return Check("account", f"{found}, but the configuration is for {config.account}", WRONG, advice)
    pulls = "funded by wire transfer" if must_be_wired(probe.data) else "top-ups are supported"
    how = ", connected (STRIPE_ACCOUNT)" if connected else ""
    pin = f"`account: {found}` in the configuration rejects keys of other accounts"
    advice = "" if config.account or sandbox else pin
    return Check("account", f"{found} in {country}{how}; {pulls}", advice=advice)


def _issuing(account: Probe, cards: Probe) -> Check:
    capabilities: Any = account.data.get("capabilities") or {}
    state = capabilities.get("card_issuing")
    advice = "activate Issuing: dashboard.stripe.com/issuing/overview"
    if cards.allowed is None or state in ("inactive", "pending"):
        said = f"capability card_issuing is {state}" if state not in (None, "active") else cards.text
        return Check("Issuing", said, ERROR, advice)
    return Check(
        "Issuing", "active" if state == "active" else "reachable; the account does not report its status"
    )


def _permissions(stripe: Account, *, restricted: bool) -> Iterator[Check]:
    declared = stripe.config.declared
    idle = {"events", "issuing/authorizations"}  # a plan does not need them
    if declared and not any(address.section == "balance_targets" for address in declared):
        idle |= {"topups", "balance"}
    sections = {address.section for address in declared}
    optional = [each for each in stripe.kinds if each.is_optional and each.section in sections]
    more = ((each.resource, f"{each.name}s", each.id_prefix) for each in optional)
    for resource, name, prefix in (*PERMISSIONS, *more):
        params = {} if resource == "balance" else {"limit": 1}
        needed = resource not in idle
        yield _permission(
            resource.rpartition("/")[2],
            f"read {name}",
            read(stripe.transport, stripe.answers, resource, params),
            needed=needed,
        )
        if prefix and restricted:
            probe = write(stripe.transport, resource, prefix)
            yield _permission(resource.rpartition("/")[2], f"write {name}", probe, needed=False)


def _permission(section: str, what: str, probe: Probe, *, needed: bool) -> Check:
    if probe.allowed:
        return Check(section, f"can {what}")
    if probe.allowed is None:
        return Check(
            section,
            f"cannot check whether the key can {what}: {probe.text}",
            ERROR if needed else DONE,
            warning=True,
        )
    advice = "edit the key's permissions: dashboard.stripe.com/apikeys"
    if what.startswith("write"):
        advice = "enough for plan and drift; apply needs it"
    return Check(section, f"cannot {what}", WRONG if needed else DONE, advice, warning=True)
