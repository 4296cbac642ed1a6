"""The options of a cache file: `--cache` and `--refresh`."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from provisioner.app.cache import Cache
from provisioner.core.model.errors import ProvisionerError
from provisioner.engine.cache.file import is_cache
from provisioner.engine.private_file import check_replaceable

R = TypeVar("R")


def cache_options(command: Callable[..., R]) -> Callable[..., R]:
    """
    Add `--cache` and `--refresh` to a command, which receives them as `cache` (None to read
    everything).
    """

    @wraps(command)
    def run(*words: Any, cache: Path | None, refresh: bool, **given: Any) -> R:
        return command(*words, cache=Cache(cache, refresh) if cache else None, **given)

    run = click.option(
        "--refresh", is_flag=True, help="Read everything from Stripe again and rewrite the cache file."
    )(run)
    return click.option(
        "--cache",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        callback=_own,
        help="Store what was read from Stripe in FILE, and read only later changes the next time.",
    )(run)


def _own(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> Path | None:
    """Return the path of the cache; raises BadParameter for any other file, so that it is not overwritten."""
    if path is None:
        return None
    try:
        check_replaceable(path)
        ours = not path.exists() or is_cache(path)
    except ProvisionerError as error:
        raise click.BadParameter(str(error)) from None
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}") from None
    if not ours:
        raise click.BadParameter(
            f"{path} exists and is not a cache; it was not changed. Use another file, such as "
            "provisioner.cache"
        )
    return path
