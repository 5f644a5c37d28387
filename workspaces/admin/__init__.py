"""Django's admin for everything in the database.

Whoever may open it stands above the roles of the companies. Writes are ordinary writes: the
database's rules hold, and everybody who looks at what is changed sees it. What belongs to a company
is written into its audit log; renaming, moving and editing cells go through the actions. The log
can be read only.
"""

from django.conf import settings
from django.contrib import admin

from . import audit, people, rows, tables, workspaces

admin.site.site_header = settings.PRODUCT_NAME
admin.site.site_title = f"{settings.PRODUCT_NAME} admin"
admin.site.index_title = "Everything in the database"

__all__ = ["audit", "people", "rows", "tables", "workspaces"]
