"""`python -m config.postgres start`: as `manage.py postgres start`, without loading Django.

So bin/demo can stop what it started even if the application cannot be loaded.
"""

import os
import sys

from config.paths import data_folder
from config.postgres.actions import ACTIONS
from config.postgres.errors import PostgresError


def main() -> int:
    """Do what the first argument names; return the exit status."""
    action = ACTIONS.get(sys.argv[1] if len(sys.argv) == 2 else "")
    if action is None:
        sys.stderr.write(f"usage: python -m config.postgres {{{','.join(ACTIONS)}}}\n")
        return 2
    try:
        answer = action(data_folder(), os.environ.get("POSTGRES_BIN", ""))
    except PostgresError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{answer}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
