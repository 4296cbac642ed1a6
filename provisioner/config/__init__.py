"""YAML in, `Declared` out: reads files and folders, checks them, and says all that is wrong at once."""

from provisioner.config.load import load_config

__all__ = ["load_config"]
