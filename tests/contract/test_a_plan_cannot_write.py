"""Law 1: the client that a plan is made with has no way to write."""

import inspect
import re

from provisioner.stripe_api import StripeReader


def test_law_1_a_reader_has_no_method_that_writes() -> None:
    public = {name for name, _ in inspect.getmembers(StripeReader, callable) if not name.startswith("_")}
    assert public == {"retrieve", "list", "page"}


def test_law_1_a_reader_sends_nothing_but_get() -> None:
    sent = re.findall(r'\.send\(\s*"([A-Z]+)"', inspect.getsource(StripeReader))
    assert sent
    assert set(sent) == {"GET"}
