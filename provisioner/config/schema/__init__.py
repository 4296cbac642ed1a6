"""The JSON Schema of a configuration, and what does not fit it, in words."""
