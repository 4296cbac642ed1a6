"""How kinds describe themselves, and the normal form that follows from it."""
