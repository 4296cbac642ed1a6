"""The kinds of resources: one file each, facts only; this package finds them."""

from provisioner.core.kind import Kind
from provisioner.kinds import balance_target, card, cardholder

KINDS: tuple[Kind, ...] = (cardholder.KIND, card.KIND, balance_target.KIND)
