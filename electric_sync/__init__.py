"""Live, permission-checked views of PostgreSQL tables for Django.

PostgreSQL's changes arrive by logical replication, are matched to *shapes*
(a table, equalities on its columns, a list of columns) and end as HTML fragments on
a websocket. ``docs/architecture.md`` follows one change through the modules.
"""
