"""The WSGI application that gunicorn serves."""

import gc
import logging
import os
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.template.loader import get_template
from django.urls import get_resolver

import portal.celery  # noqa: F401 - tasks called from views go to our broker
from portal.accounts import checks
from portal.inventory import presence
from portal.inventory.redis_connection import Away

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")


def warm_up() -> None:
    """What the first visitor after a start would wait for otherwise: views imported, templates compiled.

    Done once for all web processes, since gunicorn loads this before it starts them.
    """
    get_resolver().url_patterns  # noqa: B018 - reading it imports them
    for directory in settings.TEMPLATES[0]["DIRS"]:
        for path in Path(directory).rglob("*.html"):
            get_template(str(path.relative_to(directory)))


def tell_of_surroundings() -> None:
    """What is likely to be set up wrongly, in the log: nobody calls `manage.py check` on a running portal."""
    for found in run_checks(tags=[checks.TAG]):
        logging.getLogger(__name__).warning("%s %s", found.msg, found.hint)


def refuse_a_second_host() -> None:
    """In production a file of SQLite's is of one host: another would show people a database of its own."""
    if not settings.HTTPS or connection.vendor != "sqlite":
        return
    with suppress(Away):  # nobody knows then; the doctor tells later
        if hosts := presence.hosts_besides_ours(presence.WEB):
            raise SystemExit(
                f"The database is SQLite, which is of one host, and web servers run on {', '.join(hosts)} already: set "
                "DATABASE_URL to a PostgreSQL server, on all hosts."
            )


application = get_wsgi_application()
refuse_a_second_host()
warm_up()
tell_of_surroundings()
gc.collect()
gc.freeze()  # what is loaded by now stays: web processes share it, and never look through it for garbage
