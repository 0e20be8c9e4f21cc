"""Whether anything is new, for pages that ask again and again: one look into Redis, no database.

Whatever changes what pages show counts as news of a *subject* where it is written: snapshots when they are stored
(`snapshots.current`), changes when their transaction is committed (`changes.news`), what people do with its entry in
the trail, sessions that end (`people_news`). A *note* says that a page was as its browser has it when the count stood
at a number. It holds until there is news of one of the subjects that it names, and no longer than LASTS.

So what was not counted (Redis was away, a process died in between) and what moves with time alone, such as an age, is
seen LASTS later at most. The moments at which notes end lie apart: pages that were all told something at once don't
all come back at once.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from portal.inventory.redis_connection import Away, connected

LASTS = (10.0, 20.0)  # seconds for which a note may hold; watched_customers lasts longer than any

_NAME = "news"  # a hash: subject -> the number of its latest news; COUNT -> the latest of all
_COUNT = "count"

# The numbers are times, each later than the last: also after Redis has forgotten the others.
_TELL = """
local time = redis.call('TIME')
local number = time[1] * 1000000 + time[2]
local last = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if number <= last then number = last + 1 end
local text = string.format('%.0f', number)
redis.call('HSET', KEYS[1], ARGV[1], text)
for i = 2, #ARGV do redis.call('HSET', KEYS[1], ARGV[i], text) end
return text
"""

# '' while the note holds, else the count as it stands. A note from after the latest count is one of a Redis that was;
# while nothing has been counted, none holds.
_LOOK = """
local count, note = redis.call('HGET', KEYS[1], ARGV[1]), redis.call('GET', KEYS[2])
if not count or not note then return count or '0' end
local since, subjects = string.match(note, '^(%d+)\\n(.*)$')
since = tonumber(since)
if since > tonumber(count) then return count end
for subject in string.gmatch(subjects, '[^\\n]+') do
  if tonumber(redis.call('HGET', KEYS[1], subject) or '0') > since then return count end
end
return ''
"""


@dataclass(frozen=True, slots=True)
class Look:
    """Whether a note holds; where not, the count before anything else was looked at, for the note to come."""

    holds: bool
    count: int = 0


def of_customer(pk: int) -> str:
    """All that is known and under way of that customer."""
    return f"customer:{pk}"


def of_trail(number: str) -> str:
    """All that people do in the customer of that number."""
    return f"trail:{number}"


def of_person(pk: int) -> str:
    """Whether they are signed in, and who they are."""
    return f"person:{pk}"


def tell(subjects: Iterable[str]) -> None:
    """There is news of these. Call it when whoever looks can see it; never fails."""
    named = list(subjects)
    if not named:
        return
    try:
        with connected() as redis:
            redis.eval(_TELL, 1, _NAME, _COUNT, *named)
    except Away:
        return


def tell_after_commit(subjects: Iterable[str]) -> None:
    """The same for what this transaction has written."""
    transaction.on_commit(partial(tell, list(subjects)))


def look(note: str) -> Look:
    """How it stands with the note of that name. Raises Away."""
    with connected() as redis:
        answer = redis.eval(_LOOK, 2, _NAME, _note_key(note), _COUNT)
        return Look(holds=False, count=int(answer)) if answer else Look(holds=True)


def write(note: str, count: int, subjects: Iterable[str]) -> None:
    """The page was like that when the count stood at this. With Redis away there is no note."""
    milliseconds = round(random.uniform(*LASTS) * 1000)  # noqa: S311 - nobody gains by guessing it
    try:
        with connected() as redis:
            redis.set(_note_key(note), "\n".join((str(count), *subjects)), px=milliseconds)
    except Away:
        return


def _note_key(note: str) -> str:
    return f"note:{note}"
