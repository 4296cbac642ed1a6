"""
The option `--notify`, which sends a notice when a command ends; it changes neither result nor exit
code.
"""

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
    """The content of a notice, collected while the command runs."""

    place: NoticePlace
    """The project, environment, mode and account that the command is about."""
    wanted: bool = True
    """False if nobody is notified, so that nothing needs to be collected."""
    result: Document | None = None
    """The JSON document that the command prints, once it is known."""
    told: Highlights = field(default_factory=Highlights)
    """The parts of the result that the notice shows."""
    error: Document | None = None
    """The error, which replaces the result."""

    def of(self, config: Config) -> None:
        """Set the place from the configuration, once it has been read."""
        self.at(config.project, config.mode, config.account)

    def at(self, project: str, mode: str, account: str | None = None) -> None:
        """Set the name of the project or fleet, its mode and its account."""
        self.place = replace(self.place, project=project, mode=mode, account=account or self.place.account)

    def has(self, result: Callable[[], Document], told: Callable[[], Highlights], account: str = "") -> None:
        """Set the result so far, which is made only if somebody is notified; it replaces an earlier one."""
        if self.wanted:
            self.result, self.told = result(), told()
            account = account or self.result.get("account") or ""
            self.place = replace(self.place, account=account or self.place.account)


class _OneALine(click.types.StringParamType):
    """
    A target of notices. In the environment variable there is one per line, because commands contain
    spaces.
    """

    name = "target"
    envvar_list_splitter = "\n"


def notified(command_name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Add the option `--notify` to a command. The command fills in a `Notification`, which is sent at its
    end.
    """

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "--notify",
            type=_OneALine(),
            multiple=True,
            metavar="TARGET",
            envvar=NAME,
            show_envvar=True,
            help="Notify a Slack-compatible webhook (https://...) or a command (JSON on its stdin) if there "
            "is something to report. A webhook address is a secret: prefer the environment variable.",
        )
        @wraps(command)
        def run(options: Any, *, notify: Sequence[str], **given: Any) -> None:
            targets = list(_targets(notify))
            env = getattr(options, "env", None)
            account = os.environ.get("STRIPE_ACCOUNT") or None
            place = NoticePlace(
                command_name, str(options.path), env, account=account, run=run_address(os.environ)
            )
            news = Notification(place, wanted=bool(targets))
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
    """Yield the usable targets. Warn about the others at once, rather than when a notice is needed."""
    given = [text for text in map(str.strip, texts) if text]
    for number, text in enumerate(given, start=1):
        try:
            yield parse_target(text)
        except ValueError as error:
            which = f" (number {number})" if len(given) > 1 else ""
            with lasting():
                tell(
                    f"Warning: the --notify target{which} {error}; it will not be notified",
                    level=logging.WARNING,
                )


def announce(texts: Sequence[str], place: NoticePlace, code: int, error: str) -> None:
    """Notify targets of an error that happened before a command could start."""
    _deliver(list(_targets(texts)), Notification(place, error={"error": error}), code)


def _deliver(targets: Sequence[Target], news: Notification, code: int) -> None:
    """Notify all targets. Errors are logged rather than raised, because the command's work is done."""
    if not targets:
        return
    from provisioner.notify.send import deliver  # noqa: PLC0415 - cold start: few runs notify

    with lasting():
        try:
            notice = notice_document(news.place, code, news.result or {}, news.told, news.error)
            for target, trouble in deliver(targets, notice, json.dumps(notice, indent=2), on_signal):
                tell(f"Warning: {target.name} was not notified: {trouble}", level=logging.WARNING)
        except Exception as error:  # noqa: BLE001 - its text may hold anything
            tell(f"Warning: no notification was sent: {type(error).__name__}", level=logging.WARNING)


def run_address(environ: Mapping[str, str]) -> str | None:
    """Return the address of the current CI run's page, from GitHub's or GitLab's variables."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (environ.get(name) for name in names)
    if server and repository and number:
        return f"{server}/{repository}/actions/runs/{number}"
    return environ.get("CI_JOB_URL") or None
