from pathlib import Path

import pytest

from provisioner.config.load import load_config
from provisioner.core.model.errors import ConfigError
from provisioner.kinds import KINDS


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty current folder; `folder({name: text})` writes files into it."""
    monkeypatch.chdir(tmp_path)

    def write(files):
        for name, text in files.items():
            file = Path(name)
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(text, bytes):
                file.write_bytes(text)
            else:
                file.write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def load(folder):
    """Load one text, or several files by name, from the current folder."""

    def run(files, path=None, **options):
        if isinstance(files, str | bytes):
            files, path = {"a.yaml": files}, path or "a.yaml"
        folder(files)
        return load_config(Path(path or "."), KINDS, **options)

    return run


@pytest.fixture
def problems(load):
    """The lines that a broken configuration gives; empty when it is sound."""

    def run(files, path=None, **options):
        try:
            load(files, path, **options)
        except ConfigError as error:
            return str(error).splitlines()
        return []

    return run
