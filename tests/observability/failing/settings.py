from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.observability.failing.apps.Failing"]
ROOT_URLCONF = "tests.observability.failing.urls"
