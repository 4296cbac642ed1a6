"""
Physical bundles: a card, its carrier, and its envelope (docs.stripe.com/api/issuing/physical_bundles).

All accounts have the standard ones, a black and a white card (docs.stripe.com/issuing/cards/choose-bundle).
Stripe makes custom ones; in the sandbox, an act does.
"""

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.registry import Route, registered
from provisioner.sandbox.rules.common.listing import listed, retrieve
from provisioner.sandbox.state.objects import Resource, Tx, new_id

Json = dict[str, Any]

BUNDLE = registered(
    Resource("issuing.physical_bundle", "ics_", "physical bundle", filters=("status", "type"), shared=True)
)
_FEATURES = ("card_logo", "carrier_text", "second_line")
_POLICIES = frozenset({"optional", "required", "unsupported"})
_STATUSES = frozenset({"active", "inactive", "review"})
# The ids are fixed, so that configurations and tests can name them.
_STANDARD = (("ics_SandboxStandardBlack", "Standard black"), ("ics_SandboxStandardWhite", "Standard white"))


def begin(own: Tx) -> str:
    """Create the standard bundles of a new sandbox, unless they exist, and return the id of the first."""
    for bundle_id, name in _STANDARD:
        if own.get(BUNDLE, bundle_id) is None:
            own.add(
                BUNDLE, _bundle(bundle_id, name, "standard", "active", dict.fromkeys(_FEATURES, "optional"))
            )
    return _STANDARD[0][0]


def make(tx: Tx, name: str, asked: Mapping[str, str]) -> Json:
    """
    Create a custom bundle, and return it.

    `asked` has the policies of its features (`{"card_logo": "required"}`; others are optional) and its status
    (`active` by default). Raises ValueError for other members and values.
    """
    status = asked.get("status", "active")
    features = dict.fromkeys(_FEATURES, "optional") | {
        key: value for key, value in asked.items() if key != "status"
    }
    if features.keys() != set(_FEATURES) or not _POLICIES.issuperset(features.values()):
        raise ValueError(f"a bundle has {', '.join(_FEATURES)}, each one of {', '.join(sorted(_POLICIES))}")
    if status not in _STATUSES:
        raise ValueError(f"status must be one of {', '.join(sorted(_STATUSES))}")
    made = _bundle(new_id(BUNDLE.prefix, 14), name, "custom", status, features)
    tx.add(BUNDLE, made)
    return made


def _bundle(bundle_id: str, name: str, kind: str, status: str, features: Mapping[str, str]) -> Json:
    return {
        "id": bundle_id,
        "object": "issuing.physical_bundle",
        "features": dict(features),
        "livemode": False,
        "name": name,
        "status": status,
        "type": kind,
    }


_URL = "/v1/issuing/physical_bundles"
_OF = "issuing.PhysicalBundle"
_SCOPE = "issuing_physical_bundle"
ROUTES = (
    Route("GET", _URL, listed(BUNDLE, _URL), _OF + "ListParams", _SCOPE, BUNDLE),
    Route("GET", _URL + "/{id}", retrieve(BUNDLE), _OF + "RetrieveParams", _SCOPE, BUNDLE),
)
