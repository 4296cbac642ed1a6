"""Exports objects in Stripe as the YAML that describes them."""

from provisioner.app.account import Account
from provisioner.config import export as exporting
from provisioner.core.diff.grants import values_for_a_while


def export(account: Account, *, with_account: bool = False) -> str:
    """
    Return the YAML of all objects in Stripe that belong to the project or to no project.

    Comments mark values that a grant of the configuration sets temporarily. With `with_account`, the YAML
    names the account if the key may read it. Raises as `Account.compare` does, and ProvisionerError if there
    is nothing to export.
    """
    snapshot, inventory = account.take_inventory()
    identity = snapshot.account.get("id") if with_account else None
    project, mode = account.config.project, account.config.mode
    comments = values_for_a_while(account.kinds, account.config, inventory)
    return exporting.export(account.kinds, project, mode, snapshot, inventory, identity, comments)
