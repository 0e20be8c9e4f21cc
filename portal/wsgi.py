"""The WSGI application that gunicorn serves."""

import gc
import logging
import os
from pathlib import Path

from django.conf import settings
from django.core.checks import run_checks
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import get_resolver

import portal.celery  # noqa: F401 - tasks called from views go to our broker
from portal.accounts import checks

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


application = get_wsgi_application()
warm_up()
tell_of_surroundings()
gc.collect()
gc.freeze()  # what is loaded by now stays: web processes share it, and never look through it for garbage
