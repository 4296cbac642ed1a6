"""What was approved, held against what would be done now."""
