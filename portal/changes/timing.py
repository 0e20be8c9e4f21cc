"""How long things may take, all in seconds and all following from the deadline of one call to the platform.

deadline (60) < landing (75) < hard limit of a task (90): a call that was lost is waited for longer than its client
would have. The lease (9) is kept alive by the process that works on the change; of a killed one it soon is over.
"""

from datetime import timedelta

from django.conf import settings

from portal.leasing import LEASE

BACKOFF = (1, 2, 5, 15, 60, 120, 300)  # until the next attempt; the last one for good
LOOK_AGAIN = (1, 2, 3, 5, 10)  # until the next look for what became of a call

# Between polls of what is pending under a key. With a page open on it: so that a machine which is ready is shown as
# ready within 3 s, together with the page's own second; a maintenance, for which people wait until tonight, is slower.
WATCHED_POLL = 1.4
WATCHED_MAINTENANCE_POLL = 5.0
UNWATCHED_POLL = 30.0
PAUSE_AFTER_FAILURE = 10.0  # for which a platform that did not answer a poll is left alone
EVIDENCE_WITHIN = 600  # a maintenance that has not shown by then was not needed


def deadline() -> float:
    """Of one whole call to the platform."""
    return float(settings.API_TIMEOUTS["deadline"])


def landing() -> timedelta:
    """How long after it went out a call whose answer was lost may still take effect."""
    return timedelta(seconds=deadline() * 1.25)


def hard_limit() -> int:
    """Of a task: it is killed then."""
    return round(deadline() * 1.5)


def on_its_way() -> timedelta:
    """Within which a call has to go out once it was written down as sent: so it has ended when it is `landing`."""
    return landing() - timedelta(seconds=deadline())


def lease() -> timedelta:
    """How long a change belongs to a worker that took it and says nothing any more."""
    return min(LEASE, timedelta(seconds=hard_limit() + deadline() / 6))


def backoff(attempts: int) -> timedelta:
    """Until the next attempt, after so many."""
    return timedelta(seconds=_step(BACKOFF, attempts))


def look_again(looks: int) -> timedelta:
    """Until the next look for what became of a call, after so many."""
    return timedelta(seconds=_step(LOOK_AGAIN, looks))


def _step(steps: tuple[int, ...], number: int) -> int:
    return steps[min(max(number, 1), len(steps)) - 1]
