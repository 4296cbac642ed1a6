"""What a full read leaves behind, so that the next needs only what has changed since."""
