"""Plans the retirements requested by `retire` and `destroy`: of some addresses, or of a whole project."""

from collections.abc import Sequence

from provisioner.app.account import Account
from provisioner.core.diff.find import Differences
from provisioner.core.diff.retire import retire, retire_all
from provisioner.core.model.resource import Address
from provisioner.core.plan.plan import Plan


def plan_retirement(account: Account, addresses: Sequence[Address], *, cancel: bool) -> Plan:
    """
    Plan to deactivate the objects at some addresses or, with `cancel`, to cancel them.

    Raises as `Account.compare` does, and ProvisionerError for an address that has no object or is still in
    the configuration.
    """
    snapshot, inventory = account.take_inventory()
    changes = retire(account.kinds, account.config, inventory, addresses, cancel=cancel)
    return account.plan_of(snapshot, inventory, Differences(changes))


def plan_destruction(account: Account, *, cancel: bool) -> Plan:
    """
    Plan to deactivate or cancel all objects of the project but those to be kept; raises as `Account.compare`
    does.
    """
    snapshot, inventory = account.take_inventory()
    changes = retire_all(account.kinds, inventory, cancel=cancel)
    return account.plan_of(snapshot, inventory, Differences(changes))
