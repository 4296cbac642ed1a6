"""Carries out a plan: its steps in order, each exactly once."""
