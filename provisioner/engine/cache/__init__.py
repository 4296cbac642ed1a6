"""
The cache: a file with the last full read, so that the next run reads only what has changed.

`file` defines its format, `entries` converts objects to and from entries, and `recall` updates the entries
from later events. The result is an ordinary snapshot, from which the ordinary plan is made.
"""
