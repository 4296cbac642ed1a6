"""Write the page of environment variables that the code reads."""

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
NAME = re.compile(r'"((?:[A-Z]+_)+[A-Z]+|CI|TERM|TRACEPARENT)"')

OURS = {
    "STRIPE_API_KEY": "The Stripe key: `sk_test_`, `rk_test_`, `sk_live_`, or `rk_live_`. It is read only "
    "from here, and a key whose mode differs from the configuration's is rejected (exit code 7). Not "
    "needed with `--sandbox`.",
    "STRIPE_ACCOUNT": "The connected account to work on (`Stripe-Account`). With `fleet`, the roster "
    "lists the accounts instead.",
    "STRIPE_API_BASE": "An address to use instead of `https://api.stripe.com`, for tests: https, or http "
    "on this machine; only scheme, host, and port. A live key is sent only to Stripe; a test key is sent "
    "to another machine only with `--allow-api-base`.",
    "REQUESTS_CA_BUNDLE": "A file or folder of certificates to trust instead of the default ones, for use "
    "behind a proxy that inspects TLS connections.",
    "CURL_CA_BUNDLE": "The same, if `REQUESTS_CA_BUNDLE` is not set.",
    "DASK_SCHEDULER_ADDRESS": "With `fleet --executor dask`: the address of the scheduler, like "
    "`--scheduler`.",
    "PROVISIONER_NOTIFY": "Targets to notify when a command ends, one per line, like `--notify`.",
    "NO_COLOR": "If set to any value: no color (no-color.org).",
    "FORCE_COLOR": "If set, and not to `0`: color even where stdout is not a terminal, such as in the log "
    "of a CI job. `NO_COLOR` wins over it.",
    "CLICOLOR_FORCE": "The same as `FORCE_COLOR`.",
    "CI": "If set to any value: progress is printed as plain lines, without animation.",
    "TERM": "`dumb`: no color, no animation.",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "Where traces are sent to, if the extra `otel` is installed "
    "([Metrics and traces](../metrics.md)). OpenTelemetry's other variables apply as well.",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "The same, for traces alone.",
    "OTEL_SERVICE_NAME": "The name of the service in traces (default: `provisioner`).",
    "TRACEPARENT": "The trace of the job that runs the command, which the command's trace continues.",
}
IN_CI = {
    "STRIPE_READ_KEY": "A read-only restricted key, for plans and drift.",
    "STRIPE_API_KEY": "A restricted key that can write, for the apply.",
    "PROVISIONER_GITLAB_TOKEN": "A GitLab token that can write comments and issues.",
}
OTHERS = {
    "HTTPS_PROXY, ALL_PROXY, "
    "NO_PROXY": "The proxy for connections to Stripe, as in other programs. Connections to this machine "
    "never use a proxy.",
    "COLUMNS": "The width of the terminal.",
    "GITHUB_..., CI_...": "Variables that GitHub and GitLab set for their jobs; notices and comments use "
    "them to identify the run, and annotations to name files relative to the repository.",
    VARIABLE: "Set by the shell when it completes a command line (`provisioner completion`).",
}


def page() -> str:
    """Return the page: our variables, common variables, and variables that the configuration reads."""
    return markdown.page(
        "Environment",
        table(("variable", "meaning"), [(code(name), text) for name, text in OURS.items()]),
        prose("The workflows of `provisioner init` and the [templates](../ci.md) use these CI secrets:"),
        table(("secret", "meaning"), [(code(name), text) for name, text in IN_CI.items()]),
        prose("These common variables also have an effect:"),
        table(
            ("variable", "meaning"),
            [(", ".join(map(code, name.split(", "))), text) for name, text in OTHERS.items()],
        ),
        prose(
            "A configuration can read variables with `${env.NAME}`. Their values are sensitive and "
            "never appear in a plan, log, or file. The author of a pull request could use this to send a "
            "key to Stripe, so variables with the names of keys are rejected unless the command has "
            f"`--allow-env NAME`. These are names that begin with {_codes(KEY_BEGINNINGS)}, that contain "
            f"{_codes(KEY_PARTS)}, or that have {_codes(KEY_WORDS)} as a separate word, in uppercase or "
            "lowercase. Regardless of its name, a variable is also rejected if its value is a Stripe or "
            "GitHub key, a private key, or an address with a password (`postgres://user:password@host`)."
        ),
        prose(
            "All other settings are [options](commands.md) or part of the [configuration](configuration.md)."
        ),
    )


def _codes(names: tuple[str, ...]) -> str:
    *most, last = map(code, names)
    return f"{', '.join(most)}, or {last}"


def read() -> set[str]:
    """Return the variables that the code can read: names of that form in files that use the environment."""
    return set(_read())


def _read() -> Iterator[str]:
    for file in ROOT.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        if "environ" in text or "envvar" in text:
            yield from (name for name in NAME.findall(text) if not name.startswith(OF_A_CI))
