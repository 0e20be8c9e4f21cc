"""Taking back: what is through offers the way back as a plan, and says what does not come back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.changes.intent import Intent
from portal.changes.models import Change
from portal.changes.submit import submit
from portal.inventory import reads
from portal.plans import compose
from portal.plans.compose import put_in
from portal.plans.models import Plan, State
from portal.resources.times import default_deadline, earliest_deadline
from tests.changes.conftest import machine, new_machine, run_all
from tests.customer.conftest import Browse, text_of
from tests.customer.plans.pressing import (
    apply,
    asked,
    do,
    edit_of,
    entries,
    gone,
    grown,
    new,
    outside,
    page,
    undo,
)
from tests.support.services import Sandbox

type Done = Callable[..., Change]

MACHINE, GROUP = "virtualmachine", "resourcegroup"


@pytest.fixture
def done(browse: Browse, scope_of: Callable[..., Scope]) -> Done:
    """`done(intent, …)`: a change of the manager's that is through."""

    def done(*wanted: Intent) -> Change:
        change = submit(scope_of("manager"), wanted, f"done-{Change.objects.count()}")
        run_all()
        change.refresh_from_db()
        return change

    return done


def told(browse: Browse, plan: Plan) -> str:
    return text_of(browse("manager").get(page(plan)))


def present(platform: Sandbox, type_name: str, **key: str) -> list[dict[str, Any]]:
    with platform.proxy() as proxy:
        found = proxy.query(type_name)
    return [one for one in found if all(one[name] == value for name, value in key.items())]


def test_an_edit_comes_back_field_by_field(browse: Browse, platform: Sandbox, done: Done) -> None:
    wanted = edit_of(platform, disk=333, service_description="for the sale")
    change = done(wanted)
    plan = undo(browse("manager"), change)
    assert asked(plan) == [(wanted.key, "set", False, dict(wanted.before))]
    assert "Undoes Change 1" in told(browse, plan)
    assert apply(browse("manager"), plan).state == State.APPLIED
    assert machine(platform, wanted.key)["disk"] == wanted.before["disk"]


def test_it_is_held_against_what_is_there_now(browse: Browse, platform: Sandbox, done: Done, scope: Scope) -> None:
    wanted = edit_of(platform, service_description="for the sale")
    plan = undo(browse("manager"), done(wanted))
    outside(platform, scope, {"__type__": MACHINE, "name": wanted.key, "service_description": "from elsewhere"})
    text = told(browse, plan)
    assert "Changed by someone else since it was added" in text
    assert all(value in text for value in ("for the sale", "from elsewhere", str(wanted.before["service_description"])))
    assert browse("manager").get(page(plan)).context["told"].obstacle


def test_both_pages_lead_to_each_other_and_a_second_click_to_the_same(
    browse: Browse, platform: Sandbox, done: Done
) -> None:
    change = done(grown(platform))
    client = browse("manager")
    address = f"/c/10001/changes/{change.number}/"
    assert f"{address}-/undo" in client.get(address).content.decode()
    plan = undo(client, change)
    assert undo(browse("operator"), change) == plan
    text = text_of(client.get(address))
    assert "To be undone by plan Undo change 1" in text
    assert f"{address}-/undo" not in client.get(address).content.decode()
    apply(client, plan)
    assert "Undone by plan Undo change 1" in text_of(client.get(address))


def test_a_plan_is_taken_back_as_one_and_that_again(browse: Browse, platform: Sandbox, scope: Scope) -> None:
    first, second = grown(platform), grown(platform, nth=1)
    client = browse("manager")
    plan = apply(client, put_in(scope, [first, second], name="Black Friday"))
    back = undo(client, plan)
    assert asked(back) == [(one.key, "set", False, dict(one.before)) for one in (second, first)]
    assert "Undoes Black Friday" in told(browse, back)
    assert "To be undone by plan Undo Black Friday" in told(browse, plan)
    apply(client, back)
    again = undo(client, back)
    assert asked(again) == [(one.key, "set", False, dict(one.wanted)) for one in (first, second)]


def test_what_was_created_is_deleted_a_machine_on_its_day(
    browse: Browse, platform: Sandbox, done: Done, scope: Scope
) -> None:
    change = done(
        new(GROUP, "sale", parent="shop"),
        new_machine("sale00", "sale"),
        new("serviceuser", "sale/s-sale"),
        new("permission", "sale/alice/login"),
    )
    plan = undo(browse("manager"), change)
    day = default_deadline(reads.listing(scope, GROUP).platform_now).isoformat()
    assert asked(plan) == [
        ("sale/alice/login", "delete", False, {}),
        ("sale/s-sale", "delete", False, {}),
        ("sale00", "delete", False, {"deadline": day}),
    ]
    assert "The group stays as long as there is something in it." in told(browse, plan)
    assert apply(browse("manager"), plan).state == State.APPLIED
    assert machine(platform, "sale00")["deletion"]["deadline"] == day
    assert not present(platform, "permission", resource_group="sale")


def test_an_empty_group_that_was_created_is_deleted(browse: Browse, platform: Sandbox, done: Done) -> None:
    plan = undo(browse("manager"), done(new(GROUP, "fair", parent="shop"), new(GROUP, "fair-sub", parent="fair")))
    assert [one[:2] for one in asked(plan)] == [("fair-sub", "delete"), ("fair", "delete")]
    assert apply(browse("manager"), plan).state == State.APPLIED
    assert not present(platform, GROUP, name="fair")


def test_a_machine_that_was_to_be_deleted_is_kept(browse: Browse, platform: Sandbox, done: Done, scope: Scope) -> None:
    name = edit_of(platform).key
    day = (earliest_deadline(reads.listing(scope, GROUP).platform_now) + timedelta(days=3)).isoformat()
    plan = undo(browse("manager"), done(gone(MACHINE, name, deadline=day)))
    assert asked(plan) == [(name, "set", False, {})]
    apply(browse("manager"), plan)
    assert not machine(platform, name)["deletion"]["deadline"]
    assert [one[1:] for one in asked(undo(browse("manager"), plan))] == [("delete", False, {"deadline": day})]


def test_another_day_and_a_cancelled_deletion_come_back_as_planned(
    browse: Browse, platform: Sandbox, done: Done, scope: Scope
) -> None:
    name, first = edit_of(platform).key, earliest_deadline(reads.listing(scope, GROUP).platform_now)
    early, late = (first + timedelta(days=days) for days in (3, 9))
    done(gone(MACHINE, name, deadline=early.isoformat()))
    moved = done(gone(MACHINE, name, deadline=late.isoformat()))
    plan = undo(browse("manager"), moved)
    assert asked(plan) == [(name, "delete", False, {"deadline": early.isoformat()})]
    edited = done(Intent(type_name=MACHINE, key=name, wanted={"service_description": "stays"}, before={}))
    plan = undo(browse("manager"), edited)
    assert asked(plan) == [(name, "delete", False, {"deadline": late.isoformat()})]
    assert "Its deletion is planned as before; its other values stay as they are now." in told(browse, plan)


def test_a_deleted_service_user_comes_back_as_another_account(
    browse: Browse, platform: Sandbox, done: Done, scope: Scope
) -> None:
    record = next(one for one in reads.listing(scope, "serviceuser").records if one.get("description"))
    plan = undo(browse("manager"), done(gone("serviceuser", record.key)))
    wanted = {"uid": record["uid"], "resource_group": record.group, "description": record["description"]}
    assert asked(plan) == [(record.key, "set", True, wanted)]
    assert "The account is created again, with a different user ID." in told(browse, plan)
    apply(browse("manager"), plan)
    (now,) = present(platform, "serviceuser", uid=record["uid"], resource_group=str(record.group))
    assert (now["description"], now["id_number"] == record["id_number"]) == (record["description"], False)


def test_permissions_are_granted_and_revoked_again(browse: Browse, done: Done, scope: Scope) -> None:
    had = next(one.key for one in reads.listing(scope, "permission").records if one.group == "shop")
    plan = undo(browse("manager"), done(gone("permission", had), new("permission", "shop/zoe/login")))
    assert [one[:3] for one in asked(plan)] == [("shop/zoe/login", "delete", False), (had, "set", True)]
    assert "Not undone" not in told(browse, plan)


def test_a_deleted_group_comes_back_with_its_values(browse: Browse, platform: Sandbox, done: Done) -> None:
    done(new(GROUP, "market", parent="shop", timezone="America/New_York"), new("serviceuser", "market/s-market"))
    plan = undo(browse("manager"), done(gone("serviceuser", "market/s-market"), gone(GROUP, "market")))
    assert [one[:3] for one in asked(plan)] == [("market", "set", True), ("market/s-market", "set", True)]
    assert "without the service users, permissions and API key it had" in told(browse, plan)
    assert apply(browse("manager"), plan).state == State.APPLIED
    (group,) = present(platform, GROUP, name="market")
    assert (group["parent"], group["timezone"]) == ("shop", "America/New_York")


def test_addresses_lost_space_and_roles_that_stay_are_named(browse: Browse, platform: Sandbox, done: Done) -> None:
    larger = done(grown(platform, by=20))
    had = machine(platform, larger.items.get().key)
    wanted = {"disk": had["disk"] - 5, "frontend_ips_v6": had["frontend_ips_v6"] + 1, "classes": ["role::mysql"]}
    before = {name: had[name] for name in wanted}
    change = done(Intent(type_name=MACHINE, key=had["name"], wanted=wanted, before=before))
    text = told(browse, undo(browse("manager"), change))
    assert "Its additional addresses stay." in text
    assert "what was on the rest is not restored" in text
    assert "Not undone" not in told(browse, undo(browse("manager"), larger))


def test_maintenance_mode_ends_again_and_does_not_begin_in_the_past(
    browse: Browse, done: Done, scope: Scope, platform: Sandbox
) -> None:
    now = reads.listing(scope, GROUP).platform_now.replace(microsecond=0)
    until = (now + timedelta(hours=1)).isoformat()
    begun = Intent(type_name=GROUP, key="shop", wanted={"maintenance_until": until}, before={"maintenance_until": ""})
    plan = undo(browse("manager"), done(begun))
    assert asked(plan) == [("shop", "set", False, {"maintenance_until": ""})]
    apply(browse("manager"), plan)
    past = {"in_maintenance": True, "maintenance_until": (now - timedelta(hours=1)).isoformat()}
    ended = {"in_maintenance": False, "maintenance_until": ""}
    change = done(Intent(type_name=GROUP, key="shop", wanted=ended, before=past))
    if change.recorded_at is not None:
        assert asked(undo(browse("manager"), change)) == []


def test_what_is_gone_or_there_again_is_left_out_and_named(
    browse: Browse, platform: Sandbox, done: Done, scope: Scope
) -> None:
    user = {"__type__": "serviceuser", "uid": "s-sale", "resource_group": "shop"}
    created = done(new("serviceuser", "shop/s-sale"))
    edited = done(Intent(type_name="serviceuser", key="shop/s-sale", wanted={"description": "x"}, before={}))
    deleted = done(gone("serviceuser", "shop/s-sale"))
    for change in (created, edited):
        plan = undo(browse("manager"), change)
        assert asked(plan) == []
        assert "It no longer exists. shop/s-sale" in told(browse, plan)
    outside(platform, scope, user)
    plan = undo(browse("manager"), deleted)
    assert asked(plan) == []
    assert "It exists again already." in told(browse, plan)


def test_a_group_does_not_move_back_below_one_that_is_gone(browse: Browse, platform: Sandbox, done: Done) -> None:
    done(new(GROUP, "fair", parent="shop"), new(GROUP, "stand", parent="fair"))
    before, wanted = {"parent": "fair", "notification_leadtime": 12}, {"parent": "shop", "notification_leadtime": 48}
    moved = done(Intent(type_name=GROUP, key="stand", wanted=wanted, before=before))
    done(gone(GROUP, "fair"))
    plan = undo(browse("manager"), moved)
    assert asked(plan) == [("stand", "set", False, {"notification_leadtime": 12})]
    assert "Its resource group no longer exists. stand" in told(browse, plan)


def test_more_than_a_plan_holds_is_said(
    browse: Browse, platform: Sandbox, done: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = done(grown(platform), grown(platform, nth=1))
    monkeypatch.setattr(compose, "MOST_ENTRIES", 1)
    response = browse("manager").post(f"/c/10001/changes/{change.number}/-/undo", follow=True)
    assert "The plan would have 2 changes; at most 1000 are possible." in text_of(response)
    assert not Plan.objects.exists()


def test_what_is_not_through_is_not_taken_back(browse: Browse, platform: Sandbox, done: Done) -> None:
    change = done(edit_of(platform, disk=5000))
    client = browse("manager")
    address = f"/c/10001/changes/{change.number}/"
    assert "-/undo" not in client.get(address).content.decode()
    response = client.post(f"{address}-/undo", follow=True)
    assert "Only what the platform has accepted can be undone." in text_of(response)
    assert not Plan.objects.exists()


def test_only_who_may_change_all_of_it_takes_it_back(browse: Browse, platform: Sandbox, done: Done) -> None:
    change = done(grown(platform), grown(platform, "example"))
    address = f"/c/10001/changes/{change.number}/"
    for name, status in (("viewer", 403), ("billing", 403), ("child", 404), ("outsider", 404)):
        assert browse(name).post(f"{address}-/undo").status_code == status
    for name in ("viewer", "child"):
        assert "-/undo" not in browse(name).get(address).content.decode()
    assert not Plan.objects.exists()


def test_of_a_plan_that_is_through_in_part_that_part_is_taken_back(
    browse: Browse, platform: Sandbox, scope: Scope
) -> None:
    ApiKey.objects.filter(resource_group="services").delete()
    for group in ("shop", "example"):
        key = ApiKey(customer=scope.customer, resource_group=group)
        key.set_secret(f"{group}-demo-key")
        key.save()
    good, bad = grown(platform), edit_of(platform, "example", disk=5000)
    client = browse("manager")
    plan = apply(client, put_in(scope, [good, bad], name="Black Friday"))
    assert (plan.state, [one.key for one in entries(plan)]) == (State.OPEN, [bad.key])
    assert "Undo what was accepted" in told(browse, plan)
    assert asked(undo(client, plan)) == [(good.key, "set", False, dict(good.before))]
    assert Change.objects.count() == 2


def test_a_closed_undo_is_begun_anew(browse: Browse, platform: Sandbox, done: Done) -> None:
    change = done(grown(platform))
    plan = undo(browse("manager"), change)
    do(browse("manager"), plan, "close")
    assert undo(browse("manager"), change) != plan
