"""Options that several commands share, and loading of the configuration that they select."""

import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct, field
from msgspec.structs import fields, replace

from provisioner.cli.options.complete import complete, complete_environment, complete_guardrail
from provisioner.cli.options.grouped import one_struct, with_options
from provisioner.cli.terminal.detail import detail_options
from provisioner.cli.terminal.log import FORMATS, set_up, tell
from provisioner.core.model.errors import ProvisionerError

if TYPE_CHECKING:
    from provisioner.config.text.outside import Allowed
    from provisioner.core.model.config import Config
    from provisioner.core.model.errors import Problem
    from provisioner.core.model.resource import Address
    from provisioner.views.plan.text import Detail

R = TypeVar("R")
SANDBOX_STATE = Path(".provisioner/sandbox.db")  # the file of --sandbox in the current folder
_TIGHT_MONEY = re.compile(r"(?<=\d)(?=[A-Za-z]{3}$)")  # finds the missing space in `9,900.00USD`
FASTEST = 1_000_000  # requests per second, far above any API's limit; it rules out infinity


class Options(Struct, frozen=True):
    """Options that select the configuration to read and the connection to Stripe."""

    path: Path = Path()
    """A YAML file, a folder, or a saved plan."""
    env: str | None = None
    """The environment whose overrides apply; None if there is none."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values for `${var.NAME}`, by name."""
    allow_env: tuple[str, ...] = ()
    """Names of environment variables that may be read although they suggest a secret."""
    allow_files: tuple[str, ...] = ()
    """Files and folders outside of the configuration that may be read."""
    policy: Path | None = None
    """A file of guardrails that apply in addition to those of the configuration."""
    sandbox: bool = False
    """True to use the embedded Stripe API."""
    allow_api_base: bool = False
    """True to accept any https address in STRIPE_API_BASE."""
    max_rps: float | None = None
    """Maximum requests per second in total; None for the default of the mode."""
    max_endpoint_rps: float | None = None
    """Maximum requests per second to each endpoint; None for the default."""
    color: bool | None = None
    """True or False if the user chose; None to let the terminal decide."""
    verbose: bool = False
    """True to print each request on stderr."""
    log_format: str = "text"
    """Format of messages on stderr: `text` or `json`."""
    targets: tuple[str, ...] = ()
    """Addresses or globs to include; empty for all."""
    excludes: tuple[str, ...] = ()
    """Addresses or globs to exclude."""

    @property
    def allowed(self) -> "Allowed":
        """The variables and files that the configuration may read in addition to those in its folder."""
        from provisioner.config.text.outside import Allowed  # noqa: PLC0415 - cold start: not every command reads one

        return Allowed(self.allow_env, self.allow_files)

    def at(self, path: str | Path) -> "Options":
        """Return the same options with another path."""
        return replace(self, path=Path(path))


def load(options: Options) -> "Config":
    """Read the configuration and print its warnings; raises ConfigError."""
    return warned(read(options))


def warned(config: "Config") -> "Config":
    """
    Print the warnings of a configuration, each text once with its first place, and return the
    configuration.
    """
    alike: dict[str, list[Problem]] = {}
    for warning in config.warnings:
        alike.setdefault(warning.text, []).append(warning)
    for first, *others in alike.values():
        more = f" (and at {len(others):,} more)" if others else ""
        tell(f"Warning: {first}{more}", level=logging.WARNING)
    return config


def read(options: Options) -> "Config":
    """Read the configuration; raises ConfigError."""
    from provisioner.app import configuration  # noqa: PLC0415 - cold start: not every command reads one

    return configuration.load(
        options.path,
        env=options.env,
        variables=options.variables,
        environ=os.environ,
        allowed=options.allowed,
        policy=options.policy,
    )


class WriteOptions(Struct, frozen=True):
    """The options of a command that changes Stripe."""

    allow: Mapping[str, int]
    """The number allowed for each guardrail, by name; amounts are in minor units."""
    auto_approve: bool = False
    """True to apply without asking."""
    approve: str | None = None
    """`broadening` if changes that raise spending are approved, too."""
    format_: str = "text"
    """Format of stdout: `text` or `json`."""
    detail: "Detail | None" = None
    """The amount of detail in the plan's text; None folds similar changes together."""


def _pairs(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not name or not equals:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE")
        pairs[name] = text
    return pairs


def numbers(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    """Read `--allow retired=12`."""
    from provisioner.core.plan.document import GUARDRAILS  # noqa: PLC0415 - cold start: few commands judge

    return named_numbers(values, GUARDRAILS)


def named_numbers(values: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """
    Read options of the form NAME=NUMBER or NAME.OF=NUMBER, in which NAME is one of `names`.

    For money, the number is in minor units or an amount with its currency, as in the YAML; exposure may be
    `unlimited`. Raises BadParameter with the expected form.
    """
    pairs = {}
    for value in values:
        name, _, text = value.partition("=")
        if name.partition(".")[0] not in names:
            raise click.BadParameter(f"{value!r} is not NAME=NUMBER with NAME one of {', '.join(names)}")
        try:
            full, number = _number(name, text)
        except ValueError as error:
            raise click.BadParameter(f"{value!r}: {error}") from None
        pairs[full] = number
    return pairs


def _number(name: str, text: str) -> tuple[str, int]:
    """Return a guardrail (with its currency, if the amount has one) and its number; raises ValueError."""
    from provisioner.core.model.money import parse_money  # noqa: PLC0415 - cold start: few commands judge
    from provisioner.core.plan.document import MONEY  # noqa: PLC0415 - cold start: as above
    from provisioner.core.plan.guardrails import ENDLESS, UNLIMITED  # noqa: PLC0415 - cold start: as above

    what, _, currency = name.partition(".")
    if text.isascii() and text.isdigit():
        return name, int(text)
    if what == "exposure_added" and text == ENDLESS:
        return name, UNLIMITED
    if what not in MONEY:
        raise ValueError("expected a whole number, such as 12")
    money = parse_money(_TIGHT_MONEY.sub(" ", text))
    if currency not in ("", money.currency):
        raise ValueError(f"{name} does not take an amount in {money.currency.upper()}")
    return f"{what}.{money.currency}", money.amount


def parsed(parse: Callable[[Any], R]) -> Callable[[click.Context, click.Parameter, Any], R]:
    """Return a callback that parses an option and reports a ValueError of `parse` as a usage error."""

    def callback(_ctx: click.Context, _param: click.Parameter, given: Any) -> R:
        try:
            return parse(given)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def rate(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Return a finite rate; raises BadParameter for infinity and `nan`."""
    if value is not None and not value <= FASTEST:
        raise click.BadParameter(f"{value} is not a number from 0.1 to {FASTEST}, such as 25")
    return value


def address_of(text: str) -> "Address":
    """Read an address such as `cards.ads`; raises ProvisionerError."""
    from provisioner.core.model.resource import Address  # noqa: PLC0415 - cold start: few commands take one

    section, _, name = text.partition(".")
    if not name:
        raise ProvisionerError(f"{text!r} is not an address; write SECTION.NAME, such as cards.ads")
    return Address(section, name)


def text_or_json(help_: str = "Output format.") -> Callable[..., Any]:
    """Return the option `--format` of a command that prints text or JSON."""
    return click.option(
        "--format", "format_", type=click.Choice(["text", "json"]), default="text", help=help_
    )


_PART = (
    click.option(
        "--exclude",
        "excludes",
        multiple=True,
        metavar="ADDRESS",
        shell_complete=complete,
        help="Leave out these addresses; globs such as 'cards.ads*' match several.",
    ),
    click.option(
        "--target",
        "targets",
        multiple=True,
        metavar="ADDRESS",
        shell_complete=complete,
        help="Only these addresses and what they depend on; globs such as 'cards.ads*' match several.",
    ),
)
ALLOW = click.option(
    "--allow",
    multiple=True,
    metavar="NAME=NUMBER",
    callback=numbers,
    shell_complete=complete_guardrail,
    help="Allow this plan to exceed a guardrail, up to NUMBER; the error message shows both. NAME is "
    "retired, protected, stranded, reverted, activated or declined with a count, or top_up or "
    "exposure_added with an amount: 99.00USD, or 9900 in minor units. exposure_added also takes 'unlimited'.",
)
APPROVE = click.option(
    "--approve",
    type=click.Choice(["broadening"]),
    help="With --auto-approve: also approve changes that raise spending (guardrails.require_approval).",
)
AUTO_APPROVE = click.option("--auto-approve", is_flag=True, help="Apply without asking for approval.")
CANCEL = click.option(
    "--cancel", is_flag=True, help="Cancel instead of deactivating; a canceled card cannot be reactivated."
)
CONFIGURATION = click.option(
    "--path", type=click.Path(path_type=Path), default=".", help="YAML file or folder of the configuration."
)
NO_COLOR = click.option(
    "--no-color", "color", flag_value=False, default=None, help="Disable color, like NO_COLOR."
)
SANDBOX = click.option(
    "--sandbox", is_flag=True, help="Use the embedded Stripe API; needs no key and no network."
)
_WRITE = (
    text_or_json(),
    APPROVE,
    AUTO_APPROVE,
    ALLOW,
)
ALLOW_FILE = click.option(
    "--allow-file",
    "allow_files",
    multiple=True,
    metavar="PATH",
    help="Let the configuration read this file or folder outside of the configuration folder.",
)
ALLOW_ENV = click.option(
    "--allow-env",
    multiple=True,
    metavar="NAME",
    help="Let the configuration read ${env.NAME}, even if the name suggests a secret.",
)
POLICY = click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="YAML file of guardrails to add to those of the configuration; the stricter ones apply.",
)
_WHERE = (
    POLICY,
    ALLOW_FILE,
    ALLOW_ENV,
    click.option(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_pairs,
        help="Set ${var.NAME} in the YAML.",
    ),
    click.option(
        "--env",
        metavar="ENV",
        shell_complete=complete_environment,
        help="Apply the overrides in environments/ENV.yaml.",
    ),
    click.argument("path", type=click.Path(path_type=Path), default="."),
)
_HOW = (
    click.option(
        "--log-format",
        type=click.Choice(FORMATS),
        default="text",
        help="Format of messages on stderr: plain lines, or one JSON object per line.",
    ),
    click.option("-v", "--verbose", is_flag=True, help="Show every request and its id on stderr."),
    NO_COLOR,
    click.option("--allow-api-base", is_flag=True, help="Allow any https address in STRIPE_API_BASE."),
    click.option(
        "--max-endpoint-rps",
        type=click.FloatRange(min=0.1),
        callback=rate,
        help="Maximum requests per second to each endpoint (default: 25, or --max-rps if lower).",
    ),
    click.option(
        "--max-rps",
        type=click.FloatRange(min=0.1),
        callback=rate,
        help="Maximum requests per second in total (default: 100 in live mode, 25 in test mode).",
    ),
    SANDBOX,
)


def config_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a command that reads the configuration, and pass them as `Options`."""
    return as_struct(command, _WHERE)


def reading_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options for reading files, but not PATH, and pass them as `Options`."""
    return as_struct(command, _WHERE[1:-1])


def stripe_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a command that also connects to Stripe, and pass all of them as `Options`."""
    return as_struct(command, (*_HOW, *_WHERE))


def part_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a command that can process a part of a plan, and pass all of them as `Options`."""
    return as_struct(command, (*_PART, *_HOW, *_WHERE))


def as_struct(
    command: Callable[..., R], options: Sequence[Callable[..., Any]], kind: type[Struct] = Options
) -> Callable[..., R]:
    """Add options to a command, and pass it those that are fields of `kind` as one struct."""
    names = [field.name for field in fields(kind)]

    @wraps(command)
    def run(**given: Any) -> R:
        shared = {name: given.pop(name) for name in names if name in given}
        set_up(verbose=shared.get("verbose", False), format_=shared.get("log_format", "text"))
        return command(kind(**shared), **given)

    return with_options(run, options)


def stripe_only_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a command that handles PATH itself, and pass the others as `Options`."""
    return as_struct(command, (*_HOW, *_WHERE[:-1]))


def key_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a command that needs no configuration, and pass them as `Options`."""
    return as_struct(command, _HOW)


write_options = one_struct("manner", WriteOptions, (detail_options, *_WRITE))
"""Adds the options of every command that changes Stripe, and passes them as `WriteOptions`."""
