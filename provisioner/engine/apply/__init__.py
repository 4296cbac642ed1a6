"""Carrying out a plan: the steps in order, each made once."""
