"""What somebody with bad intentions could try, one file a subject."""
