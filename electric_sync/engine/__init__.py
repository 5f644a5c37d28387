"""The embedded engine: PostgreSQL's replication stream → changes of shapes.

No Django in here. ``replication`` reads the stream, ``decoder`` understands it,
``publication`` takes tables in, ``router`` finds the shapes that a change touches, and
``engine`` holds the four together.
"""
