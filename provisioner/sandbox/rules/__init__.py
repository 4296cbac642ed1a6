"""The behavior of each kind of object: one module per kind, each with its own `ROUTES`."""
