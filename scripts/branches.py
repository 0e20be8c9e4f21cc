"""A plugin of coverage: before Python 3.14, too, branches are measured by `sys.monitoring`.

By itself coverage traces there, and then everything written in Python, the libraries too, takes twice the time.

Python 3.12 and 3.13 have one event for a branch, where 3.14 has one for each way out of it. So it goes on until both
ways were seen, and only then is it switched off for good; what always goes the same way comes here each time.
"""

import dis
import sys
from types import CodeType
from typing import Any

from coverage import bytecode, env
from coverage.plugin_support import Plugins
from coverage.sysmon import SysMonitor

# What coverage and Python themselves have from 3.14 on; not part of their types before.
EVENTS: Any = sys.monitoring.events
MONITOR: Any = SysMonitor

_first: dict[tuple[int, int], int] = {}  # by code and place of the branch: where it led at first
_seen = MONITOR.sysmon_branch_either


def coverage_init(plugins: Plugins, options: dict[str, Any]) -> None:
    if sys.version_info >= (3, 14):
        return
    env.PYBEHAVIOR.branch_right_left = True
    EVENTS.BRANCH_LEFT = EVENTS.BRANCH_RIGHT = EVENTS.BRANCH
    bytecode.RETURNS.add(dis.opmap["RETURN_CONST"])
    MONITOR.sysmon_branch_either = _branch


def _branch(monitor: SysMonitor, code: CodeType, offset: int, destination: int) -> object:
    place = id(code), offset
    first = _first.get(place)
    if first == destination:
        return None
    _seen(monitor, code, offset, destination)
    if first is not None:
        return sys.monitoring.DISABLE
    _first[place] = destination
    return None
