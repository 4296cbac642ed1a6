"""The plan: changes in order, with their calls, what they add up to, and the limits that judge it."""
