"""`POST /control`: moving the clock, switching faults on, reading the counts. JSON in, JSON out, loopback only."""

import json
from datetime import timedelta
from typing import Any

from portal.sandbox import clock, events
from portal.sandbox.faults import Switchboard
from portal.sandbox.models import World

_COMMANDS = {"advance", "install_seconds", "reset", "fault", "stats"}


def handle(body: bytes, switchboard: Switchboard) -> dict[str, Any]:
    """Carry out a control request: `{"advance": s}`, `{"install_seconds": n}`, `{"reset": true}`,
    `{"fault": {…}}`, `{"stats": true}`, or several at once, in this order.

    Answers the counts for `stats`, else the platform's time as `now`. ValueError says what is wrong.
    """
    command = _decoded(body)
    if "advance" in command:
        clock.advance(timedelta(seconds=_number(command["advance"], "advance", 10**10)))
        events.catch_up()
    if "install_seconds" in command:
        seconds = int(_number(command["install_seconds"], "install_seconds", 10**7))
        with clock.world_lock() as world:
            world.install_seconds = seconds
            world.save(update_fields=["install_seconds"])
    if command.get("reset"):
        switchboard.reset()
    if "fault" in command:
        switchboard.switch_on(command["fault"])
    if command.get("stats"):
        return switchboard.stats()
    return {"now": clock.now().isoformat(), "install_seconds": World.objects.get().install_seconds}


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        command = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(command, dict) or not command or not command.keys() <= _COMMANDS:
        raise ValueError(f"must be an object with some of {', '.join(sorted(_COMMANDS))}")
    return command


def _number(value: Any, name: str, most: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise ValueError(f"{name} must be a number of seconds, forward only")
    return value
