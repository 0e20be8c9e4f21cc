"""A moment as somebody types it: without a zone (as browsers send it) it is one in the reader's."""

from datetime import datetime

from django.utils.timezone import get_current_timezone

from portal.resources.times import next_shown


def typed_moment(text: str, now: datetime) -> datetime | None:
    """The moment, None for what is none. What a clock shows twice is the next time after `now`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else next_shown(moment, get_current_timezone(), now)
