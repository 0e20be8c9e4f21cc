#!/usr/bin/env python
"""Django's commands, with the portal's settings unless others are named."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import Error as DatabaseError
from django.db import connection


def without_database() -> str:
    """What to do where no command can do anything with the database; empty where it is there and has tables."""
    connection.close()
    try:
        is_empty = not connection.introspection.table_names()
    except DatabaseError as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return f"The database does not answer ({why}). See DATABASE_URL, and whether it runs."
    return "The database is empty: run manage.py migrate first." if is_empty else ""


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        execute_from_command_line(sys.argv)
    except DatabaseError:
        if said := without_database():
            sys.exit(said)
        raise
