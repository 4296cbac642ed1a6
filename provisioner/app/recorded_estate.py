"""Reads an estate and stores each reading, so that the pages can show its figures over time."""

import logging
from pathlib import Path

from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.estate import EstateReader, read_sums
from provisioner.core.diff.find import Comparison
from provisioner.core.estate.model import Estate
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.snapshots import SNAPSHOTS, record

log = logging.getLogger("provisioner")
NOT_REMEMBERED = "Warning: the figures were not stored: %s"
PAUSE = 15 * 60  # seconds between two snapshots while a page stays open


class RecordedReader:
    """
    Reads like an `EstateReader`, and stores each complete reading in a file of snapshots.

    `source` is the name of the command. If the file cannot be written, a warning is logged and reading goes
    on.
    """

    def __init__(self, inner: EstateReader, path: Path, source: str) -> None:
        self._inner, self._path, self._source = inner, path, source
        self._last: tuple[Estate, Estate] | None = None

    def read(self) -> Estate:
        """Read everything and store it; raises the same errors as `EstateReader.read`."""
        estate = self._inner.read()
        try:
            past = record(self._path, estate, self._source, PAUSE if self._source == "serve" else 0)
        except ProvisionerError as error:
            log.warning(NOT_REMEMBERED, error)
            past = self._last[1].past if self._last else ()
        return self._with(estate, replace(estate, past=past))

    def read_new(self) -> Estate:
        """Read only new purchases; raises the same errors as `EstateReader.read_new`."""
        if self._last is None:
            return self.read()
        estate = self._inner.read_new()
        before, shown = self._last
        return shown if estate is before else self._with(estate, replace(estate, past=shown.past))

    def _with(self, estate: Estate, shown: Estate) -> Estate:
        self._last = estate, shown
        return shown


def remember(account: Account, source: str, compared: Comparison | None = None) -> None:
    """
    Write a snapshot of an account to the file of the current folder; a failure is said, and stops nothing.

    `compared` is a comparison for which everything was read; without one it is read now.
    """
    try:
        record(SNAPSHOTS, read_sums(account, compared), source)
    except ProvisionerError as error:
        log.warning(NOT_REMEMBERED, error)
