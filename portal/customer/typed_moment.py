"""A moment as somebody types it: without a zone (as browsers send it) it is one in the reader's."""

from datetime import MAXYEAR, MINYEAR, datetime

from django.utils.timezone import get_current_timezone

from portal.resources.times import next_shown


def typed_moment(text: str, now: datetime) -> datetime | None:
    """The moment, None for what is none. What a clock shows twice is the next time after `now`.

    The first and the last year there is are none either: in another zone they may be before or after all years.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.year in (MINYEAR, MAXYEAR):
        return None
    return moment if moment.tzinfo is not None else next_shown(moment, get_current_timezone(), now)
