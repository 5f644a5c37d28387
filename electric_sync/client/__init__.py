"""Electric's protocol, spoken from Python: async, on httpx, and usable without Django.

``ShapeStream`` yields a shape's messages, ``Rows`` keeps its rows. See docs/client.md.
"""

from electric_sync.client.errors import BadAnswer, ElectricError, Refused, Stuck, Unavailable
from electric_sync.client.messages import (
    Change,
    Key,
    Message,
    Moved,
    MustRefetch,
    Operation,
    Row,
    SnapshotEnd,
    UpToDate,
)
from electric_sync.client.parsers import PYTHON
from electric_sync.client.rows import Difference, Rows
from electric_sync.client.stream import ShapeStream, State
from electric_sync.client.subset import Subset

__all__ = [
    "PYTHON",
    "BadAnswer",
    "Change",
    "Difference",
    "ElectricError",
    "Key",
    "Message",
    "Moved",
    "MustRefetch",
    "Operation",
    "Refused",
    "Row",
    "Rows",
    "ShapeStream",
    "SnapshotEnd",
    "State",
    "Stuck",
    "Subset",
    "Unavailable",
    "UpToDate",
]
