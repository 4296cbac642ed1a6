"""The document that `backtest --format json` prints: a backtest, with its project and account."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from provisioner.core.model.json_document import Format
from provisioner.core.purchases.backtest_document import BacktestDocument


class BacktestReport(BacktestDocument, frozen=True, kw_only=True):
    """
    A backtest: past purchases judged by the planned controls, with the project and account they belong
    to.
    """

    format_version: Format
    """The version of this format."""
    project: str
    """The name of the project."""
    environment: str | None
    """The environment (`--env`); null if there is none."""
    mode: Annotated[str, Meta(extra_json_schema={"enum": ["test", "live"]})]
    """The mode: test or live."""
    account: str
    """The Stripe account; empty if the key may not read it."""


def without_merchants(found: BacktestDocument) -> BacktestDocument:
    """Return a backtest without merchants' names, to be stored in a saved plan."""
    return replace(
        found,
        examples=tuple(replace(each, merchant="") for each in found.examples),
        disagreements=tuple(replace(each, merchant="") for each in found.disagreements),
    )
