"""Whose an object is: the marks in its metadata, and the project's objects by address."""
