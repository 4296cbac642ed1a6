"""`lsp`: run the language server, which editors start and communicate with."""

import os

import click

from provisioner.cli.options.shared import Options, reading_options
from provisioner.cli.terminal.exit import DONE, exits
from provisioner.core.model.errors import ProvisionerError


@click.command()
@reading_options
@click.option(
    "--stdio",
    is_flag=True,
    hidden=True,
    help="Use standard input and output (the default; some editors pass this option).",
)
@exits
def command(options: Options, *, stdio: bool) -> int:
    """
    Run a language server on standard input and output, for an editor that starts it.

    It shows the problems that `validate` reports, resolved profiles, and the monthly exposure of cards. It
    completes the names of cardholders, profiles, designs, cards and variables, and finds their definitions.
    It needs the extra `lsp`.
    """
    del stdio
    try:
        from provisioner.app.configuration import ReadingOptions  # noqa: PLC0415 - cold start: after the extra is there
        from provisioner.lsp.server import serve  # noqa: PLC0415 - cold start: an extra, which may be missing
        from provisioner.lsp.workspace import EditorWorkspace  # noqa: PLC0415 - cold start: as above
    except ModuleNotFoundError as error:
        raise ProvisionerError(
            f"lsp needs an extra, because {error.name} is not installed; install it with "
            "pip install 'issuing-provisioner[lsp]'"
        ) from None
    reading = ReadingOptions(os.environ, options.variables, options.allowed)
    serve(EditorWorkspace(reading, options.env)).start_io()
    return DONE
