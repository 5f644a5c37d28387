"""A private PostgreSQL for the demo and the tests: one folder of data, one socket, no port.

`PostgresServer(data, binaries)` starts and stops it. Only demo, tests and `manage.py postgres`
do that; settings only compute the address, `embedded_url`. A real installation names its own
server in `DATABASE_URL` and needs none of this.
"""

from config.postgres.address import embedded_url
from config.postgres.binaries import find_binaries
from config.postgres.errors import PostgresError
from config.postgres.server import PostgresServer, Start, State

__all__ = ["PostgresError", "PostgresServer", "Start", "State", "embedded_url", "find_binaries"]
