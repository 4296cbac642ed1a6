"""Writes docs/reference from the code: what people look up is never what somebody remembered to change."""
