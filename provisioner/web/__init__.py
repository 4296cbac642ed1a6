"""The estate in a browser: pages served on this machine, or written to one HTML file."""
