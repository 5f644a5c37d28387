"""Files in: from bytes of an unknown kind to a table with typed columns.

1. ``encodings`` finds out how the bytes are to be read as text.
2. ``layout`` finds the delimiter, the line of the names and the records, each with its line number.
3. ``ways`` are the ways in which people write numbers, dates and the like, and ``guessing`` finds
   for each column the one that fits.
4. ``incoming`` puts it together: a plan, and what does not fit, by line and reason.

Nothing here writes: ``actions.imports`` does, all or nothing.
"""
