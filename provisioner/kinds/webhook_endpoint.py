"""
Webhook endpoints: the addresses that Stripe sends events to.

Stripe returns the signing secret only when an endpoint is created (SDK: _webhook_endpoint.py). It never
returns whether an endpoint is for connected accounts: `connect` is only a parameter. Stripe has no events
about webhook endpoints.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from provisioner.core.schema.field import Field, OnChange, Shape
from provisioner.core.schema.kind import Fate, FieldFault, Kind, Retirement, Role
from provisioner.kinds.event_types import API_VERSIONS, EVENT_TYPES

URL = r"^https?://[^\s/?#]+([/?#]\S*)?$"


def check(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """Yield a fault for an endpoint without events, which Stripe would reject."""
    if not fields.get("enabled_events"):
        yield FieldFault(
            ("enabled_events",), "'enabled_events' needs at least one event; \"*\" means nearly all"
        )


def check_live(fields: Mapping[str, Any]) -> Iterator[FieldFault]:
    """
    Yield a fault for an address that is not encrypted (docs.stripe.com/webhooks: live mode requires
    HTTPS).
    """
    if str(fields.get("url", "")).startswith("http://"):
        yield FieldFault(("url",), "'url' must begin with https:// in live mode")


def deferred_fields(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Defer `disabled`, which a creation does not accept (SDK: params/_webhook_endpoint_create_params.py)."""
    return {"disabled": True} if fields.get("disabled") else {}


def consequences(fate: Fate, _fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield the other effects of replacing or retiring an endpoint."""
    if fate in (Fate.REPLACED, Fate.RECREATED):
        yield "the new endpoint has a new secret"
    if fate is Fate.DEACTIVATED:
        yield "it receives no events; the same endpoint works again once it is back in the configuration"
    if fate is Fate.CANCELED:
        yield "it is deleted; back in the configuration, it will be a new endpoint with a new secret"


KIND = Kind(
    name="webhook endpoint",
    section="webhook_endpoints",
    service="webhook_endpoints",
    resource="webhook_endpoints",
    doc="An address that Stripe sends events to.",
    rank=3,
    role=Role.ENDPOINT,
    object_name="webhook_endpoint",
    id_prefix="we_",
    lists_by_time=False,
    is_optional=True,
    secret="secret",  # noqa: S106 - the name of a field
    retirement=Retirement(deactivate={"disabled": True}, deletes=True),
    named_by=("url",),
    outline=("url",),
    consequences=consequences,
    check=check,
    check_live=check_live,
    deferred_fields=deferred_fields,
    answered=(Field("status"),),
    fields=(
        Field(
            "url",
            doc="The address that events are sent to. Live mode requires https.",
            required=True,
            pattern=URL,
            pattern_says="an address begins with https:// and has no spaces",
            example="https://hooks.example.com/stripe",
        ),
        Field(
            "enabled_events",
            Shape.SET,
            doc='The types of events to send. `"*"` means all but those that must be named.',
            required=True,
            choices=EVENT_TYPES,
            example=["issuing_authorization.created", "issuing_card.updated"],
        ),
        Field("description", doc="What the endpoint is for.", example="Issuing ledger"),
        Field(
            "disabled",
            Shape.BOOLEAN,
            doc="Whether Stripe sends no events.",
            default=False,
            server_defaults=(False,),
            in_creation=False,
            returned_as="status",
            returned_values={"enabled": False, "disabled": True},
        ),
        Field(
            "api_version",
            doc="The API version of the events. Stripe's default is that of the account.",
            choices=API_VERSIONS,
            on_change=OnChange.REPLACE,
            null_is_unknown=True,
        ),
        Field(
            "connect",
            Shape.BOOLEAN,
            doc="Whether events of connected accounts are sent, instead of the account's own. Stripe never "
            "returns it.",
            default=False,
            write_only=True,
            null_is_unknown=True,
            on_change=OnChange.REPLACE,
        ),
        Field("metadata", Shape.MAP, doc="Your own keys. Keys that begin with `provisioner_` are reserved."),
    ),
)
