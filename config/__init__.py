"""The project: settings, addresses, the ASGI application and the embedded PostgreSQL."""
