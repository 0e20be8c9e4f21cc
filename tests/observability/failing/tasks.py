import logging

from portal.celery import app
from tests.observability.failing import TASK


@app.task(name=TASK)
def fail(given: str) -> None:
    logging.getLogger("portal.tests").info("the task was given %s", given)
    password = given
    raise ValueError(f"{password} cannot be used")
