"""The application: the one place that wires configuration, comparison, plan and Stripe together.

It takes values and returns values: it neither prints nor asks nor reads the environment. The command line,
fleets, chaos and the public Python API stand on it.
"""
