"""Writes realistic past purchases over many days, made by the rules of the API."""
