"""HTTP, for all who need it: which addresses are taken, by which way, and how much of an answer is read."""
