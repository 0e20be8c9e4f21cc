"""What a worker does for mails, in a queue of its own (portal.celery): a slow mail server holds up nothing else."""

from threading import Lock

from portal.celery import app
from portal.notify.mail import digest, outbox

_sending = Lock()  # a slow server has one connection of each worker, and not all of its threads


@app.task(name="notify.send_mails", time_limit=outbox.TIME_LIMIT)
def send_mails() -> None:
    """What is due, unless this worker is at it."""
    if _sending.acquire(blocking=False):
        try:
            outbox.send_due()
        finally:
            _sending.release()


@app.task(name="notify.make_digests")
def make_digests() -> None:
    """Daily summaries whose hour has come."""
    digest.make_due()
