"""States as badges: in full on a page, in one line in a row, in plain words for a spreadsheet."""

from datetime import UTC, datetime, timedelta

from portal.resources.spec import Context
from portal.resources.state_styles import State, Status
from portal.resources.states import machine_states
from portal.resources.times import BERLIN
from portal.ui.format import badges

NOW = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
LEAVING = Status(State.LEAVING, datetime(2026, 11, 29, 23, 0, tzinfo=UTC))
OFF = Status(State.OFF)
GONE = Status(State.SHUTDOWN, datetime(2026, 12, 2, 23, 0, tzinfo=UTC))


def test_a_page_says_the_day() -> None:
    assert "on 30 Nov" in badges.badges((LEAVING,), BERLIN, NOW)
    assert "data deleted on 3 Dec" in badges.badges((GONE,), BERLIN, NOW)


def test_a_row_says_days_briefly() -> None:
    assert "on 30 Nov<" in badges.in_row((LEAVING,), BERLIN, NOW)
    shown = badges.in_row((GONE,), BERLIN, NOW)
    assert ">In deletion <" in shown
    assert "until 3 Dec" in shown
    assert 'title="Shut down for deletion data deleted on 3 Dec"' in shown


def test_a_note_in_a_row_keeps_its_words_for_the_hover_and_for_ears() -> None:
    shown = badges.in_row((OFF, LEAVING), BERLIN, NOW)
    assert '<span class="note-word">Deletion</span>' in shown
    assert 'title="Deletion on 30 Nov"' in shown


def test_a_row_says_the_day_only_where_the_time_alone_would_leave_a_doubt() -> None:
    late = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
    soon, later = (Status(State.MAINTENANCE, late + timedelta(hours=hours)) for hours in (2, 14))
    assert "until 01:30<" in badges.in_row((soon,), BERLIN, late)
    assert "until Wed 25 Nov, 13:30<" in badges.in_row((later,), BERLIN, late)


def test_plain_words_tell_all_states() -> None:
    assert badges.text((LEAVING, OFF), BERLIN, NOW) == "Deletion on 30 Nov, Off"


def test_what_a_machine_is_in_first_is_its_state_in_the_order_of_precedence() -> None:
    machine = {"needs_install": True, "online": False, "deletion": {"deadline": "2026-11-30", "stages": []}}
    context = Context(now=NOW, group=None, maintenances=())
    found = [status.state for status in machine_states(machine, context)]
    assert found == [State.INSTALLING, State.LEAVING, State.OFF]
