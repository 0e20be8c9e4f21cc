"""Actions without a form: switching off and on, keeping what was to be deleted, maintenance mode (rg_07, vm_20)."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.accounts.models import User
from portal.changes.models import Change, Item, State
from portal.inventory import reads
from portal.resources.times import parse_moment
from tests.customer.asking import save
from tests.customer.conftest import Browse, part, text_of
from tests.support.services import Sandbox

HOME = "/c/10001/"
POWER = f"{HOME}virtualmachine/shop00/-/power"
MAINTENANCE = f"{HOME}resourcegroup/shop/-/maintenance"
KEEP = f"{HOME}virtualmachine/example10/-/keep"


def wanted() -> dict[str, Any]:
    return dict(Change.objects.get().items.get().wanted)


def test_asked_for_it_first_says_what_comes_of_it(browse: Browse) -> None:
    response = browse("operator").get(POWER)
    assert response.status_code == 200
    assert len(response.context["step"].buttons) == 1
    assert not Change.objects.exists()


def test_a_running_machine_is_switched_off_and_the_person_is_back(browse: Browse) -> None:
    client = browse("operator")
    params = dict(client.get(POWER).context["step"].buttons[0].params)
    response = client.post(POWER, {**params, "next": f"{HOME}virtualmachine/?q=shop"})
    assert response["Location"] == f"{HOME}virtualmachine/?q=shop"
    assert wanted() == {"online": False}


def test_a_deletion_is_cancelled_by_keeping(browse: Browse) -> None:
    assert browse("operator").post(KEEP).status_code == 302
    assert (Change.objects.get().items.get().action, wanted()) == ("set", {})


def test_what_is_not_leaving_cannot_be_kept(browse: Browse) -> None:
    assert browse("operator").get(f"{HOME}virtualmachine/shop00/-/keep").status_code == 404


def test_what_a_page_offered_that_has_become_old_is_not_done(browse: Browse) -> None:
    client = browse("operator")
    assert client.post(f"{HOME}virtualmachine/shop00/-/keep").status_code == 404  # nobody deletes it (any more)
    assert client.post(POWER, {"to": "on"}).status_code == 422  # it is on
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("path", "page", "button", "going"),
    [
        (POWER, "virtualmachine/shop00/", "Switch off", "Shutting down…"),
        (KEEP, "virtualmachine/example10/", "Cancel deletion", "Cancelling the deletion…"),
        (MAINTENANCE, "resourcegroup/shop/", "Maintenance mode for 1 hour", "Starting maintenance mode…"),
    ],
)
def test_while_it_is_on_its_way_the_button_says_what_goes_on(
    browse: Browse, path: str, page: str, button: str, going: str
) -> None:
    client = browse("operator")
    client.post(path, dict(client.get(path).context["step"].buttons[0].params))
    for shown in (client.get(f"{HOME}{page}").content.decode(), part(client, f"{HOME}{page}-/menu").content.decode()):
        assert re.search(rf"<button[^>]* disabled>(<svg.*?</svg>)?{going}", shown)
        assert f">{button}</button>" not in shown
    Change.objects.update(state=State.PARKED)
    assert going not in client.get(f"{HOME}{page}").content.decode()


def test_what_was_asked_last_is_what_goes_on(browse: Browse) -> None:
    client = browse("operator")
    client.post(POWER, {"online": "false"})
    record = {"type_name": "virtualmachine", "key": "shop00", "group": "shop"}
    Item.objects.create(change=Change.objects.get(), position=1, wanted={"cores": 3}, **record)
    assert "Shutting down…" not in text_of(client.get(f"{HOME}virtualmachine/shop00/"))


def test_while_a_deletion_is_on_its_way_its_button_says_so(browse: Browse) -> None:
    client = browse("operator")
    page = f"{HOME}virtualmachine/shop00/"
    save(client, f"{page}-/delete", name="shop00")
    assert "Deleting…" in text_of(client.get(page))
    assert "Delete…" not in text_of(client.get(page))


def test_maintenance_for_an_hour_begins_now(browse: Browse) -> None:
    client = browse("operator")
    step = client.get(MAINTENANCE).context["step"]
    assert client.post(MAINTENANCE, dict(step.buttons[0].params)).status_code == 302
    ends = [moment for value in wanted().values() if isinstance(value, str) and (moment := parse_moment(value))]
    assert abs(ends[0] - step.context.now - timedelta(hours=1)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("later", "said"), [(None, "not with the portal"), (0, "Olaf Operator"), (60, "not with the portal")]
)
def test_a_group_in_maintenance_says_who_set_it(
    browse: Browse, scope_of: Callable[..., Scope], later: int | None, said: str
) -> None:
    """That is who asked for the end that it has: another end was set elsewhere."""
    scope, client = scope_of("operator"), browse("operator")
    page = f"{HOME}resourcegroup/example-lab/"
    end = parse_moment(reads.listing(scope, "resourcegroup").by_key["example-lab"].get("maintenance_until"))
    assert end is not None
    if later is not None:
        until = (end + timedelta(minutes=later)).isoformat()
        client.post(f"{page}-/maintenance", {"for": "until", "until": until})
        Change.objects.update(state=State.DONE, recorded_at=timezone.now(), done_at=timezone.now())
    assert f"Set by {said}" in text_of(client.get(page))


def test_maintenance_until_a_time_is_meant_by_the_readers_clock(browse: Browse) -> None:
    User.objects.filter(email="operator@example.com").update(time_zone="America/New_York")
    client = browse("operator")
    path = f"{HOME}resourcegroup/shop/-/maintenance"
    step = client.get(path).context["step"]
    assert step.timezone == "America/New_York"
    until = datetime.fromisoformat(step.earliest) + timedelta(hours=5)
    assert client.post(path, {"for": "until", "until": until.isoformat()}).status_code == 302
    ends = [moment for value in wanted().values() if isinstance(value, str) and (moment := parse_moment(value))]
    assert abs(ends[0] - step.context.now - timedelta(hours=5)) < timedelta(minutes=2)


def test_no_odd_time_is_taken_and_it_stays_in_the_field(browse: Browse) -> None:
    client = browse("operator")
    for until in ("", "soon", "2020-01-01T00:00", "2026-13-45T99:99", "9" * 100_000, "明日", "2026-12-01\x00"):
        response = client.post(MAINTENANCE, {"for": "until", "until": until})
        assert response.status_code == 422, until[:20]
        assert "Enter a time in the future (Europe/Berlin)." in text_of(response)
        assert response.context["step"].params["until"] == until[:40]
    assert not Change.objects.exists()


@pytest.mark.parametrize("params", [{}, {"to": "explode"}, {"for": "ever"}, {"online": "maybe"}])
def test_what_is_no_choice_is_not_done(browse: Browse, params: dict[str, str]) -> None:
    for path in (MAINTENANCE, POWER):
        assert browse("operator").post(path, params).status_code == 422
    assert not Change.objects.exists()


def test_pressed_twice_is_one_change(browse: Browse) -> None:
    client = browse("operator")
    for path in (POWER, MAINTENANCE):
        params = dict(client.get(path).context["step"].buttons[0].params)
        assert [client.post(path, params).status_code for _ in range(2)] == [302, 302]
    assert Change.objects.count() == 2


@pytest.mark.parametrize("path", [POWER, MAINTENANCE, KEEP])
def test_who_may_not_is_refused_and_strangers_find_nothing(browse: Browse, path: str) -> None:
    for name in ("viewer", "billing"):
        assert browse(name).get(path).status_code == 403
        assert browse(name).post(path).status_code == 403
    for name in ("outsider", "staff"):
        assert browse(name).post(path).status_code == 404
    assert not Change.objects.exists()


def test_a_silent_platform_is_said_and_nothing_is_sent(browse: Browse, platform: Sandbox) -> None:
    platform.stop()
    response = browse("operator").post(POWER, {"to": "off"})
    assert response.status_code == 503
    assert "Nothing was sent" in text_of(response)
    assert not Change.objects.exists()
