"""Random histories of an account, with an independent check of its state after each step."""
