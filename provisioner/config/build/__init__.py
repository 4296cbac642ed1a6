"""Documents into resources: holes filled, sections merged, profiles laid under, fields in normal form."""
