"""The parts of the API that all endpoints share, and actions that no request triggers."""
