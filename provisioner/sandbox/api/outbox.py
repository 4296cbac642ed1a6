"""Which webhook endpoints an event is to be sent to: noted together with the change that it tells."""

from provisioner.sandbox.rules.events.webhook_endpoint import WEBHOOK_ENDPOINT, wants
from provisioner.sandbox.state.default_account import default_account
from provisioner.sandbox.state.objects import Tx


def distribute(tx: Tx) -> None:
    """
    Have the events of a transaction delivered to the account's own endpoints that want them.

    Those of a connected account go to the platform's endpoints for connected accounts, too.
    """
    for account, event_id, event_type in tx.outbox:
        default = default_account(tx)
        owners = {account: False} if account == default else {account: False, default: True}
        for owner, connect in owners.items():
            for endpoint in Tx(tx.db, owner, tx.now, tx.origin).all(WEBHOOK_ENDPOINT):
                if endpoint["_connect"] == connect and wants(endpoint, event_type):
                    tx.db.execute(
                        "INSERT INTO deliveries (at, account, event, owner, endpoint, attempt) "
                        "VALUES (?, ?, ?, ?, ?, 0)",
                        (tx.now, account, event_id, owner, endpoint["id"]),
                    )
    tx.outbox.clear()
