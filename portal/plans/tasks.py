"""What a worker does with plans: bring those on that are under way, put away those that nobody has touched."""

import logging

from django.utils import timezone

from portal.celery import app
from portal.plans import applying, compose
from portal.plans.models import UNTOUCHED_FOR

logger = logging.getLogger(__name__)


@app.task(name="plans.advance_all")
def advance_all() -> None:
    """A step of each plan that has one to take; where one fails, the others go on, and it is tried again."""
    for pk in applying.due():
        try:
            applying.advance(pk)
        except Exception:
            logger.exception("Plan with the id %s has not gone on", pk)


@app.task(name="plans.put_away")
def put_away() -> None:
    """Open plans of a month ago; nothing of them is lost."""
    compose.put_away_untouched(timezone.now() - UNTOUCHED_FOR)
