"""The terminal: streams, colors, progress, signals, exit codes."""
