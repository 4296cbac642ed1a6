"""Financial accounts and the money in them."""
