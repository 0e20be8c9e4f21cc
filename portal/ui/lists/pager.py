"""Ways from page to page: by numbers where it is counted how much there is, else to the newer and the older."""

from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from portal.inventory.listings.select import Page
from portal.resources.spelling import whole_number
from portal.ui.format import numbers

AROUND = 2
PER_PAGE = 50  # of what is not counted
MOST_PAGES = 100_000


def read_page(text: str) -> int:
    """Number of a page of what nobody counts; the first one for what is none. To reach the last of them the database
    goes through all that comes before."""
    return min(whole_number(text) or 1, MOST_PAGES)


class Uncounted[M: Model](ABC):
    """A page of what nobody counts: one more is looked up than is shown."""

    number: int

    @property
    @abstractmethod
    def ordered(self) -> QuerySet[M]:
        """All of it, newest first."""

    @abstractmethod
    def address(self, **changed: str) -> str:
        """Of this page, with these parameters changed."""

    @cached_property
    def _looked_up(self) -> list[M]:
        start = (self.number - 1) * PER_PAGE
        return list(self.ordered[start : start + PER_PAGE + 1])

    @property
    def shown(self) -> list[M]:
        return self._looked_up[:PER_PAGE]

    @property
    def newer(self) -> str:
        return self.address(page=str(self.number - 1)) if self.number > 1 else ""

    @property
    def older(self) -> str:
        return self.address(page=str(self.number + 1)) if len(self._looked_up) > PER_PAGE else ""


def page_numbers(page: int, pages: int) -> list[int | None]:
    """1 … 4 5 [6] 7 8 … 20; None stands for what is left out, which is never a single page."""
    wanted = {1, pages, *range(page - AROUND, page + AROUND + 1)} & set(range(1, pages + 1))
    shown: list[int | None] = []
    last = 0
    for number in sorted(wanted):
        if number - last == 2:
            shown.append(last + 1)
        elif number - last > 2:
            shown.append(None)
        shown.append(number)
        last = number
    return shown


def range_words(page: Page[Any], *, is_filtered: bool) -> str:
    """1–50 of 1,000 that match."""
    first = (page.number - 1) * page.per_page + 1
    last = min(page.number * page.per_page, page.total)
    text = _("%(first)s–%(last)s of %(total)s that match") if is_filtered else _("%(first)s–%(last)s of %(total)s")
    shown = {"first": min(first, page.total), "last": last, "total": page.total}
    return text % {name: numbers.number(value) for name, value in shown.items()}
