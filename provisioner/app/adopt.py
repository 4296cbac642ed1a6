"""Plans imports, which bring objects in Stripe under management, and lists ambiguous matches."""

from collections.abc import Sequence

from provisioner.app.account import Account
from provisioner.core.diff.adopt import Adoptions, Unclear, adopt_all, adopt_one
from provisioner.core.diff.change import Note
from provisioner.core.diff.find import Differences
from provisioner.core.model.resource import Address
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.ownership.inventory import Inventory
from provisioner.core.plan.plan import Plan

SHOWN = 3


def plan_import(account: Account, address: Address, identity: str) -> Plan:
    """
    Plan the import of one object.

    Raises as `Account.compare` does, and ProvisionerError if the address is not in the configuration or
    already has an object, or if the object does not exist or belongs to a project.
    """
    snapshot, inventory = account.take_inventory()
    found = adopt_one(account.kinds, account.config, snapshot, inventory, address, identity)
    return _plan(account, snapshot, inventory, found)


def plan_imports(account: Account) -> tuple[Plan, Sequence[Address]]:
    """
    Plan the import of every object that is the only match for a resource without an object.

    Returns the plan, and the addresses with several matching objects, for which none is imported. Raises as
    `Account.compare` does.
    """
    snapshot, inventory = account.take_inventory()
    found = adopt_all(account.kinds, account.config, snapshot, inventory)
    return _plan(account, snapshot, inventory, found), [each.address for each in found.unclear]


def _plan(account: Account, snapshot: Snapshot, inventory: Inventory, found: Adoptions) -> Plan:
    notes = [Note(str(each.address), _explain(each)) for each in found.unclear]
    if found.missing:
        text = f"no unmanaged object matches {_some(found.missing)}; apply will create what is missing"
        notes.append(Note("", text, pending=True))
    return account.plan_of(snapshot, inventory, Differences(list(found.changes), notes))


def _explain(unclear: Unclear) -> str:
    ids, others = unclear.fits, unclear.others
    fit = f"{len(ids)} objects match" if len(ids) > 1 else "1 object matches"
    fit += f" ({_some(ids)})"
    if len(ids) > len(others):
        return f"{fit}; import one of them by its id"
    return f"{fit}, but {_some(others)} as well; import the right one by its id"


def _some(words: Sequence[object]) -> str:
    return ", ".join([*map(str, words[:SHOWN]), *(["..."] if len(words) > SHOWN else [])])
