"""The HTTP side of the sandbox: checks and serves requests, and sends events to webhooks."""
