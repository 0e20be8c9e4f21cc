"""The WSGI application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

import portal.celery  # noqa: F401 - tasks called from views go to our broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()
