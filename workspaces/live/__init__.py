"""What is live on the product's pages: whatever depends on who looks, and what others change.

A rendering depends on its parameters and its audience alone. An audience carries no more
than the template or the query needs, so that people share renderings: whether they may edit,
and which workspaces they see (`None`: all of them). Outside of live views a page is the same
for all who may open it, so a change of somebody's role or grants never needs a reload.

Owners and admins may view any workspace of theirs, whatever its id: so what is not read through
a list, where the library joins the company, is read with the company of the audience.
"""

from workspaces.live import (
    account,
    audit,
    companies,
    guards,
    people,
    receipts,
    sharing,
    tables,
    trash,
    workspaces,
)

__all__ = [
    "account",
    "audit",
    "companies",
    "guards",
    "people",
    "receipts",
    "sharing",
    "tables",
    "trash",
    "workspaces",
]
