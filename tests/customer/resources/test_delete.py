"""Deleting: the name confirms, the day is one that can be had, and what stands in the way is said before."""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from portal.changes.models import Change, State
from portal.resources.times import berlin_today
from tests.customer.asking import filled, save, values_of
from tests.customer.conftest import Browse, text_of
from tests.inventory.platform import Platform
from tests.support import moment
from tests.support.services import Sandbox

HOME = "/c/10001/"
MACHINE = f"{HOME}virtualmachine/shop00/-/delete"


def item() -> Any:
    return Change.objects.get().items.get()


def first_day(response: Any) -> str:
    return str(response.context["removal"].first_day.isoformat())


def test_a_machine_is_deleted_by_its_name_at_the_end_of_the_month_unless_said_otherwise(browse: Browse) -> None:
    client = browse("operator")
    (day,) = values_of(client.get(MACHINE))["day"]
    assert save(client, MACHINE, name="shop00").status_code == 302
    assert (item().key, item().action, item().wanted) == ("shop00", "delete", {"deadline": day})


def test_the_day_can_be_chosen_from_tomorrow_on(browse: Browse) -> None:
    client = browse("operator")
    response = client.get(MACHINE)
    tomorrow = first_day(response)
    today = (response.context["removal"].first_day - timedelta(days=1)).isoformat()
    refused = client.post(MACHINE, filled(values_of(response), name="shop00", day=today))
    assert refused.status_code == 422
    assert "The earliest day is tomorrow" in text_of(refused)
    assert client.post(MACHINE, filled(values_of(response), name="shop00", day=tomorrow)).status_code == 302
    assert item().wanted == {"deadline": tomorrow}


def test_what_happens_when_follows_the_day(browse: Browse) -> None:
    client = browse("operator")
    values = filled(values_of(client.get(MACHINE)), day=f"{moment.AT.year + 1}-12-31", preview="1")
    response = client.post(MACHINE, values, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert f"31 Dec {moment.AT.year + 1}" in text_of(response)
    assert "<html" not in response.content.decode()
    assert not Change.objects.exists()


def test_another_name_deletes_nothing(browse: Browse) -> None:
    client = browse("operator")
    values = values_of(client.get(MACHINE))
    for text in ("", "shop01", "SHOP00", "x" * 100_000, "シop", "sh\x00op00", None):
        response = client.post(MACHINE, filled(values, name=text))
        assert response.status_code == 422
        assert "Type “shop00” to confirm." in text_of(response)
    assert not Change.objects.exists()


def test_no_odd_day_is_taken(browse: Browse) -> None:
    client = browse("operator")
    values = values_of(client.get(MACHINE))
    for day in (
        "",
        "tomorrow",
        "31.12.2026",
        "20271231",
        "2027-W52-5",
        "2026-02-30",
        "0000-00-00",
        "9" * 100_000,
        "٢٠٢٧-٠١-٠١",
        "2027-01-01\x00",
    ):
        response = client.post(MACHINE, filled(values, name="shop00", day=day))
        assert response.status_code == 422, day[:20]
    assert not Change.objects.exists()


def test_pressed_twice_is_one_deletion(browse: Browse) -> None:
    client = browse("operator")
    values = filled(values_of(client.get(MACHINE)), name="shop00")
    assert [client.post(MACHINE, values).status_code for _ in range(2)] == [302, 302]
    assert Change.objects.count() == 1


def planned_for(client: Any, name: str) -> str:
    record = client.get(f"{HOME}virtualmachine/{name}/").context["page"].record
    return str(record["deletion"]["deadline"])[:10]


def test_of_a_machine_that_is_to_go_the_day_is_kept_and_can_be_changed(browse: Browse) -> None:
    client = browse("operator")
    page = client.get(f"{HOME}virtualmachine/example10/")
    assert "Change date…" in text_of(page)
    assert "Cancel deletion" in text_of(page)
    assert "Delete…" not in text_of(page)
    path = f"{HOME}virtualmachine/example10/-/delete"
    response = client.get(path)
    (day,) = values_of(response)["day"]
    assert day == planned_for(client, "example10")
    assert "example10 will be deleted on" in text_of(response)
    unchanged = save(client, path, name="example10")
    assert "The deletion is planned for this day already." in text_of(unchanged)
    later = (date.fromisoformat(day) + timedelta(days=9)).isoformat()
    assert save(client, path, name="example10", day=later).status_code == 302
    assert (item().action, item().wanted) == ("delete", {"deadline": later})


def test_where_the_day_is_changed_the_deletion_can_be_cancelled_as_well(browse: Browse) -> None:
    client = browse("operator")
    body = client.get(f"{HOME}virtualmachine/example10/-/delete").content.decode()
    (address,) = re.findall(r'action="([^"]+/-/keep)"', body)
    assert client.post(address).status_code == 302
    assert (item().action, item().wanted) == ("set", {})


def test_a_machine_that_is_shut_down_already_has_no_day_to_choose(browse: Browse) -> None:
    client = browse("operator")
    listed = client.get(f"{HOME}virtualmachine/", {"state": "shutdown"})
    name = listed.context["list"].page.records[0].key
    page = text_of(client.get(f"{HOME}virtualmachine/{name}/"))
    assert "Restore" in page
    assert "Delete…" not in page
    assert "Change date…" not in page
    path = f"{HOME}virtualmachine/{name}/-/delete"
    response = client.get(path)
    assert f"{name} is shut down for deletion" in text_of(response)
    assert 'name="day"' not in response.content.decode()
    client.post(path, {"name": name, "day": "2027-01-01"})
    assert not Change.objects.exists()


def test_a_form_without_its_seal_deletes_nothing(browse: Browse) -> None:
    client = browse("operator")
    values = filled(values_of(client.get(MACHINE)), name="shop00")
    for opened in (None, "", "junk", "x" * 100_000):
        assert client.post(MACHINE, filled(values, opened=opened)).status_code == 422
    assert not Change.objects.exists()


def test_a_group_that_is_not_empty_says_what_has_to_go_first(browse: Browse) -> None:
    client = browse("manager")
    path = f"{HOME}resourcegroup/shop/-/delete"
    response = client.get(path)
    assert "It is not empty: delete these first" in text_of(response)
    assert f'href="{HOME}virtualmachine/shop00/"' in response.content.decode()
    client.post(path, {"name": "shop"})
    assert not Change.objects.exists()


def test_rg_11_the_keys_own_group_is_for_support(browse: Browse) -> None:
    client = browse("manager")
    path = f"{HOME}resourcegroup/services/-/delete"
    assert "This group cannot be deleted here" in text_of(client.get(path))
    client.post(path, {"name": "services"})
    assert not Change.objects.exists()


def test_rg_11_also_where_it_has_a_parent_which_the_key_does_not_reach(browse: Browse, odd_platform: Platform) -> None:
    odd_platform.records["services", "resourcegroup"] = [
        {"name": "services", "parent": "company"},
        {"name": "shop", "parent": "services"},
    ]
    client = browse("manager")
    path = f"{HOME}resourcegroup/services/-/delete"
    assert "This group cannot be deleted here" in text_of(client.get(path))
    assert save(client, f"{HOME}resourcegroup/shop/-/delete", name="shop").status_code == 302
    assert item().key == "shop"


def test_vm_21_a_machine_that_is_shut_down_already_is_not_asked_for_another_day(
    browse: Browse, odd_platform: Platform
) -> None:
    odd_platform.records["services", "resourcegroup"] = [{"name": "services", "parent": ""}]
    odd_platform.records["services", "virtualmachine"] = [
        {
            "name": "services00",
            "resource_group": "services",
            "deletion": {"deadline": "2026-11-23", "stages": ["prepare", "soft"]},
        }
    ]
    client = browse("operator")
    page = f"{HOME}virtualmachine/services00/"
    for address in (page, f"{HOME}virtualmachine/"):
        assert "Delete…" not in text_of(client.get(address))
    shown = client.get(f"{page}-/delete")
    assert "services00 is shut down for deletion" in text_of(shown)
    assert "The machine can be restored until 26 Nov" in text_of(shown)
    assert f'action="{page}-/keep"' in shown.content.decode()
    client.post(f"{page}-/delete", {"name": "services00", "day": "2027-12-31"})
    assert not Change.objects.exists()


def test_a_service_user_is_gone_at_once_and_the_person_is_back_at_the_list(browse: Browse) -> None:
    client = browse("operator")
    (path,) = {one for one in _service_users(client) if "/shop/" in one and one.endswith("s-shop/")}
    response = save(client, f"{path}-/delete", name="s-shop", next=path)
    assert response["Location"] == f"{HOME}serviceuser/"
    assert item().wanted == {}


def test_a_limited_person_deletes_nothing_elsewhere(browse: Browse) -> None:
    assert browse("child").get(MACHINE).status_code == 404
    assert browse("child").post(MACHINE, {"name": "shop00"}).status_code == 404
    assert not Change.objects.exists()


def test_a_refused_deletion_opens_again_with_the_day_and_the_platforms_words(browse: Browse) -> None:
    client = browse("operator")
    day = (berlin_today(client.get(MACHINE).context["removal"].now) + timedelta(days=40)).isoformat()
    save(client, MACHINE, name="shop00", day=day)
    Change.objects.update(state=State.REJECTED, answer={"kind": "fault", "text": "not on a Sunday", "field": ""})
    response = client.get(MACHINE, {"again": str(Change.objects.get().number)})
    assert values_of(response)["day"] == [day]
    assert "not on a Sunday" in text_of(response)


@pytest.mark.parametrize("path", ["virtualmachine/shop00/-/delete", "resourcegroup/trial/-/delete"])
def test_a_silent_platform_is_said_and_nothing_is_sent(browse: Browse, platform: Sandbox, path: str) -> None:
    platform.stop()
    response = browse("manager").post(f"{HOME}{path}", {"name": "shop00"})
    assert response.status_code == 503
    assert "Nothing was sent" in text_of(response)
    assert not Change.objects.exists()


def _service_users(client: Any) -> list[str]:
    listing = client.get(f"{HOME}serviceuser/").context["list"].listing
    return [f"{HOME}serviceuser/{key}/" for key in listing.by_key]
