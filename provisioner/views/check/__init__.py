"""A check in every format: for people, for programs, and for code hosts that show problems at their lines."""
