"""The option `--metrics`, which writes metrics of a run to a file for Prometheus, even if the run fails."""

import logging
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from provisioner.cli.terminal.log import listen, tell
from provisioner.cli.terminal.stdio import lasting
from provisioner.core.model.errors import ExitCode, ProvisionerError
from provisioner.engine.private_file import check_replaceable, write_private
from provisioner.views.metrics import RunFigures, metrics_text


class _Requests(logging.Handler):
    """Counts the requests that Stripe answered."""

    def __init__(self, figures: RunFigures) -> None:
        super().__init__(logging.DEBUG)
        self._figures = figures

    def emit(self, record: logging.LogRecord) -> None:
        facts = getattr(record, "facts", {})
        if "path" in facts:
            self._figures.requests[facts["method"]] += 1


def measured(command_name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Add the option `--metrics` to a command, which fills in `RunFigures` to be written at its end."""

    def wrap(command: Callable[..., None]) -> Callable[..., None]:
        @click.option(
            "--metrics",
            "file",
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Write metrics of this run to FILE in Prometheus' text format, even if the run fails.",
        )
        @wraps(command)
        def run(options: Any, *, file: Path | None, **given: Any) -> None:
            figures = RunFigures(command_name, wanted=file is not None)
            if file is None:
                command(options, figures=figures, **given)
                return
            try:
                check_replaceable(file)
                file.parent.stat()
            except OSError as error:
                raise click.BadParameter(
                    f"{file} cannot be written: {error.strerror}", param_hint="'--metrics'"
                ) from None
            except ProvisionerError as error:
                raise click.BadParameter(str(error), param_hint="'--metrics'") from None
            begun = time.monotonic()
            with listen(_Requests(figures)):
                try:
                    command(options, figures=figures, **given)
                except SystemExit as end:
                    figures.exit_code = end.code if isinstance(end.code, int) else ExitCode.ERROR
                    figures.seconds = time.monotonic() - begun
                    _write(file, figures)
                    raise

        return run

    return wrap


def _write(file: Path, figures: RunFigures) -> None:
    """Write the metrics. Errors are logged rather than raised, because the command's work is done."""
    figures.at = time.time()
    with lasting():
        try:
            earlier = file.read_text(encoding="utf-8") if file.is_file() else ""
            write_private(file, metrics_text(figures, earlier))
        except (ProvisionerError, OSError, ValueError) as error:
            tell(f"Warning: the metrics were not written: {error}", level=logging.WARNING)
