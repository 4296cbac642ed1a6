"""Checks of the API key and of the address of Stripe's API, which come only from the environment."""

from collections.abc import Mapping

from provisioner.core.model.errors import AccessError
from provisioner.net.address import AddressError, parse_origin

STRIPE = "https://api.stripe.com"
SANDBOX_KEY = "sk_test_sandbox"  # the sandbox accepts any test key


def key_for(mode: str, environ: Mapping[str, str]) -> str:
    """Return the key in STRIPE_API_KEY; raises AccessError without one, or if it is not for `mode`."""
    key = environ.get("STRIPE_API_KEY", "").strip()
    if not key:
        raise AccessError(
            "STRIPE_API_KEY is not set; create a key at dashboard.stripe.com/apikeys, or add --sandbox to "
            "try provisioner without one"
        )
    for prefix in ("sk_", "rk_"):
        if key.startswith(f"{prefix}{mode}_"):
            return key
        if key.startswith((f"{prefix}test_", f"{prefix}live_")):
            other = "live" if mode == "test" else "test"
            raise AccessError(
                f"STRIPE_API_KEY is a {other} key, but the configuration says mode: {mode}; use a "
                f"{mode} key, or a configuration with mode: {other}"
            )
    raise AccessError(
        "STRIPE_API_KEY is not a secret or restricted key "
        "(sk_test_..., rk_test_..., sk_live_..., rk_live_...); copy one from dashboard.stripe.com/apikeys"
    )


def is_unrestricted(key: str) -> bool:
    """Return whether a key can do everything; a restricted key can do only what is set in the Dashboard."""
    return key.startswith("sk_")


def safe_base(base: str | None, mode: str, *, elsewhere: bool = False) -> str | None:
    """
    Return the address to call, or None for Stripe's; raises AccessError if others could read the key.

    The address is returned as it was parsed, so requests go to the address that was checked. A live key is
    sent only to Stripe. A test key may also be sent to this machine and, if `elsewhere` is set, to any https
    address.
    """
    if not base:
        return None
    try:
        address = parse_origin(base)
    except AddressError as error:
        raise AccessError(
            f"STRIPE_API_BASE {error}; give only scheme, host, and port, such as http://127.0.0.1:12111"
        ) from None
    if address.origin == STRIPE:
        return None
    if not address.is_private:
        raise AccessError("STRIPE_API_BASE must be an https:// address, or http:// on this machine")
    if mode == "live":
        raise AccessError("STRIPE_API_BASE is not Stripe's address; a live key is sent only to Stripe")
    if not address.is_loopback and not elsewhere:
        raise AccessError(
            "STRIPE_API_BASE is not Stripe's address, and the server there can read the key; "
            "if you trust it, add --allow-api-base"
        )
    return address.origin
