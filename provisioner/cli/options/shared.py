"""The options that commands share, each with one meaning everywhere, and the configuration that they name."""

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct, field
from msgspec.structs import fields, replace

from provisioner.cli.terminal.log import FORMATS, set_up, tell
from provisioner.core.model.errors import ProvisionerError

if TYPE_CHECKING:
    from provisioner.config.text.outside import Allowed
    from provisioner.core.model.config import Config
    from provisioner.core.model.resource import Address

R = TypeVar("R")
SANDBOX_STATE = Path(".provisioner/sandbox.db")  # what --sandbox keeps in the current folder
FASTEST = 1_000_000  # requests a second: far above what any API lets through, so that every pace is a number


class Options(Struct, frozen=True):
    """What a command was told about where to look and how to talk."""

    path: Path = Path()
    env: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    allow_env: tuple[str, ...] = ()
    allow_files: tuple[str, ...] = ()
    policy: Path | None = None
    sandbox: bool = False
    allow_api_base: bool = False
    max_rps: float | None = None
    max_endpoint_rps: float | None = None
    color: bool | None = None
    verbose: bool = False
    log_format: str = "text"
    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    @property
    def allowed(self) -> "Allowed":
        """What the configuration may read besides."""
        from provisioner.config.text.outside import Allowed  # noqa: PLC0415 - cold start: not every command reads one

        return Allowed(self.allow_env, self.allow_files)

    def at(self, path: str | Path) -> "Options":
        """The same options for another path."""
        return replace(self, path=Path(path))


def load(options: Options) -> "Config":
    """Read the configuration, and tell of its warnings; raises ConfigError."""
    config = _read(options)
    for warning in config.warnings:
        tell(f"Warning: {warning}", level=logging.WARNING)
    return config


def _read(options: Options) -> "Config":
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
    """How a command that writes goes about it; `allow` holds the numbers named for guardrails."""

    allow: Mapping[str, int]
    auto_approve: bool = False
    approve: str | None = None
    format_: str = "text"


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
    Read NAME=NUMBER and NAME.OF=NUMBER, with one of some names.

    Of money a number is minor units, or an amount with its currency as in the YAML; exposure may be
    `unlimited`. Raises BadParameter that says what would be right.
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
    """A number and what it counts for, as amounts say their currency themselves; raises ValueError."""
    from provisioner.core.model.money import parse_money  # noqa: PLC0415 - cold start: few commands judge
    from provisioner.core.plan.document import MONEY  # noqa: PLC0415 - cold start: as above
    from provisioner.core.plan.guardrails import ENDLESS, UNLIMITED  # noqa: PLC0415 - cold start: as above

    what, _, currency = name.partition(".")
    if text.isascii() and text.isdigit():
        return name, int(text)
    if what == "exposure_added" and text == ENDLESS:
        return name, UNLIMITED
    if what not in MONEY:
        raise ValueError("the number is a whole one, such as 12")
    money = parse_money(text)
    if currency not in ("", money.currency):
        raise ValueError(f"{name} is no amount in {money.currency.upper()}")
    return f"{what}.{money.currency}", money.amount


def parsed(parse: Callable[[Any], R]) -> Callable[[click.Context, click.Parameter, Any], R]:
    """The callback of an option that is read by `parse`, whose ValueError says what would be right."""

    def callback(_ctx: click.Context, _param: click.Parameter, given: Any) -> R:
        try:
            return parse(given)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def rate(_ctx: click.Context, _param: click.Parameter, value: float | None) -> float | None:
    """Let only rates pass that a pace can be made of: neither endless nor `nan`."""
    if value is not None and not value <= FASTEST:
        raise click.BadParameter(f"{value} is no number from 0.1 to {FASTEST}, such as 25")
    return value


def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """What a shell offers for an address: those of the configuration; none where it is not sound."""
    given = {name: ctx.params[name] for name in ("env", "allow_env", "allow_files") if ctx.params.get(name)}
    try:
        config = _read(Options(**given).at(ctx.params.get("path") or Path()))
    except (ProvisionerError, OSError):
        return []
    return sorted(name for name in map(str, config.declared) if name.startswith(incomplete))


def address_of(text: str) -> "Address":
    """Read an address such as `cards.ads`; raises ProvisionerError."""
    from provisioner.core.model.resource import Address  # noqa: PLC0415 - cold start: few commands take one

    section, _, name = text.partition(".")
    if not name:
        raise ProvisionerError(f"{text!r} is no address; write SECTION.NAME, such as cards.ads")
    return Address(section, name)


def with_options(command: Callable[..., R], options: Iterable[Callable[..., Any]]) -> Callable[..., R]:
    """Give a command options, the last of them first in its help."""
    for option in options:
        command = option(command)
    return command


def text_or_json(help_: str = "How to report.") -> Callable[..., Any]:
    """Make the option `--format` of a command that has no other format."""
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
        help="Leave out these addresses; 'cards.ads*' stands for many.",
    ),
    click.option(
        "--target",
        "targets",
        multiple=True,
        metavar="ADDRESS",
        shell_complete=complete,
        help="Only these addresses, and what they need; 'cards.ads*' stands for many.",
    ),
)
APPROVE = click.option(
    "--approve",
    type=click.Choice(["broadening"]),
    help="With --auto-approve: give spending power, too, where guardrails.require_approval says so.",
)
AUTO_APPROVE = click.option("--auto-approve", is_flag=True, help="Do not ask.")
CANCEL = click.option("--cancel", is_flag=True, help="For good: a canceled card never comes back.")
CONFIGURATION = click.option(
    "--path", type=click.Path(path_type=Path), default=".", help="The configuration."
)
NO_COLOR = click.option(
    "--no-color", "color", flag_value=False, default=None, help="No colour; NO_COLOR does the same."
)
SANDBOX = click.option("--sandbox", is_flag=True, help="Use the embedded Stripe API; no key, no network.")
_WRITE = (
    text_or_json(),
    APPROVE,
    AUTO_APPROVE,
    click.option(
        "--allow",
        multiple=True,
        metavar="NAME=NUMBER",
        callback=numbers,
        help="Let this plan pass a guardrail, up to the number; the refusal says both. NAME is retired, "
        "protected, stranded, reverted or activated with a count, or top_up or exposure_added with money: "
        "'99.00 USD', or 9900 in minor units. exposure_added also takes 'unlimited'.",
    ),
)
ALLOW_FILE = click.option(
    "--allow-file",
    "allow_files",
    multiple=True,
    metavar="PATH",
    help="Let the configuration read this file, or the files in this folder, which lie elsewhere.",
)
ALLOW_ENV = click.option(
    "--allow-env",
    multiple=True,
    metavar="NAME",
    help="Let ${env.NAME} be read, although variables of such a name hold keys.",
)
POLICY = click.option(
    "--policy",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Guardrails from outside of the configuration, in YAML; of each the stricter one holds.",
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
        help="The value of ${var.NAME} in the YAML.",
    ),
    click.option("--env", metavar="ENV", help="Lay environments/ENV.yaml over the rest."),
    click.argument("path", type=click.Path(path_type=Path), default="."),
)
_HOW = (
    click.option(
        "--log-format",
        type=click.Choice(FORMATS),
        default="text",
        help="What stderr says: lines, or JSON objects.",
    ),
    click.option("-v", "--verbose", is_flag=True, help="Show every request on stderr, with its id."),
    NO_COLOR,
    click.option("--allow-api-base", is_flag=True, help="Let STRIPE_API_BASE be any https address."),
    click.option(
        "--max-endpoint-rps",
        type=click.FloatRange(min=0.1),
        callback=rate,
        help="Most requests a second to each endpoint (default: 25, or --max-rps where that is less).",
    ),
    click.option(
        "--max-rps",
        type=click.FloatRange(min=0.1),
        callback=rate,
        help="Most requests a second in all (default: 100 in live mode, 25 in test mode).",
    ),
    SANDBOX,
)


def config_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of a command that reads the configuration; it is handed them as `Options`."""
    return as_struct(command, _WHERE)


def stripe_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of a command that also talks to Stripe; it is handed all of them as `Options`."""
    return as_struct(command, (*_HOW, *_WHERE))


def part_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of a command that can do a part of a plan; it is handed all of them as `Options`."""
    return as_struct(command, (*_PART, *_HOW, *_WHERE))


def as_struct(
    command: Callable[..., R], options: Sequence[Callable[..., Any]], kind: type[Struct] = Options
) -> Callable[..., R]:
    """Give a command options, and hand it those that the struct has as the struct."""
    names = [field.name for field in fields(kind)]

    @wraps(command)
    def run(**given: Any) -> R:
        shared = {name: given.pop(name) for name in names if name in given}
        set_up(verbose=shared.get("verbose", False), format_=shared.get("log_format", "text"))
        return command(kind(**shared), **given)

    return with_options(run, options)


def stripe_only_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of a command that finds its PATH by itself; it is handed the rest as `Options`."""
    return as_struct(command, (*_HOW, *_WHERE[:-1]))


def key_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of a command that needs no configuration; it is handed them as `Options`."""
    return as_struct(command, _HOW)


def write_options(command: Callable[..., R]) -> Callable[..., R]:
    """The options of every command that writes; it is handed them as `WriteOptions`."""

    @wraps(command)
    def run(*words: Any, **given: Any) -> R:
        manner = WriteOptions(
            **{name: given.pop(name) for name in ("allow", "approve", "auto_approve", "format_")}
        )
        return command(*words, manner=manner, **given)

    return with_options(run, _WRITE)
