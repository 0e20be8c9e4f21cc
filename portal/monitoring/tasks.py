"""What a worker does for who watches over the portal."""

from portal.celery import app
from portal.monitoring.doctor import going_on


@app.task(name=going_on.TASK)
def echo(token: str) -> None:
    """A message came this way."""
    going_on.echo(token)
