"""`--notify`: tell somebody how a command has ended. It changes neither what is done nor the exit code."""

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any

import click
from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.signals import on_signal
from provisioner.cli.terminal.stdio import lasting
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ExitCode
from provisioner.notify.notice import Highlights, NoticePlace, notice_document
from provisioner.notify.target import Target, parse_target

Document = Mapping[str, Any]
NAME = "PROVISIONER_NOTIFY"


class Notification(Struct):
    """What a command has to tell, put in as it goes; `error` is what it says in place of a result."""

    place: NoticePlace
    result: Document | None = None
    told: Highlights = field(default_factory=Highlights)
    error: Document | None = None

    def of(self, config: Config) -> None:
        """Which configuration it is, now that it has been read."""
        self.at(config.project, config.mode, config.account)

    def at(self, project: str, mode: str, account: str | None = None) -> None:
        """Which project or fleet it is."""
        self.place = replace(self.place, project=project, mode=mode, account=account or self.place.account)

    def has(self, result: Document, told: Highlights, account: str = "") -> None:
        """What has come of it so far; in place of what it had before."""
        account = account or result.get("account") or ""
        self.place = replace(self.place, account=account or self.place.account)
        self.result, self.told = result, told


class _OneALine(click.types.StringParamType):
    """Targets in the environment stand one a line, as commands have spaces."""

    name = "target"
    envvar_list_splitter = "\n"


def notified(command_name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command that `exits` the option; it is handed its `News`, which are told when it has ended."""

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "--notify",
            type=_OneALine(),
            multiple=True,
            metavar="TARGET",
            envvar=NAME,
            show_envvar=True,
            help="Tell how it ended, where there is anything to tell: a webhook of Slack's kind "
            "(https://...), or a command that gets JSON on its stdin. An address is a secret: better in the "
            "environment.",
        )
        @wraps(command)
        def run(options: Any, *, notify: Sequence[str], **given: Any) -> None:
            targets = list(_targets(notify))
            env = getattr(options, "env", None)
            account = os.environ.get("STRIPE_ACCOUNT") or None
            place = NoticePlace(
                command_name, str(options.path), env, account=account, run=run_address(os.environ)
            )
            news = Notification(place)
            try:
                command(options, news=news, **given)
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else ExitCode.ERROR
                if code or news.told.title:
                    _deliver(targets, news, code)
                raise

        return run

    return wrap


def _targets(texts: Sequence[str]) -> Iterator[Target]:
    """What can be told; of anything else a warning says so at once, not in the night when it is needed."""
    given = [text for text in map(str.strip, texts) if text]
    for number, text in enumerate(given, start=1):
        try:
            yield parse_target(text)
        except ValueError as error:
            which = f" (number {number})" if len(given) > 1 else ""
            with lasting():
                tell(f"Warning: the target of --notify{which} {error}; it is not told", level=logging.WARNING)


def announce(texts: Sequence[str], place: NoticePlace, code: int, error: str) -> None:
    """Tell some targets of what went wrong before a command could begin."""
    _deliver(list(_targets(texts)), Notification(place, error={"error": error}), code)


def _deliver(targets: Sequence[Target], news: Notification, code: int) -> None:
    """Tell everybody; raises nothing, as what was done is done, whoever hears of it."""
    if not targets:
        return
    from provisioner.notify.send import deliver  # noqa: PLC0415 - cold start: few tell

    with lasting():
        try:
            notice = notice_document(news.place, code, news.result or {}, news.told, news.error)
            for target, trouble in deliver(targets, notice, json.dumps(notice, indent=2), on_signal):
                tell(f"Warning: {target.name} was not told: {trouble}", level=logging.WARNING)
        except Exception as error:  # noqa: BLE001 - its text may hold anything
            tell(f"Warning: nobody was told: {type(error).__name__}", level=logging.WARNING)


def run_address(environ: Mapping[str, str]) -> str | None:
    """The page of the CI run that this is part of, by GitHub's or GitLab's variables."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (environ.get(name) for name in names)
    if server and repository and number:
        return f"{server}/{repository}/actions/runs/{number}"
    return environ.get("CI_JOB_URL") or None
