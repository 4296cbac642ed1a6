"""`version`: print the versions of provisioner and Python."""

import platform

import click

from provisioner._version import __version__


@click.command()
def command() -> None:
    """Print the version."""
    click.echo(f"provisioner {__version__} (Python {platform.python_version()})")
