"""`test`: check that each card approves and declines purchases as expected."""

import json
from pathlib import Path

import click

from provisioner.app.configuration import with_grants
from provisioner.app.purchases import CHOICES, in_test_mode, offline, on_sandbox, refuse_live
from provisioner.cli.options.shared import Options, load, stripe_options, text_or_json
from provisioner.cli.session import session
from provisioner.cli.terminal.exit import DONE, ERROR, exits
from provisioner.cli.terminal.progress import collect_scenarios
from provisioner.cli.terminal.render import say_text, width
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.purchases.generate import boundaries
from provisioner.core.purchases.result import Standing
from provisioner.engine.private_file import write_private
from provisioner.views.purchases.scenarios import HANGING, results_document, results_junit, results_text


@click.command()
@stripe_options
@click.option(
    "--offline", "told", is_flag=True, help="Use only the offline simulator; needs no key and no network."
)
@click.option("--generate", is_flag=True, help="Add generated purchases at the limits of each card.")
@click.option(
    "--junit", type=click.Path(path_type=Path, dir_okay=False), help="Also write JUnit XML to this file."
)
@text_or_json()
@exits
def command(options: Options, *, told: bool, generate: bool, junit: Path | None, format_: str) -> int:
    """
    Run the purchase scenarios in the configuration at PATH; exit 1 unless all results are as expected.

    With --sandbox, each scenario runs in an empty private sandbox; without it, on the applied cards in
    Stripe's test mode, where held amounts are released afterwards. Both check the offline simulator, too.
    """
    config = with_grants(load(options))
    scenarios = [*config.scenarios, *(boundaries(config.declared, CHOICES, "cards") if generate else ())]
    if not scenarios:
        card = next((address.name for address in config.declared if address.section == "cards"), "NAME")
        raise ProvisionerError(
            "the configuration has no scenarios. Add one, such as `scenarios: {lunch: {card: "
            f'{card}, amount: "12.00 USD", category: eating_places_restaurants, expect: approved}}}}`; or '
            "use --generate, which makes purchases at the limits of each card"
        )
    place = "offline" if told else "sandbox" if options.sandbox else "stripe"
    if told:
        results = list(offline(config, scenarios))
    elif options.sandbox:
        results = collect_scenarios(on_sandbox(config, scenarios), len(scenarios))
    else:
        refuse_live(config)
        with session(options) as stripe:
            results = collect_scenarios(in_test_mode(stripe, scenarios), len(scenarios))
    if junit:
        write_private(junit, results_junit(results, config.project))
    if format_ == "json":
        click.echo(json.dumps(results_document(results, place, config.project, config.mode), indent=2))
    else:
        say_text(results_text(results, place, width()), color=options.color, hanging=HANGING)
    return DONE if all(result.standing is Standing.PASSED for result in results) else ERROR
