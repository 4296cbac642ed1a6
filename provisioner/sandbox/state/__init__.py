"""What a sandbox keeps: objects in SQLite, and its clock."""
