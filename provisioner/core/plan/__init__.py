"""Plans: changes in order with their calls, their combined effects, and the guardrails that check them."""
