"""Forms while the platform is slow, refuses, breaks off or answers nonsense: what was typed is taken or still there."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from portal.changes.models import Change, Item
from portal.inventory import counters
from portal.inventory.platform import circuit_breaker
from portal.inventory.snapshots import single_flight
from tests.customer.asking import values_of
from tests.customer.conftest import Browse, part, text_of
from tests.support import moment
from tests.support.services import Sandbox

C = "/c/10001/"
TYPED = "typed while it was in trouble"
FAULTS: dict[str, dict[str, object]] = {
    "slow": {"kind": "delay", "value": 7},  # longer than is waited for
    "refusing": {"kind": "status", "value": 401},
    "broken": {"kind": "status", "value": 502},
    "silent": {"kind": "drop_before"},
    "cut off": {"kind": "truncate"},
    "nonsense": {"kind": "garbage"},
    "fault": {"kind": "fault", "value": "something is wrong with the storage"},
}
# What somebody types or presses; the answer is sent with all else that stands in the form.
FORMS: dict[str, dict[str, str]] = {
    "virtualmachine/-/new": {"name": "shop90", "resource_group": "shop", "service_description": TYPED},
    "virtualmachine/shop10/-/edit": {"service_description": TYPED},
    "virtualmachine/shop10/-/delete": {"name": "shop10"},
    "virtualmachine/shop10/-/power": {"online": "false"},
    "resourcegroup/-/new": {"name": "fresh", "parent": "shop", "technical_contacts": "someone@example.com"},
    "resourcegroup/trial/-/edit": {"technical_contacts": "someone@example.com"},
    "serviceuser/-/new": {"uid": "s-fresh", "resource_group": "shop", "description": TYPED},
    "serviceuser/shop/s-shop/-/edit": {"description": TYPED},
}


@pytest.fixture
def troubled(platform: Sandbox, settings: Any) -> Any:
    """`troubled("slow")`: from now on every call goes like that."""

    def trouble(name: str) -> None:
        settings.API_TIMEOUTS = {"connect_timeout": 0.5, "read_timeout": 0.5, "deadline": 1.0}
        platform.control(fault={**FAULTS[name], "method": "*", "times": 1000})

    return trouble


@pytest.mark.parametrize("path", FORMS)
def test_what_is_sent_of_known_records_is_taken_whatever_the_platform_does(
    browse: Browse, troubled: Any, platform: Sandbox, path: str
) -> None:
    client = browse("manager")
    form = values_of(client.get(C + path)) | {name: [value] for name, value in FORMS[path].items()}
    for name in FAULTS:
        platform.control(reset=True)
        troubled(name)
        token = {"opened": values_of(client.get(C + path)).get("opened", form.get("opened", []))}
        answer = client.post(C + path, form | token)
        assert answer.status_code in (302, 422), (name, answer.status_code)
        if answer.status_code == 422:  # taken already, or not known well enough: nothing is lost
            assert any(value in answer.content.decode() for value in FORMS[path].values()), name
    assert Item.objects.count() >= 1


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_sent_where_nothing_is_known_is_shown_and_not_lost(browse: Browse, troubled: Any, name: str) -> None:
    client = browse("manager")
    troubled(name)
    for path, typed in FORMS.items():
        answer = client.post(C + path, typed)
        assert answer.status_code == 503, path
        assert "Nothing was sent" in text_of(answer), path
        for text in typed.values():
            assert path.endswith("power") or text in text_of(answer), path
    assert not Change.objects.exists()


# --- until all pages know that it is back


class Outage:
    """The banner of a page that stays open, asking as the page's script does, while time is moved by the test."""

    EVERY = 2  # seconds: templates/components/banner.html

    def __init__(self, client: Any, clock: time_machine.Traveller) -> None:
        self.client, self.clock = client, clock

    def is_told(self) -> bool:
        """Asks once; what that has set going comes to its end before time goes on."""
        said = text_of(part(self.client, f"{C}frame/"))
        self.come_to_an_end()
        return "unreachable since" in said

    def come_to_an_end(self) -> None:
        for done in single_flight.under_way():
            done.wait(60)

    def lasts(self, seconds: int) -> None:
        for _ in range(0, seconds, self.EVERY):
            self.clock.shift(self.EVERY)
            self.is_told()

    def seconds_until_it_goes(self) -> int:
        seconds = 0
        while self.is_told():
            assert seconds < 120
            self.clock.shift(self.EVERY)
            seconds += self.EVERY
        return seconds


@pytest.fixture
def outage(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    """A page that was fresh ten minutes ago; the worker's part is played by this process."""
    monkeypatch.setattr("portal.inventory.snapshots.freshness.refresh_behind", single_flight.start)
    with time_machine.travel(moment.AT.timestamp()) as clock:
        found = Outage(browse("manager"), clock)
        found.is_told()
        clock.shift(600)
        yield found


@pytest.mark.parametrize("later", range(5))
def test_the_banner_goes_within_fifteen_seconds_whenever_the_platform_comes_back(
    outage: Outage, platform: Sandbox, later: int
) -> None:
    platform.control(fault={**FAULTS["broken"], "method": "*", "times": 10_000})
    outage.lasts(20)
    outage.clock.shift(later)
    assert outage.is_told()
    assert circuit_breaker.state().is_open
    platform.control(reset=True)
    assert outage.seconds_until_it_goes() <= 15
    assert not circuit_breaker.state().is_open


def test_a_platform_that_is_down_is_asked_by_one_call_at_a_time(outage: Outage, platform: Sandbox) -> None:
    platform.control(fault={**FAULTS["broken"], "method": "*", "times": 10_000})
    outage.lasts(20)
    before = calls_made()
    outage.lasts(30)
    assert 0 < calls_made() - before <= 30 / 5


def calls_made() -> float:
    """To the platform, so far."""
    return sum(count for name, count in counters.totals().items() if name[0] == "calls")
