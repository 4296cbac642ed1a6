"""
Completes a configuration with facts from Stripe before the two are compared: ids for names, and grants.

Grants depend on the time. Stripe's time is used if Stripe returns it, so that a wrong local clock cannot
change who may spend.
"""

import time
from collections import defaultdict
from collections.abc import Mapping

from msgspec.structs import replace

from provisioner.app.account import Account
from provisioner.config.text.near import near
from provisioner.core.model.errors import ConfigError, Problem
from provisioner.core.model.resource import Address, Declared
from provisioner.core.schema.field import Field
from provisioner.core.schema.in_force import in_force
from provisioner.core.schema.kind import owned


def ready(account: Account) -> Account:
    """
    Return the account with a configuration that is ready to be compared: with ids for names, and with grants.

    Stripe is asked only for what the configuration needs. Raises ConfigError for names that do not exist in
    Stripe, and StripeError or AccessError as any request does.
    """
    config = account.config
    fields = [(kind, field) for kind in account.kinds for field in kind.fields if field.named_in]
    for kind, field in fields:
        given = {a: each for a, each in config.declared.items() if a.section == kind.section}
        names = {a: str(each.fields.get(field.name, "")) for a, each in given.items()}
        named = {a: given[a] for a, name in names.items() if name and not name.startswith(field.named_prefix)}
        if named:
            config = replace(config, declared={**config.declared, **_with_ids(account, field, named)})
    if config.grants:
        # every key that can plan may read this list
        resource = owned(account.kinds)[0].resource
        account.transport.send("GET", resource, {"limit": 1}, read=account.answers.page_of(resource))
        config = in_force(account.kinds, config, account.transport.now or int(time.time()))
    return replace(account, config=config) if config is not account.config else account


def _with_ids(
    account: Account, field: Field, wanted: Mapping[Address, Declared]
) -> Mapping[Address, Declared]:
    ids: dict[str, list[str]] = defaultdict(list)
    for item in account.reader.list(field.named_in):
        ids[str(item.get("name"))].append(str(item["id"]))
    found, problems = {}, []
    for address, declared in wanted.items():
        name = str(declared.fields[field.name])
        if len(ids.get(name, ())) == 1:
            fields = {**declared.fields, field.name: ids[name][0]}
            found[address] = replace(declared, fields=fields)
        else:
            there = f"; it has {', '.join(map(repr, sorted(ids)))}" if ids else ""
            text = f"none with the name {name!r}{near(name, ids) or there}"
            if name in ids:
                text = f"several with the name {name!r}; use an id: {', '.join(ids[name])}"
            problems.append(Problem(declared.where, str(address), f"{field.name!r}: Stripe has {text}"))
    if problems:
        raise ConfigError(problems)
    return found
