"""The estate to look at: cards, what they have spent of their limits, and what is due."""
