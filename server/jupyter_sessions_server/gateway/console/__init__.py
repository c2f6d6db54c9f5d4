"""The console: the page that a person opens, and logging in.

Its files in static/ are generated from clients/typescript/console; the page itself is a client of
the contract like any other.
"""

from jupyter_sessions_server.gateway.console.routes import console_routes

__all__ = ["console_routes"]
