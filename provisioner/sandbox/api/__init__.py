"""The parts of the API that are the same for all endpoints, and actions that need no request."""
