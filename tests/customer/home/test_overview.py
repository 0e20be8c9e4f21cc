"""The overview: what is going on, what comes, what needs someone, how much there is, and what it costs."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey, Membership
from portal.billing.thresholds.models import Measure, Threshold
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
from portal.customer.home.page import Overview
from tests.customer.conftest import Browse, part, text_of
from tests.customer.visiting import PART
from tests.inventory.conftest import group, machine
from tests.inventory.platform import Platform
from tests.support.services import Sandbox

HOME = "/c/10001/"


@pytest.fixture
def overview(browse: Browse) -> Callable[[str], Any]:
    """The overview of a person as it is once everything is known."""

    def get(name: str, path: str = HOME) -> Any:
        client = browse(name)
        deadline = time.monotonic() + 60
        while (response := client.get(path)).context["page"].is_loading and time.monotonic() < deadline:
            time.sleep(0.05)
        return response

    return get


def page_of(response: Any) -> Overview:
    page = response.context["page"]
    assert isinstance(page, Overview)
    return page


def test_nothing_is_waited_for_and_what_is_on_its_way_is_said(browse: Browse, platform: Sandbox) -> None:
    platform.control(fault={"kind": "delay", "value": 3, "method": "query", "times": 20})
    response = browse("manager").get(HOME)
    assert "Loading from the platform" in text_of(response)
    assert 'hx-trigger="every 1s"' in response.content.decode()


def test_machines_are_counted_by_state_and_each_count_leads_to_its_list(overview: Any) -> None:
    page = page_of(overview("manager"))
    assert sum(tile.count for tile in page.tiles) == page.machine_count == 40
    assert "/c/10001/virtualmachine/?state=leaving" in {tile.address for tile in page.tiles}


def test_groups_stand_as_a_tree_with_what_each_holds(overview: Any, platform: Sandbox) -> None:
    rows = {row.name: row for row in page_of(overview("manager")).groups}
    with platform.proxy() as proxy:
        machines = [one for one in proxy.query("virtualmachine") if one["resource_group"] == "shop"]
    assert rows["services"].depth == 0
    assert rows["shop"].depth == 1
    assert rows["shop"].machines == len(machines)
    assert rows["shop"].cores == sum(one["cores"] for one in machines)


def test_the_next_seven_days_hold_maintenances_and_deletions_soonest_first(overview: Any) -> None:
    coming = page_of(overview("manager")).coming.shown
    assert len(coming) > 3
    assert [line.at for line in coming] == sorted(line.at for line in coming)
    assert any("shop16" in line.what for line in coming)


def test_what_is_pending_stands_on_top_until_it_is_done(overview: Any, scope_of: Any) -> None:
    overview("manager")
    asked = [Intent(type_name="virtualmachine", key="shop13", wanted={"cores": 7}, before={"cores": 3})]
    change = submit(scope_of("manager"), asked, "t")
    response = overview("viewer")
    assert "shop13" in page_of(response).going_on.shown[0].what
    assert "Maren Manager" in text_of(response)
    Change.objects.filter(pk=change.pk).update(state=State.DONE, done_at=change.created)
    assert not any("shop13" in line.what for line in page_of(overview("viewer")).going_on.shown)


def test_what_was_rejected_needs_someone_with_the_platforms_words(overview: Any, scope_of: Any) -> None:
    overview("manager")
    asked = [Intent(type_name="virtualmachine", key="shop13", wanted={"cores": 7}, before={"cores": 3})]
    change = submit(scope_of("manager"), asked, "t")
    answer = {"kind": "fault", "text": "too many cores for this customer", "code": 1, "field": "cores", "item": 0}
    Change.objects.filter(pk=change.pk).update(state=State.REJECTED, done_at=change.created, answer=answer)
    assert "too many cores for this customer" in text_of(overview("operator"))


def refuse_keys(platform: Sandbox) -> None:
    """The platform refuses all keys, and the portal has noticed."""
    platform.control(fault={"kind": "status", "value": 401, "method": "query", "times": 50})


def test_a_refused_key_needs_someone_and_the_changes_that_wait_for_it_are_counted(
    overview: Any, browse: Browse, scope_of: Any, platform: Sandbox
) -> None:
    overview("manager")
    asked = [Intent(type_name="virtualmachine", key="shop13", wanted={"cores": 7}, before={"cores": 3})]
    change = submit(scope_of("manager"), asked, "t")
    Change.objects.filter(pk=change.pk).update(state=State.PARKED)
    refuse_keys(platform)
    browse("manager").post(HOME)
    response = overview("manager")
    assert "The platform has rejected the API key of group services" in text_of(response)
    assert "1 change waits for a new key." in text_of(response)
    assert page_of(response).alerts[0].address == "/c/10001/keys/"
    assert not page_of(response).attention
    assert "A manager must enter a new key." in text_of(overview("operator"))


def test_money_is_for_manager_and_billing(overview: Any) -> None:
    assert page_of(overview("manager")).cost is not None
    assert page_of(overview("billing")).cost is not None
    for name in ("operator", "viewer", "child"):
        assert page_of(overview(name)).cost is None


def test_the_running_month_is_estimated_for_who_may_see_money(overview: Any) -> None:
    assert "projected, an estimate." in text_of(overview("manager"))
    assert "if it goes on like this" not in text_of(overview("operator"))


def test_a_limit_that_is_passed_needs_someone_who_may_see_money(overview: Any, cast: Any) -> None:
    customer = Membership.objects.get(user=cast["manager"]).customer
    Threshold.objects.create(customer=customer, measure=Measure.AMOUNT, limit=1)
    Threshold.objects.create(customer=customer, measure=Measure.TRAFFIC, limit=10**15)
    response = overview("billing")
    assert [alert.address for alert in page_of(response).alerts] == ["/c/10001/thresholds/"]
    assert "Amount before tax: budget exceeded" in text_of(response)
    assert page_of(overview("operator")).alerts == []


def test_billing_sees_what_it_costs_and_nothing_else(overview: Any) -> None:
    response = overview("billing")
    assert "/virtualmachine/" not in response.content.decode()
    assert "EUR" in text_of(response)


def test_a_limited_person_sees_their_groups_only(overview: Any) -> None:
    response = overview("child")
    assert [row.name for row in page_of(response).groups] == ["example", "example-lab"]
    assert "shop" not in response.content.decode()
    assert "You see group example" in text_of(response)


def test_a_customer_without_a_key_is_told_what_to_do_first(overview: Any, cast: Any) -> None:
    ApiKey.objects.all().delete()
    response = overview("manager")
    page = page_of(response)
    assert "First steps" in text_of(response)
    assert "Loading" not in text_of(response)
    assert not page.is_live
    assert [step.done for step in page.steps] == [False, False, False]
    assert page.steps[0].address == "/c/10001/keys/"


def test_a_customer_without_machines_is_led_on_from_its_group(overview: Any, odd_platform: Platform) -> None:
    odd_platform.records["services", "resourcegroup"] = [{"name": "services", "parent": ""}]
    page = page_of(overview("manager"))
    assert [step.done for step in page.steps] == [True, True, False]
    assert page.steps[2].address == "/c/10001/virtualmachine/-/new"


def test_an_open_overview_is_told_of_news_only(overview: Any, browse: Browse, scope_of: Any) -> None:
    overview("manager")
    client = browse("manager")
    tag = part(client, HOME).headers["HX-PTag"]
    assert part(client, HOME, **{"HX-PTag": tag}).status_code == 304
    submit(scope_of("manager"), [Intent(type_name="virtualmachine", key="shop13", wanted={}, before={})], "t")
    assert part(client, HOME, **{"HX-PTag": tag}).status_code == 200


def test_a_person_without_a_customer_is_told_so(browse: Browse, cast: Any) -> None:
    Membership.objects.filter(user=cast["viewer"]).delete()
    assert "You are not a member of any customer yet" in text_of(browse("viewer").get("/"))


def test_the_start_page_leads_to_the_first_customer(browse: Browse) -> None:
    assert browse("outsider").get("/").headers["Location"] == "/c/10002/"


def test_asked_anew_as_a_part_it_is_answered_as_one(browse: Browse) -> None:
    for path in (HOME, f"{HOME}resourcegroup/?view=tree"):
        answer = browse("operator").post(path, headers=PART)
        assert answer.status_code == 200
        assert "<html" not in answer.content.decode()


def test_what_changes_while_it_is_being_installed_shows_how_far_that_is(
    browse: Browse, odd_platform: Platform, scope_of: Callable[..., Scope]
) -> None:
    began = datetime.now(UTC).isoformat()
    odd_platform.records["services", "virtualmachine"] = [machine("shop00", needs_install=True, creation_date=began)]
    odd_platform.records["services", "resourcegroup"] = [group("services"), group("shop", "services")]
    client = browse("operator")
    for name in ("virtualmachine", "resourcegroup"):
        client.get(f"{HOME}{name}/")
    wanted = Intent(type_name="virtualmachine", key="shop00", wanted={"disk": 20}, before={"disk": 10})
    submit(scope_of("operator"), [wanted], "t")
    assert text_of(client.get(HOME)).count("for 0 s") >= 1
