"""
The application layer: the only place that combines configuration, comparison, plan and Stripe.

It takes values and returns values: it does not print, ask questions, or read environment variables. The
command line, fleets, chaos and the public Python API are built on it.
"""
