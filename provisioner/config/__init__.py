"""YAML in, `Declared` out: reads files and folders, checks them, and says everything that is wrong at once."""

from provisioner.config.load import load_config

__all__ = ["load_config"]
