"""Whether a portal goes on while something of it is away: a change that is asked for, and when it is there."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scripts.processes import Process
from scripts.visitor import Visitor
from tests.support.portal import Portal

LIST = "/c/10001/virtualmachine/"
MACHINE = "shop10"


@contextmanager
def suspended(process: Process) -> Iterator[None]:
    """The process takes connections and says nothing."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def manager(portal: Portal) -> Visitor:
    """Somebody who has seen the machines."""
    visitor = Visitor(portal.url, "manager@example.com")
    visitor.get(LIST)
    return visitor


def describe(visitor: Visitor, text: str) -> None:
    """Asks for a change, and waits for no more than that it is kept."""
    visitor.send(f"{LIST}{MACHINE}/-/edit?next=/healthz", service_description=text)


def described(portal: Portal) -> str:
    """What the platform has of it."""
    with portal.platform.proxy() as proxy:
        (record,) = proxy.query("virtualmachine", {"name": MACHINE})
    return str(record["service_description"])


def readiness(portal: Portal) -> dict[str, str]:
    """What `/readyz` says of each part."""
    try:
        with urllib.request.urlopen(f"{portal.url}/readyz") as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        said = json.load(error)
    checks: dict[str, str] = said["checks"]
    return checks


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)
