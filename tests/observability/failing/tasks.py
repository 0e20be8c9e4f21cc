import logging

from portal.accounts.models import ApiKey
from portal.celery import app
from portal.inventory.platform.clients import ping
from tests.observability.failing import TASK


@app.task(name=TASK)
def fail(given: str) -> None:
    logging.getLogger("portal.tests").info("the task was given %s", given)
    ping(ApiKey.objects.all()[0])
    password = given
    raise ValueError(f"{password} cannot be used")
