"""Where a key may go: Stripe, this machine with a test key, elsewhere only on a person's word."""

import pytest

from provisioner.core.model.errors import AccessError
from provisioner.stripe_api.credentials import safe_base


@pytest.mark.parametrize(
    "base", ["https://example.com", "https://api.stripe.com.evil.example", "https://host:8443"]
)
def test_another_host_needs_a_word(base):
    with pytest.raises(AccessError, match="--allow-api-base"):
        safe_base(base, "test")
    assert safe_base(base + "/", "test", elsewhere=True) == base


@pytest.mark.parametrize("base", ["https://example.com", "http://127.0.0.1:4242", "https://localhost"])
def test_a_live_key_goes_nowhere_but_to_stripe(base):
    with pytest.raises(AccessError, match="a live key is sent only to Stripe"):
        safe_base(base, "live", elsewhere=True)


@pytest.mark.parametrize(
    "base", ["http://example.com", "ftp://127.0.0.1", "http://127.0.0.1.example.com", "127.0.0.1"]
)
def test_no_key_goes_in_the_clear(base):
    with pytest.raises(AccessError, match="https://"):
        safe_base(base, "test", elsewhere=True)


def test_stripe_and_this_machine_are_fine():
    assert safe_base(None, "live") is None
    assert safe_base("https://api.stripe.com/", "live") is None
    assert safe_base("http://127.0.0.1:4242/", "test") == "http://127.0.0.1:4242"
    assert safe_base("http://[::1]:4242", "test") == "http://[::1]:4242"
