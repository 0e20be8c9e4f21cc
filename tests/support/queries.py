"""How many database queries pages take: as many for three of a thing as for one, or something is asked for each."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import resolve

from portal.inventory import timed_value
from tests.customer.visiting import PART
from tests.support.plenty import Plenty

FEW, MORE = 1, 3
# The frame's announcements: remembered for some seconds by each process, while their own page looks at them itself.
REMEMBERED = "console_announcement"
COLUMNS = re.compile(r'(?:"\w+"\."\w+", )+(?="\w+"\."\w+")')
PLACES = re.compile(r"%s(?:, %s)*")


@dataclass(frozen=True)
class Page:
    """An address, and what is told there: each pattern finds as many different texts as there are things."""

    path: str
    tells: Sequence[str] = ()
    status: int = 200
    is_part: bool = False  # as htmx asks for it

    def __str__(self) -> str:
        return f"{self.path}{' (part)' if self.is_part else ''}"


@dataclass(frozen=True)
class Asked:
    """A statement that the database was given."""

    sql: str
    values: str

    @property
    def shape(self) -> str:
        """Without values, and of columns in a row the last alone."""
        return COLUMNS.sub("…", PLACES.sub("%s", self.sql))


type Pages = Mapping[str, Sequence[Page]]
"""By the name of the route."""


def parts_of(pages: Iterable[Page]) -> list[Page]:
    """The same pages as htmx asks for them."""
    return [replace(page, is_part=True) for page in pages]


def elsewhere(pages: Pages) -> list[str]:
    """Pages that are not answered by the route that they are said to be of."""
    named = [(name, page.path) for name, some in pages.items() for page in some]
    return [path for name, path in named if resolve(path.partition("?")[0]).view_name != name]


def expect_as_many_for_three_as_for_one(
    plenty: Plenty, pages: Iterable[Page], before: Callable[[Client], object] = lambda client: None
) -> None:
    """Fails with the pages that take more or fewer queries, and with the statements that make the difference.

    `before` is done each time, when there is that much and no page was asked for yet.
    """
    asked, taken = list(pages), []
    for count in (FEW, MORE):
        plenty.grow(count)
        client = plenty.client()
        before(client)
        client.get("/c/10001/")  # the session notes where the person is
        taken.append([_queries(client, page, count) for page in asked])
    differing = [_difference(page, few, more) for page, few, more in zip(asked, *taken, strict=True)]
    assert not any(differing), "\n\n".join(filter(None, differing))


def _twice(page: Page, asked: Sequence[Asked]) -> str:
    """What a page asks the database for more than once, in so many words; savepoints and the like aside."""
    often = [
        one
        for one, times in Counter(asked).items()
        if times > 1 and one.sql.startswith("SELECT") and REMEMBERED not in one.sql
    ]
    return "\n".join((f"{page} asks twice:", *(f"  {one.sql} with {one.values}" for one in often))) if often else ""


def _queries(client: Client, page: Page, count: int) -> list[str]:
    """Their shapes. Fails where one is asked twice."""
    timed_value.forget_all()  # else it depends on the seconds since it was last looked up
    with _statements() as statements:
        response = client.get(page.path, headers=PART if page.is_part else {})
        said = b"".join(response).decode(errors="replace")
    assert response.status_code == page.status, f"{page} is answered {response.status_code}"
    for pattern in page.tells:
        found = sorted(set(re.findall(pattern, said)))
        assert len(found) == count, f"{page} tells of {found} by {pattern}, not of {count}"
    twice = _twice(page, statements)
    assert not twice, twice
    return [one.shape for one in statements]


@contextmanager
def _statements() -> Iterator[list[Asked]]:
    """What this thread asks the database meanwhile."""
    found: list[Asked] = []

    def note(execute: Callable[..., Any], sql: str, values: Any, *args: Any) -> Any:
        found.append(Asked(sql, repr(values)))
        return execute(sql, values, *args)

    with connection.execute_wrapper(note):
        yield found


def _difference(page: Page, few: Sequence[str], more: Sequence[str]) -> str:
    if len(few) == len(more):
        return ""
    before, after = Counter(few), Counter(more)
    differing = [f"  {before[sql]} → {after[sql]}: {sql}" for sql in before | after if before[sql] != after[sql]]
    return "\n".join((f"{page} takes {len(few)} queries for {FEW}, {len(more)} for {MORE}:", *differing))
