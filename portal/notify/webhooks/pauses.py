"""When a message is sent again, and for how long an endpoint that failed is left alone."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from portal.resources.spelling import whole_number

# After the first attempt, the second, …: together some three days.
PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
JITTER = 0.2  # of a pause, either way: not all that failed together come back together
SHORTEST = sum(PAUSES, timedelta()) * (1 - JITTER)  # from the first attempt to the last
MOST = timedelta(days=1)  # that a receiver may put us off
REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=5)


def after(attempts: int, put_off: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many attempts, not less than the receiver asked for; None where it was the last."""
    if attempts > len(PAUSES):
        return None
    pause = PAUSES[attempts - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nobody has to be surprised
    return max(pause, min(put_off or timedelta(), MOST))


def rest(failures: int, put_off: timedelta | None = None) -> timedelta:
    """For how long nothing at all is sent after so many failures one after another: others of its messages would wait
    at a closed door, and workers with them."""
    pause = min(REST * 2.0 ** min(failures - 1, 10), LONGEST_REST)
    return max(pause, min(put_off or timedelta(), MOST))


def put_off(retry_after: str | None, now: datetime) -> timedelta | None:
    """Retry-After: seconds, or a date. None where there is none, or it is garbled."""
    text = (retry_after or "").strip()
    if (seconds := whole_number(text)) is not None:
        return timedelta(seconds=seconds)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(until - now, timedelta())
