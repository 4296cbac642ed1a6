"""Finds out why Stripe rejected an activation, if the object shows the reason."""

from collections.abc import Mapping
from typing import Any

from provisioner.core.model.errors import ProvisionerError, StripeError
from provisioner.core.model.requirements import listed
from provisioner.core.plan.call import Call
from provisioner.engine.ports import Writer

REFUSED = 400
HOLDERS = "issuing/cardholders"


def outstanding(writer: Writer, call: Call, error: StripeError) -> StripeError:
    """
    Return the error, completed with Stripe's open requirements (SDK: issuing/_cardholder.py,
    requirements).
    """
    if error.status != REFUSED or call.params.get("status") != "active":
        return error
    # those of the card that is created or activated, because every card object includes its cardholder
    holder: Any = {}
    try:
        if call.verb != "create":
            holder = writer.retrieve(f"{call.service.replace('.', '/')}/{call.id}").get("cardholder")
        elif identity := call.params.get("cardholder"):
            holder = writer.retrieve(f"{HOLDERS}/{identity}")
    except ProvisionerError:
        return error  # the rejection is more useful than an error while looking for its cause
    wanted = holder.get("requirements") if isinstance(holder, Mapping) else None
    if not (missing := (wanted or {}).get("past_due")):
        return error
    text = f"{error}; Stripe requires {listed(missing)}"
    told = StripeError(text, status=error.status, code=error.code, replayed=error.replayed)
    told.request_id = error.request_id
    return told
