"""Reads live state and carries plans out, through ports that others implement."""
