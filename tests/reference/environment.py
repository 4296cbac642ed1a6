"""The environment variables that the code reads, each with what it does."""

import re
from collections.abc import Iterator
from pathlib import Path

import provisioner
from provisioner.cli.commands.completion import VARIABLE
from provisioner.config.text.outside import KEY_BEGINNINGS, KEY_PARTS, KEY_WORDS

from . import markdown
from .markdown import code, prose, table

ROOT = Path(provisioner.__file__).parent
OF_A_CI = ("CI_", "GITHUB_")
NAME = re.compile(r'"((?:[A-Z]+_)+[A-Z]+|CI|TERM)"')

OURS = {
    "STRIPE_API_KEY": "The key: `sk_test_`, `rk_test_`, `sk_live_` or `rk_live_`. It is taken from nowhere "
    "else, and one of another mode than the configuration's is refused (exit 7). Not needed with "
    "`--sandbox`.",
    "STRIPE_ACCOUNT": "A connected account to work on (`Stripe-Account`). With `fleet` the roster says it "
    "instead.",
    "STRIPE_API_BASE": "Another address than `https://api.stripe.com`, for tests: https, or http on this "
    "machine; scheme, host and port only. A live key goes to Stripe's alone; a test key elsewhere only with "
    "`--allow-api-base`.",
    "REQUESTS_CA_BUNDLE": "A file or folder of certificates to trust in the place of the usual ones, behind "
    "a proxy that looks into connections.",
    "CURL_CA_BUNDLE": "The same, where `REQUESTS_CA_BUNDLE` is not set.",
    "DASK_SCHEDULER_ADDRESS": "With `fleet --executor dask`: the scheduler, as `--scheduler`.",
    "PROVISIONER_NOTIFY": "Whom to tell how a command ended, one target a line, as `--notify`.",
    "NO_COLOR": "Set to anything: no colour (no-color.org).",
    "CI": "Set to anything: progress is plain lines, never drawn.",
    "TERM": "`dumb`: no colour, nothing drawn.",
}
IN_CI = {
    "STRIPE_READ_KEY": "A restricted key that may only read, for plans and drift.",
    "STRIPE_API_KEY": "A restricted key that may write, for the apply.",
    "PROVISIONER_GITLAB_TOKEN": "A GitLab token that may write comments and issues.",
}
OTHERS = {
    "HTTPS_PROXY, ALL_PROXY, "
    "NO_PROXY": "The way to Stripe, as other programs take it. What is sent to this machine goes through "
    "no proxy.",
    "COLUMNS": "How wide a terminal is taken to be.",
    "GITHUB_..., CI_...": "What GitHub and GitLab tell their jobs: notices and comments name the run by it.",
    VARIABLE: "Set by the shell when it completes a command line (`provisioner completion`).",
}


def page() -> str:
    """The page: ours, other people's, and what the configuration reads."""
    return markdown.page(
        "Environment",
        table(("variable", "does"), [(code(name), text) for name, text in OURS.items()]),
        prose("Secrets that the workflows of `provisioner init` and the [templates](../ci.md) ask a CI for:"),
        table(("secret", "is"), [(code(name), text) for name, text in IN_CI.items()]),
        prose("Conventions of others that hold here too:"),
        table(
            ("variable", "does"),
            [(", ".join(map(code, name.split(", "))), text) for name, text in OTHERS.items()],
        ),
        prose(
            "A configuration may read variables with `${env.NAME}`; such a value is sensitive: shown in no "
            "plan, log or file. Names of variables that hold keys are refused, unless the command has "
            "`--allow-env NAME`, as the author of a pull request could send what they hold to Stripe: names "
            f"that begin with {_codes(KEY_BEGINNINGS)}, that contain {_codes(KEY_PARTS)}, or that have "
            f"{_codes(KEY_WORDS)} as a word of their own; in lowercase, too. Whatever its name, a "
            "variable is refused whose value is a key of Stripe's or GitHub's, a private key, or an address "
            "with a password (`postgres://user:password@host`)."
        ),
        prose(
            "Every other setting is an [option](commands.md) or stands in the "
            "[configuration](configuration.md)."
        ),
    )


def _codes(names: tuple[str, ...]) -> str:
    *most, last = map(code, names)
    return f"{', '.join(most)} or {last}"


def read() -> set[str]:
    """The names that the code may ask the environment for: what looks like one where the environment is."""
    return set(_read())


def _read() -> Iterator[str]:
    for file in ROOT.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "environ" in text or "envvar" in text:
            yield from (name for name in NAME.findall(text) if not name.startswith(OF_A_CI))
