"""Benchmarks: `python -m tests.bench` prints the table; nothing here runs with the ordinary tests."""
