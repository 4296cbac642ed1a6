"""Tests on a sandbox: fails or kills an apply at any request, and checks that the next run completes it."""
