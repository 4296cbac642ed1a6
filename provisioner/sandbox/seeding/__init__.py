"""Writes a believable past: purchases over many days, made by the rules of the API."""
