"""What a pipeline's job runs around a command, so that people hear of it where they review."""
