"""Write docs/reference from the code, so that the pages cannot go out of date."""
