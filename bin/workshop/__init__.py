"""What bin/demo and bin/test are made of. Standard library only: it runs before any install."""

import sys
from pathlib import Path

# These programs lie below bin/; what they share with the project, above it.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
