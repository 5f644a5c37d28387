"""The types of columns, one module a type.

A type reads what a person typed or a program sent, checks what is stored, says how PostgreSQL sorts
and compares it, and draws its cell. What is stored is JSON:

========  ==========================================================================
text      a string
number    a JSON number of at most 15 digits, so that every reader has it exactly
checkbox  ``true`` or ``false``; empty counts as ``false``
date      ``"YYYY-MM-DD"``, whose order as text is the order of the dates
select    the id of one of the column's options
person    the id of a user
========  ==========================================================================

An empty cell is not stored. Anything else may stand in a cell all the same (psql can write it):
then ``invalid`` says so, the expression of ``sql`` is NULL, and nothing breaks.
"""

from collections.abc import Mapping

from .base import CellError, ColumnType
from .checkbox import Checkbox
from .date import Date
from .number import Number
from .person import Person
from .select import Select
from .text import Text

TYPES: Mapping[str, ColumnType] = {
    type_.name: type_ for type_ in (Text(), Number(), Checkbox(), Date(), Select(), Person())
}

__all__ = ["TYPES", "CellError", "ColumnType"]
