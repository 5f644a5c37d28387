"""The JSON API under ``/api/``: workspaces and who sees them, people, tables, columns and rows.

- Signed in by the session cookie; whatever changes something needs the CSRF token as well.
- Reads happen in one snapshot together with the access that permits them (``reading``), so nothing
  that was committed after a revocation is ever in an answer.
- Writes are the actions of ``workspaces.actions``, the same that pages use.
- Errors are ``application/problem+json`` (``problems``).
"""

from django.conf import settings
from ninja import NinjaAPI
from ninja.security import django_auth

from . import problems
from .columns import router as columns
from .grants import router as grants
from .members import router as members
from .parsing import StrictParser
from .rows import router as rows
from .tables import router as tables
from .workspaces import router as workspaces

DESCRIPTION = """
Workspaces hold tables, tables hold columns and rows. A row's `cells` are values by column id.

Sign in with the session cookie. Requests that change something carry the CSRF token in the header
`X-CSRFToken`. Values in requests may be what a person would type; the column's type reads them.
Errors are `application/problem+json`; their `detail` is a sentence for a person. What you may not
see is not there for you: that is a 404, as for what does not exist. What you may see and not do is
a 403, and `detail` says why. Access that is changed counts in the very next answer.
"""

api = NinjaAPI(
    title=f"{settings.PRODUCT_NAME} API",
    version="1",
    description=DESCRIPTION,
    auth=django_auth,
    urls_namespace="api",
    parser=StrictParser(),
)
for router in (workspaces, grants, members, tables, columns, rows):
    api.add_router("", router)
problems.answer_errors_of(api)

__all__ = ["api"]
