"""Retires objects: deactivates or cancels them, including those that `retire` and `destroy` request."""

from collections.abc import Iterable, Sequence

from provisioner.core.diff.change import Action, Change
from provisioner.core.model.config import Config
from provisioner.core.model.errors import ProvisionerError
from provisioner.core.model.resource import Address, Live, references
from provisioner.core.ownership.inventory import Inventory, is_retired
from provisioner.core.schema.kind import Kind, owned


def retire(
    kinds: Sequence[Kind], config: Config, surveyed: Inventory, addresses: Iterable[Address], *, cancel: bool
) -> list[Change]:
    """
    End the objects at some addresses: deactivate them, or cancel them permanently if Stripe can.

    Raises ProvisionerError for an address that has no object, or that is still in the configuration: the next
    apply would create it again.
    """
    changes = []
    for address in addresses:
        kind = next((kind for kind in kinds if kind.section == address.section), None)
        if kind is None or not kind.is_owned:
            raise ProvisionerError(f"{address} has no object in Stripe")
        estate = surveyed.estates[kind.name]
        # an object that has ended permanently counts as done, so that the command can be repeated
        live = estate.current.get(address) or estate.last.get(address)
        if live is None:
            raise ProvisionerError(f"{address} has no object in Stripe")
        if not kind.retirement.can_end:
            raise ProvisionerError(f"{address} stays: Stripe cannot delete a {kind.name}")
        if address in config.declared:
            raise ProvisionerError(
                f"{address} is still in the configuration, so the next apply would bring it back; "
                "remove it from the configuration first"
            )
        if not is_retired(kind, live, cancel=cancel):
            changes.append(end_object(kind, address, live, "requested", cancel=cancel))
    return changes


def retire_all(kinds: Sequence[Kind], surveyed: Inventory, *, cancel: bool) -> list[Change]:
    """
    End all objects of a project, each as its own `on_remove` says unless all are to be canceled.

    Objects that are to be kept are not ended, and neither are objects that they refer to: a card needs its
    cardholder.
    """
    lives = [live for estate in surveyed.estates.values() for live in estate.current.values()]
    kept = [live for live in lives if live.stamp.on_remove == "keep"]
    needed = {address for live in kept for address in references(live.fields)} | {x.address for x in kept}
    changes = []
    for kind in owned(kinds):
        for address, live in sorted(surveyed.estates[kind.name].current.items()):
            final = cancel or live.stamp.on_remove == "cancel"
            if address not in needed and not is_retired(kind, live, cancel=final):
                reason = "requested for the whole project"
                changes.append(end_object(kind, address, live, reason, cancel=final))
    return changes


def end_object(kind: Kind, address: Address, live: Live, reason: str, *, cancel: bool) -> Change:
    """Return the change that ends an object: deactivates it, or cancels it permanently if Stripe can."""
    return Change(
        Action.RETIRE,
        address,
        kind.name,
        reason,
        live=live,
        generation=live.stamp.generation,
        params={"cancel": cancel and kind.retirement.is_permanent},
    )
