"""The option `--snapshot` of commands that can store the figures of an account."""

import click

SNAPSHOT = click.option(
    "--snapshot",
    is_flag=True,
    help="Also store the account's figures in .provisioner/estate.db, which serve and report show over time.",
)
