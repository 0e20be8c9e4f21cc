"""A machine that is being installed: how long already, against how long it usually takes. An estimate, called one."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.changes import install_times
from portal.resources.spec import Record
from portal.ui.format import dates
from portal.ui.format.values import Viewing, moment_of

MOVES = 5  # seconds after which a bar stands elsewhere
WORDS = 60  # … and a page that stands open is sent other words; bar and seconds run on by themselves (js/portal.js)
FULLEST = 0.95  # never full before the platform has said that it is ready; static/js/portal.js has it too


def step(now: datetime) -> int:
    """Which of these steps it is: what is rendered stands still within each."""
    return int(now.timestamp()) // MOVES


def words_step(now: datetime) -> int:
    """The same for a page's tag."""
    return int(now.timestamp()) // WORDS


@dataclass(frozen=True, slots=True)
class Installs:
    """How long installations usually take, in seconds; None where none was seen yet."""

    usual: float | None = None

    @classmethod
    def seen(cls) -> "Installs":
        """From the latest that were seen; one database query."""
        usual = install_times.usual()
        return cls(usual.total_seconds() if usual else None)


def progress(record: Record, viewing: Viewing, installs: Installs, *, brief: bool = False) -> SafeString:
    """The bar and the words: "3 min of about 6 min"; without an earlier installation only the time that has passed.

    Briefly, for a row: "3 min / ~6 min".
    """
    begun = moment_of(record, "creation_date")
    if begun is None:
        return SafeString("")
    passed = max(0.0, step(viewing.now) * MOVES - begun.timestamp())
    if installs.usual is None:
        return format_html(' <span class="installing">{}</span>', _running(_("for %(time)s"), "time", passed))
    words = _("%(passed)s / ~%(usual)s") if brief else _("%(passed)s of about %(usual)s")
    if passed > 1.5 * installs.usual and not brief:
        words = _("%(passed)s, longer than the usual %(usual)s")
    words = words.replace("%(usual)s", dates.duration(installs.usual))
    usual = max(installs.usual, 1)
    return format_html(
        ' <span class="installing"><progress max="1" value="{}" data-usual="{}" aria-label="{}"></progress> {}</span>',
        f"{min(passed / usual, FULLEST):.2f}",
        round(usual),
        _("Installation of %(name)s") % {"name": record.title},
        _running(words, "passed", passed),
    )


def _running(words: str, name: str, passed: float) -> SafeString:
    """The words with the time that has passed, which goes on (js/portal.js) for as long as it is told in seconds."""
    before, _name, after = words.partition(f"%({name})s")
    running = format_html('<span data-passed="{}">{}</span>', round(passed), dates.duration(passed))
    return format_html("{}{}{}", before, running, after)
