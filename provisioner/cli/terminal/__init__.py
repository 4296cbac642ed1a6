"""What a person sees and types: streams, colors, progress, signals, exit codes."""
