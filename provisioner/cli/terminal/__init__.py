"""The terminal: streams, colors, progress, signals and exit codes."""
