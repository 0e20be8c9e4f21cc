"""What the schedule's address asks for, and the address that asks for it."""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from django.http import QueryDict

from portal.resources.spelling import whole_number
from portal.resources.times import parse_day
from portal.schedule.events import Kind
from portal.schedule.select import Wanted
from portal.ui import links
from portal.ui.lists.filters import DEFAULT_PER_PAGE, LONGEST, PER_PAGE, read_texts

MONTH = re.compile(r"(\d{4})-(\d{2})")


class View(StrEnum):
    """The ways in which it is shown."""

    AGENDA = ""
    PAST = "past"
    MONTH = "month"
    MACHINES = "machines"
    LEAVING = "leaving"


@dataclass(frozen=True)
class Query:
    """`month` is its first day, None for the present one; `day` is the only one that the agenda shows, None for all."""

    view: View = View.AGENDA
    wanted: Wanted = field(default_factory=Wanted)
    month: date | None = None
    day: date | None = None
    page: int = 1
    per_page: int = DEFAULT_PER_PAGE

    @property
    def text(self) -> str:
        return self.wanted.text

    def pairs(self) -> list[tuple[str, str]]:
        """As an address has it, in one order, without what is the default."""
        found = [("view", self.view.value)] if self.view else []
        found += [("q", self.text)] if self.text else []
        found += [("kind", kind.value) for kind in self.wanted.kinds]
        found += [("group", name) for name in self.wanted.groups]
        found += [("month", f"{self.month:%Y-%m}")] if self.month else []
        found += [("day", self.day.isoformat())] if self.day else []
        found += [("per_page", str(self.per_page))] if self.per_page != DEFAULT_PER_PAGE else []
        return found + ([("page", str(self.page))] if self.page > 1 else [])

    def address(self, customer_no: str) -> str:
        return links.schedule(customer_no, self.pairs())

    def unfiltered(self) -> "Query":
        return replace(self, wanted=Wanted(), day=None, page=1)

    def seen_as(self, view: View) -> "Query":
        """The same filters in another view, at its beginning."""
        return Query(view, self.wanted, per_page=self.per_page)


def read_query(params: QueryDict) -> Query:
    """Unknown parameters and values that make no sense are left aside."""
    views, kinds = {view.value: view for view in View}, {kind.value: kind for kind in Kind}
    wanted = Wanted(
        tuple(kinds[text] for text in read_texts(params.getlist("kind")) if text in kinds),
        read_texts(params.getlist("group")),
        params.get("q", "").replace("\0", "").strip()[:LONGEST],
    )
    per_page = whole_number(params.get("per_page", ""))
    return Query(
        views.get(params.get("view", ""), View.AGENDA),
        wanted,
        _month(params.get("month", "")),
        parse_day(params.get("day", "")),
        whole_number(params.get("page", "")) or 1,
        per_page if per_page in PER_PAGE else DEFAULT_PER_PAGE,
    )


def without(query: Query, *, kind: Kind | None = None, group: str | None = None, text: bool = False) -> Query:
    """The same with one filter less."""
    wanted = query.wanted
    kinds = tuple(one for one in wanted.kinds if one is not kind)
    groups = tuple(one for one in wanted.groups if one != group)
    return replace(query, wanted=Wanted(kinds, groups, "" if text else wanted.text), page=1)


def _month(text: str) -> date | None:
    """A month of the years in which anything is planned; None for any other text."""
    found = MONTH.fullmatch(text) if text.isascii() else None
    year, month = (int(part) for part in found.groups()) if found else (0, 0)
    return date(year, month, 1) if 2000 <= year <= 2100 and 1 <= month <= 12 else None
