"""Fleets: plans and applies for many connected accounts, on one machine or on a cluster."""
