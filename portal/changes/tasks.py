"""What a worker does with changes. A message carries an id and nothing else, and may come twice or never."""

from portal.accounts.models import ApiKey
from portal.celery import app
from portal.changes import enqueue, follow, health, leases
from portal.changes import perform as performing
from portal.changes.decisions import refused_keys, resume_accepted, resume_unreached
from portal.inventory.key_recheck import ask_again

FOLLOW_EXPIRES = 5  # seconds
ASK_EXPIRES = 60


@app.task(name=enqueue.TASK)
def perform(pk: str) -> None:
    """One step of a change."""
    performing.perform(pk)


@app.task(name="changes.sweep")
def sweep() -> None:
    """Finds what nobody works on: leases of workers that went away, what is due but whose message was lost, and what
    waits for a key that works again or for a platform that answers again."""
    leases.expire()
    resume_accepted()
    resume_unreached()
    for pk in leases.heads():
        perform.apply_async((pk,), expires=enqueue.EXPIRES)
    health.beat(health.SWEEPER)


@app.task(name="changes.try_refused_keys")
def try_refused_keys() -> None:
    """Has the platform asked whether it accepts again the keys for which something waits; the sweeper does the rest."""
    for pk in refused_keys():
        try_key.apply_async((pk,), expires=ASK_EXPIRES)


@app.task(name="changes.try_key")
def try_key(pk: str) -> None:
    """One of them."""
    api_key = ApiKey.objects.filter(pk=pk).first()
    if api_key is not None:
        ask_again(api_key)


@app.task(name="changes.follow")
def follow_all() -> None:
    """Has those keys polled whose time has come."""
    for pk in follow.due_keys():
        follow_key.apply_async((pk,), expires=FOLLOW_EXPIRES)
    health.beat(health.FOLLOWER)


@app.task(name="changes.follow_key")
def follow_key(pk: str) -> None:
    """One poll for what is pending under a key."""
    follow.follow(pk)
