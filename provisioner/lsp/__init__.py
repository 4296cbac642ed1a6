"""A language server for editors: diagnostics, completion, definitions, and the monthly exposure of cards."""
