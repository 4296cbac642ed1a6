"""The version of this program, and nothing else, so that every module may name it."""

__version__ = "0.1.0"
