"""What goes on by itself around people and keys."""

from portal.accounts import api_keys
from portal.celery import app


@app.task(name="accounts.tell_of_refused_keys")
def tell_of_refused_keys() -> None:
    """Managers hear of a key that the platform refuses."""
    api_keys.tell_of_refused()
