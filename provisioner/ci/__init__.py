"""Runs a command in a CI job, and reports its result on the merge request or in an issue."""
