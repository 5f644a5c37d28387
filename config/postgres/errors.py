"""What can go wrong with the embedded PostgreSQL. The message says what to do."""


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked."""
