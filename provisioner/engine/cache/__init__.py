"""
The cache: what the last full read has found, in a file, so that the next run reads only what has changed.

`file` is its format, `entries` turn objects into what may be in a file and back, and `recall` lays the events
since over them. What comes of it is a snapshot like any other, and the ordinary plan is made of it.
"""
