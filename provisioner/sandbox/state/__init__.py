"""The state of a sandbox: objects in SQLite, and a clock."""
