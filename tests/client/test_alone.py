"""The client is of use in any program, not only in this one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

PROGRAM = """
import sys
for name in ("django", "channels", "psycopg", "environ"):
    sys.modules[name] = None  # importing it fails
from electric_sync.client import *
ShapeStream("http://localhost:3000/v1/shape", table="items")
"""


def test_it_needs_neither_django_nor_a_database_driver() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, check=True)
