"""What a worker does with plans: bring those on that are under way, put away those that nobody has touched."""

from django.utils import timezone

from portal.celery import app
from portal.plans import applying, compose
from portal.plans.models import UNTOUCHED_FOR


@app.task(name="plans.advance_all")
def advance_all() -> None:
    """A step of each plan that has one to take."""
    for pk in applying.due():
        applying.advance(pk)


@app.task(name="plans.put_away")
def put_away() -> None:
    """Open plans of a month ago; nothing of them is lost."""
    compose.put_away_untouched(timezone.now() - UNTOUCHED_FOR)
