"""How each kind of object behaves: one module a kind, each with its own `ROUTES`."""
