"""The data of an estate: cards, their spending against their limits, and what needs attention."""
