"""What a worker does with changes. A message carries an id and nothing else, and may come twice or never."""

from portal.celery import app
from portal.changes import follow, health, leases, nudge
from portal.changes import perform as performing
from portal.changes.decide import resume_accepted

FOLLOW_EXPIRES = 5  # seconds


@app.task(name=nudge.TASK)
def perform(pk: str) -> None:
    """One step of a change."""
    performing.perform(pk)


@app.task(name="changes.sweep")
def sweep() -> None:
    """Finds what nobody works on: leases of workers that went away, what is due but whose message was lost, and what
    waits for a key that works again."""
    leases.expire()
    resume_accepted()
    for pk in leases.heads():
        perform.apply_async((pk,), expires=nudge.EXPIRES, retry=False)
    health.beat(health.SWEEPER)


@app.task(name="changes.follow")
def follow_all() -> None:
    """Has those keys polled whose time has come."""
    for pk in follow.due_keys():
        follow_key.apply_async((pk,), expires=FOLLOW_EXPIRES, retry=False)
    health.beat(health.FOLLOWER)


@app.task(name="changes.follow_key")
def follow_key(pk: str) -> None:
    """One poll for what is pending under a key."""
    follow.follow(pk)
