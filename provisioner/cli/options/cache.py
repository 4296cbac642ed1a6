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
    """`--cache` and `--refresh`; the command is handed them as `cache` (None: read everything)."""

    @wraps(command)
    def run(*words: Any, cache: Path | None, refresh: bool, **given: Any) -> R:
        return command(*words, cache=Cache(cache, refresh) if cache else None, **given)

    run = click.option("--refresh", is_flag=True, help="Read everything, and write the cache file again.")(
        run
    )
    return click.option(
        "--cache",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        callback=_own,
        help="What the last full read has found; with it, only what has changed since is read.",
    )(run)


def _own(_ctx: click.Context, _param: click.Parameter, path: Path | None) -> Path | None:
    """Let no file pass that is somebody else's and would be written over."""
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
            f"{path} is there and is no cache, so it is left as it is; name a file that is there for the "
            "cache alone, such as provisioner.cache"
        )
    return path
