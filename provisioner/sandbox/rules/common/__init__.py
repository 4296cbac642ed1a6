"""What several rules have in common, and none of them is about."""
