"""The descriptions of kinds and their fields, and the normal form that follows from them."""
