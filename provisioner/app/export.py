"""Export the objects in Stripe as the YAML that declares them."""

from provisioner.app.account import Account
from provisioner.config import export as exporting


def export(account: Account, *, with_account: bool = False) -> str:
    """
    Write the YAML of all objects in Stripe that belong to the project or to none.

    With `with_account`, it names the account if the key may read it. Raises as `Account.compare` does, and
    ProvisionerError if there is nothing to export.
    """
    snapshot, inventory = account.take_inventory()
    identity = snapshot.account.get("id") if with_account else None
    project, mode = account.config.project, account.config.mode
    return exporting.export(account.kinds, project, mode, snapshot, inventory, identity)
