"""Find out why Stripe refused an activation, if the object shows the reason."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.model.errors import ProvisionerError, StripeError
from provisioner.core.model.requirements import listed
from provisioner.core.plan.call import Call
from provisioner.engine.ports import Writer

REFUSED = 400
HOLDERS = "issuing/cardholders"


def outstanding(writer: Writer, call: Call, error: StripeError) -> StripeError:
    """Return the error with Stripe's open requirements (SDK: issuing/_cardholder.py, requirements)."""
    if error.status != REFUSED or call.params.get("status") != "active":
        return error
    try:
        wanted = _holder(writer, call).get("requirements") or {}
    except ProvisionerError:
        return error  # the refusal says more than a failed look at its cause
    if not (missing := wanted.get("past_due")):
        return error
    text = f"{error}; Stripe requires {listed(missing)}"
    told = StripeError(text, status=error.status, code=error.code, replayed=error.replayed)
    told.request_id = error.request_id
    return told


def _holder(writer: Writer, call: Call) -> Mapping[str, Any]:
    """Return the cardholder of a card that is created or activated; every card object includes its own."""
    if call.verb == "create":
        identity = call.params.get("cardholder")
        return writer.retrieve(f"{HOLDERS}/{identity}") if identity else {}
    holder = writer.retrieve(f"{call.service.replace('.', '/')}/{call.id}").get("cardholder")
    return holder if isinstance(holder, Mapping) else {}
