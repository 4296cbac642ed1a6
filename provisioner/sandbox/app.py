"""The sandbox as an ASGI application."""

from starlette.applications import Starlette

from provisioner.sandbox.settings import Settings


def build(settings: Settings) -> Starlette:
    """An application that serves one sandbox."""
    app = Starlette()
    app.state.settings = settings
    return app
