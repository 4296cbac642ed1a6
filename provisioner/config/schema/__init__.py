"""The JSON Schema of a configuration, and descriptions of its violations."""
