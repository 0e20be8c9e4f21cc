"""Changes by several people while workers are killed, Redis is emptied and answers get lost, all in real processes.

The full run is `python -m scripts.chaos`.
"""

from collections.abc import Callable

from scripts.chaos import Chaos
from tests.support.portal import Portal


def test_no_change_is_lost_applied_twice_or_overtaken(new_portal: Callable[..., Portal]) -> None:
    portal = new_portal(API_DEADLINE="4")  # so that the lease of a killed worker is over in 7 s
    report = Chaos(portal, changes=20, kills=2, flushes=1, faults=3).run(seconds=600)
    assert (len(report.rows), report.kills, report.flushes, report.faults) == (20, 2, 1, 3)
    assert report.problems == []
    portal.assert_no_traceback()
