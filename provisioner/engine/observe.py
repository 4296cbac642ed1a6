"""Reads what a plan needs to see: lists only, side by side, never one request an object."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from provisioner.core.funding import must_be_wired
from provisioner.core.kind import Kind
from provisioner.core.model import Address, World
from provisioner.core.problem import AccessError, StripeError
from provisioner.engine.ports import Reader

Progress = Callable[[str, int], None]


def silent(_resource: str, _count: int) -> None:
    """The progress of those who do not look."""


def observe(
    reader: Reader, kinds: Sequence[Kind], declared: Iterable[Address], progress: Progress = silent
) -> World:
    """
    Read the account, its balance and all objects of the kinds.

    What only a declared balance target asks for is not read without one. `progress(resource, count)`
    is told of every hundred objects. Raises StripeError or AccessError.
    """
    sections = {address.section for address in declared}
    wanted = [kind for kind in kinds if kind.owns_objects or kind.section in sections]
    money = any(not kind.owns_objects for kind in wanted)
    with ThreadPoolExecutor(max_workers=len(wanted) + 2) as pool:
        lists = {kind.resource: pool.submit(_all, reader, kind.resource, progress) for kind in wanted}
        account = pool.submit(_account, reader)
        balance = pool.submit(reader.retrieve, "balance") if money else None
        wired = money and must_be_wired(account.result())
        return World(
            account=account.result(),
            balance=balance.result() if balance else {},
            objects={resource: found.result() for resource, found in lists.items()},
            instructions=list(reader.list("issuing/funding_instructions")) if wired else (),
        )


def _account(reader: Reader) -> Mapping[str, Any]:
    """The account; nothing where a restricted key may not see it, as reading it is no part of the job."""
    try:
        return reader.retrieve("account")
    except AccessError:
        return {}


def _all(reader: Reader, resource: str, progress: Progress) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []
    for item in reader.list(resource):
        if not isinstance(item.get("id"), str):
            raise StripeError(f"Stripe's list of {resource} holds an object without an id")
        found.append(item)
        if len(found) % 100 == 0:
            progress(resource, len(found))
    progress(resource, len(found))
    return found
