"""Reads what a plan needs to see: lists only, side by side, never one request an object."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from provisioner.core.diff.top_up import must_be_wired
from provisioner.core.model.errors import AccessError
from provisioner.core.model.resource import Address, Declared
from provisioner.core.model.snapshot import Snapshot
from provisioner.core.schema.kind import Kind
from provisioner.engine.ports import Lister, Reader
from provisioner.engine.read.parallel_list import READERS, read_list
from provisioner.engine.read.projection import keeper, wanted
from provisioner.engine.read.repair import mended

Progress = Callable[[str, int], None]


def silent(_resource: str, _count: int) -> None:
    """The progress of those who do not look."""


def observe(
    reader: Lister,
    kinds: Sequence[Kind],
    declared: Mapping[Address, Declared],
    progress: Progress = silent,
    workers: Callable[[int], Executor] = ThreadPoolExecutor,
) -> Snapshot:
    """
    Read the account, its balance and all objects of the kinds, reduced to what is needed of them.

    What only a declared balance target asks for is not read without one. `progress(resource, count)`
    is told of every page; `workers` makes what reads side by side. Raises StripeError or AccessError.
    """
    expected = Counter(address.section for address in declared)
    asked = [kind for kind in kinds if kind.is_owned or expected[kind.section]]
    money = any(not kind.is_owned for kind in asked)
    with workers(len(asked) + 2) as side_by_side, workers(READERS * 2) as pool:
        account = side_by_side.submit(_account, reader)
        lists = {
            kind.resource: side_by_side.submit(
                read_list,
                pool,
                partial(reader.page, kind.resource, wanted=wanted(kind)),
                kind.resource,
                expected[kind.section] if kind.is_owned else 0,
                keeper(kind, declared),
                partial(progress, kind.resource),
            )
            for kind in asked
        }
        moving = [lists[kind.resource] for kind in asked if not kind.is_owned]
        balance = side_by_side.submit(_balance, reader, moving) if money else None
        wired = money and must_be_wired(account.result())
        objects = {resource: found.result() for resource, found in lists.items()}
        return Snapshot(
            account=account.result(),
            balance=balance.result() if balance else {},
            objects=mended(reader, asked, objects, partial(keeper, declared=declared)),
            instructions=list(reader.list("issuing/funding_instructions")) if wired else (),
        )


def _balance(reader: Reader, moving: Iterable[Future[Any]]) -> Mapping[str, Any]:
    """
    The balance, read once it is known which top-ups are pending.

    Read before, a top-up that settles in between would be in neither, and be made again; so it is at
    worst in both, and the next plan tops up what is still short. Whether Stripe books both at the same
    moment is not published [?].
    """
    for each in moving:
        each.result()
    return reader.retrieve("balance")


def _account(reader: Reader) -> Mapping[str, Any]:
    """The account; nothing where a restricted key may not see it, as reading it is no part of the job."""
    try:
        return reader.retrieve("account")
    except AccessError:
        return {}
