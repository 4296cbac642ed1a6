"""Law 1: the client that a plan is made with has no way to write."""

import inspect
import re
import subprocess
import sys

from provisioner.stripe_api.gateway import StripeReader


def test_law_1_a_reader_has_no_method_that_writes() -> None:
    public = {name for name, _ in inspect.getmembers(StripeReader, callable) if not name.startswith("_")}
    assert public == {"retrieve", "list", "page"}


def test_law_1_a_reader_sends_nothing_but_get() -> None:
    sent = re.findall(r'\.send\(\s*"([A-Z]+)"', inspect.getsource(StripeReader))
    assert sent
    assert set(sent) == {"GET"}


def test_law_1_a_plan_does_not_even_load_what_writes() -> None:
    """The SDK costs a third of the start of a command, and only those who write need it."""
    loaded = "import sys, provisioner.cli.commands.plan, provisioner.cli.commands.drift; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout
    assert {"provisioner.stripe_api.client", "urllib3"} <= set(said.split())
    assert not {"stripe", "requests", "tenacity"} & set(said.split())
