"""The kinds of resources: one file for each, which contains only facts."""

from provisioner.core.schema.kind import Kind
from provisioner.kinds import balance_target, card, cardholder, personalization_design, webhook_endpoint

KINDS: tuple[Kind, ...] = (
    cardholder.KIND,
    card.KIND,
    personalization_design.KIND,
    balance_target.KIND,
    webhook_endpoint.KIND,
)
