"""The option of commands that may remember the account that they have read."""

import click

SNAPSHOT = click.option(
    "--snapshot",
    is_flag=True,
    help="Also remember the account in .provisioner/estate.db, for the lines over time of serve and report.",
)
