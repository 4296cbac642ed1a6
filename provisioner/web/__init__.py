"""The estate in a browser: pages that are served on this machine, or written to one file."""
