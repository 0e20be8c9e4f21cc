"""A machine's deletion on a line: what happens on which day, and what has happened already (vm_19, vm_22)."""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.resources.deletion import STAGES, day_of, read_deletion
from portal.resources.spec import Value
from portal.resources.times import berlin_today
from portal.ui.format import dates

WORDS = {
    "prepare": lazy("Announced as maintenance"),
    "soft": lazy("Shut down, no longer charged; can be restored"),
    "hard": lazy("Disk deleted, addresses released"),
    "purge": lazy("Backups deleted"),
    "recycle": lazy("Name available again"),
}


def days(deadline: date, today: date, reached: Collection[str] = ()) -> Iterator[tuple[str, str, str]]:
    """(stage, day in words, what happens); a stage that should have been is due today.

    Of one that was reached before the deadline nobody can tell the day: a deletion that is asked for late is announced
    at once.
    """
    for stage in STAGES:
        day = day_of(stage, deadline)
        if stage in reached:
            yield stage, dates.day_words(day, today) if day >= deadline else _("already"), str(WORDS[stage])
        else:
            yield stage, dates.day_words(max(day, today), today), str(WORDS[stage])


def line(deletion: Value, now: datetime) -> SafeString:
    """All stages in order, those reached marked and told; '' where no deletion is planned."""
    planned = read_deletion(deletion)
    if planned.deadline is None:
        return SafeString("")
    parts = (
        (SafeString(' class="is-reached"' if stage in planned.stages else ""), day, text)
        for stage, day, text in days(planned.deadline, berlin_today(now), planned.stages)
    )
    return format_html('<ol class="stages">{}</ol>', format_html_join("", "<li{}><strong>{}</strong>{}</li>", parts))
