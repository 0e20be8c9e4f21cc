"""What a worker does for mails, in a queue of its own (portal.celery): a slow mail server holds up nothing else."""

from portal.celery import app
from portal.notify.mail import digest, outbox


@app.task(name="notify.send_mails", time_limit=outbox.TIME_LIMIT)
def send_mails() -> None:
    """What is due."""
    outbox.send_due()


@app.task(name="notify.make_digests")
def make_digests() -> None:
    """Daily summaries whose hour has come."""
    digest.make_due()
