"""The options of commands that judge past purchases: the period, and the file that stores them."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provisioner.cli.options.grouped import with_options

if TYPE_CHECKING:
    from provisioner.app.history import PastPeriod

R = TypeVar("R")
MOST = 3650  # days
_DAYS = re.compile(r"(?P<days>[0-9]{1,4})d?")


def _days(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """Read a number of days."""
    match = _DAYS.fullmatch(text) if text is not None else None
    days = int(match["days"]) if match else 0
    if text is not None and not 0 < days <= MOST:
        raise click.BadParameter(f"{text!r} is not a number of days up to {MOST}d, such as 90d")
    return days or None


_KEEPING = (
    click.option(
        "--merchant-names",
        "with_merchants",
        is_flag=True,
        help="Read and show the names of merchants, and store them in the history file.",
    ),
    click.option(
        "--history",
        "history",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Store the purchases in FILE, and read only later ones the next time.",
    ),
)


def _period(days: int, history: Path | None, with_merchants: bool) -> "PastPeriod":
    from provisioner.app.history import PastPeriod  # noqa: PLC0415 - cold start: few commands read purchases

    return PastPeriod(days, history, with_merchants)


def period_options(command: Callable[..., R]) -> Callable[..., R]:
    """Add `--days`, `--history` and `--merchant-names` to a command, which receives them as `period`."""

    @wraps(command)
    def run(*words: Any, days: int, history: Path | None, with_merchants: bool, **given: Any) -> R:
        return command(*words, period=_period(days, history, with_merchants), **given)

    days = click.option(
        "--days",
        default="90",
        callback=_days,
        metavar="N",
        help="How many days to look back, from now or from the newest purchase, whichever is later.",
    )
    return with_options(run, (*_KEEPING, days))


def backtest_options(command: Callable[..., R]) -> Callable[..., R]:
    """
    Add `--backtest` and its options to a command, which receives them as `period` (None without
    `--backtest`).
    """

    @wraps(command)
    def run(*words: Any, backtest: int | None, history: Path | None, with_merchants: bool, **given: Any) -> R:
        if backtest is None and (history or with_merchants):
            name = "--history" if history else "--merchant-names"
            raise click.UsageError(f"{name} requires --backtest")
        period = _period(backtest, history, with_merchants) if backtest else None
        return command(*words, period=period, **given)

    days = click.option(
        "--backtest",
        callback=_days,
        metavar="DAYS",
        help="Also show which purchases of the last days, such as 90d, the plan would have declined.",
    )
    return with_options(run, (*_KEEPING, days))
