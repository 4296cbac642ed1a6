"""The core: pure functions on values, without clock, files, network or logging."""
