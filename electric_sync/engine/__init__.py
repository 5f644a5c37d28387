"""The embedded engine: PostgreSQL's replication stream → changes of shapes, and their logs.

No Django in here. ``replication`` reads the stream, ``decoder`` understands it,
``publication`` takes tables in, ``router`` finds the shapes that a change touches, and
``engine`` holds the four together: enough for live views.

``service`` serves Electric's HTTP protocol on top of it. ``http`` answers, ``request`` reads what
is asked, ``shapes`` makes shapes and feeds their ``log``; ``where`` has PostgreSQL accept a
clause, ``snapshot`` copies the rows that are there, ``residual`` has clauses evaluated that no
index serves, ``messages`` writes changes down.
"""
