"""What goes on by itself around people and keys."""

from portal.accounts import api_keys, drafts, once
from portal.celery import app


@app.task(name="accounts.tell_of_refused_keys")
def tell_of_refused_keys() -> None:
    """Managers hear of a key that the platform refuses."""
    api_keys.tell_of_refused()


@app.task(name="accounts.tidy")
def tidy() -> None:
    """What was kept of forms for a while goes."""
    drafts.forget_old()
    once.forget_old()
