"""`drift`: compare Stripe with the state after the last apply."""

import json
import logging
from functools import partial

import click
from msgspec import Struct
from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.app.cache import Cache, compare
from provisioner.app.drift import DriftReport, drift_of, explain_drift
from provisioner.cli.options.cache import cache_options
from provisioner.cli.options.grouped import one_struct
from provisioner.cli.options.metrics import measured
from provisioner.cli.options.notify import Notification, notified
from provisioner.cli.options.remember import SNAPSHOT
from provisioner.cli.options.shared import Options, stripe_options
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import CHANGES, DONE, exits
from provisioner.cli.terminal.log import tell
from provisioner.cli.terminal.render import say_page, say_text, width
from provisioner.core.diff.drift_document import DriftDocument, drift_document
from provisioner.core.plan.document import as_json
from provisioner.engine.read.attribution import Explanation
from provisioner.notify.notice import tell_drift
from provisioner.views.drift import drift_markdown, drift_text
from provisioner.views.metrics import RunFigures

FORMATS = ("text", "json", "markdown")
_TOLD = (
    SNAPSHOT,
    click.option(
        "--unmanaged", is_flag=True, help="Also list objects that the configuration does not manage."
    ),
    click.option(
        "--explain",
        "explained",
        is_flag=True,
        help="Show when and by which request each change was made, from Stripe's events.",
    ),
)


class DriftOptions(Struct, frozen=True):
    """Options for information beyond the drift itself."""

    explained: bool
    """True to find the event of each change (`--explain`)."""
    unmanaged: bool
    """True to list objects that are not managed (`--unmanaged`)."""
    snapshot: bool
    """True to remember the account."""


@click.command()
@stripe_options
@one_struct("wanted", DriftOptions, _TOLD)
@cache_options
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="Output format.")
@notified("drift")
@measured("drift")
@exits
def command(
    options: Options,
    *,
    wanted: DriftOptions,
    cache: Cache | None,
    format_: str,
    news: Notification,
    figures: RunFigures,
) -> int:
    """
    Report changes made outside of provisioner since the last apply of PATH; exit 2 if there are any.

    Changes of the configuration that are not applied yet are listed, but are not drift.
    """
    with session(options, news.of, figures.of) as stripe:
        if cache and wanted.snapshot:
            cache = replace(cache, refresh=True)  # A cache does not contain everything that a snapshot needs.
        compared = compare(stripe, cache, sealed=False)
        seen = drift_of(stripe, compared)
        document = told(stripe, seen, explained=wanted.explained, unmanaged=wanted.unmanaged)
        if wanted.snapshot:
            from provisioner.app.recorded_estate import remember  # noqa: PLC0415 - cold start: few runs remember

            remember(stripe, "drift", compared)
        if figures.wanted:
            figures.saw(stripe.kinds, stripe.plan(compared))
    figures.drift = document
    if document.summary.drift:
        news.has(partial(as_json, document), partial(tell_drift, document), seen.account)
    if format_ == "json":
        click.echo(json.dumps(as_json(document), indent=2))
    elif format_ == "markdown":
        say_page(drift_markdown(document))
    else:
        say_text(drift_text(document, width()), color=options.color)
    return CHANGES if document.summary.drift else DONE


def told(stripe: Account, seen: DriftReport, *, explained: bool, unmanaged: bool) -> DriftDocument:
    """Return the drift document. With `explained`, Stripe's events are read, too."""
    explanation = explain_drift(stripe, seen) if explained else Explanation()
    if explanation.gap:
        tell(f"Warning: {explanation.gap}.", level=logging.WARNING)
    return drift_document(
        stripe.config, seen.account, seen.drifts, explanation.traces, seen.others, listed=unmanaged
    )
