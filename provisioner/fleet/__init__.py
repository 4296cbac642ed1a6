"""Fleets: the same plan and the same laws for many connected accounts, on one machine or on a cluster."""
