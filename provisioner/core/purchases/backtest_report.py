"""The document that `backtest --format json` prints: a backtest, and the account that it is about."""

from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from provisioner.core.model.json_document import Format
from provisioner.core.purchases.backtest_document import BacktestDocument


class BacktestReport(BacktestDocument, frozen=True, kw_only=True):
    """Past purchases, judged by the controls that a plan would leave, with the account that they are of."""

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
    """Return a backtest without the names of merchants, to be kept with a saved plan."""
    return replace(
        found,
        examples=tuple(replace(each, merchant="") for each in found.examples),
        disagreements=tuple(replace(each, merchant="") for each in found.disagreements),
    )
