"""Taking what a person asks for: once, within their scope, with the right key, whatever the broker does."""

from collections.abc import Callable
from threading import Barrier, BoundedSemaphore, Thread
from time import monotonic
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404

from portal.accounts.access import Scope
from portal.accounts.models import ApiKey
from portal.changes import enqueue as nudging
from portal.changes import submit as submitting
from portal.changes.enqueue import nudge
from portal.changes.errors import NoKey, Unsendable
from portal.changes.intent import Intent
from portal.changes.keys import key_for, upwards
from portal.changes.models import Change, State
from portal.changes.submit import MOST_ITEMS, submit
from portal.inventory import reads
from tests.changes.conftest import MACHINE, edit, new_machine, plain_machine
from tests.support.services import Sandbox


def growth(platform: Sandbox, group: str = "shop") -> Intent:
    present = plain_machine(platform, group)
    return edit(present["name"], {"disk": present["disk"]}, {"disk": present["disk"] + 1})


def test_a_change_is_a_row_before_anything_else(scope: Scope, platform: Sandbox) -> None:
    wanted = growth(platform)
    change = submit(scope, [wanted], "token")
    change = Change.objects.get(pk=change.pk)
    assert (change.number, change.turn, change.state, change.attempts) == (1, 1, State.QUEUED, 0)
    assert (change.author, change.api_key, change.key_group) == (
        scope.user,
        ApiKey.objects.get(resource_group="services"),
        "services",
    )
    item = change.items.get()
    assert (item.type_name, item.key, item.group) == (MACHINE, wanted.key, "shop")
    assert item.wanted == wanted.wanted
    assert item.before == {**wanted.before, "deletion": {"deadline": "", "stages": []}}  # which saving would cancel
    assert platform.calls("apply") == 0


def test_submitting_twice_is_one_change(scope: Scope, platform: Sandbox) -> None:
    wanted = growth(platform)
    assert submit(scope, [wanted], "token") == submit(scope, [wanted], "token")
    assert submit(scope, [wanted], "another") != submit(scope, [wanted], "token")
    assert [change.number for change in Change.objects.order_by("number")] == [1, 2]


def test_a_double_click_is_one_change(scope: Scope, platform: Sandbox) -> None:
    wanted = growth(platform)
    barrier, made = Barrier(6), []

    def click() -> None:
        barrier.wait()
        try:
            made.append(submit(scope, [wanted], "token").pk)
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 6
    assert len(set(made)) == Change.objects.count() == 1


def test_the_same_token_of_another_person_is_another_change(
    scope: Scope, scope_of: Callable[..., Scope], platform: Sandbox
) -> None:
    wanted = growth(platform)
    assert submit(scope, [wanted], "token") != submit(scope_of("operator"), [wanted], "token")


@pytest.mark.parametrize("name", ["viewer", "billing"])
def test_who_may_not_change_is_refused(
    scope: Scope, scope_of: Callable[..., Scope], platform: Sandbox, name: str
) -> None:
    with pytest.raises(PermissionDenied):
        submit(scope_of(name), [growth(platform)], "token")


def test_an_operator_grants_no_permission(scope: Scope, scope_of: Callable[..., Scope]) -> None:
    grant = Intent(type_name="permission", key="shop/ada/login", creates=True)
    with pytest.raises(PermissionDenied):
        submit(scope_of("operator"), [grant], "token")


def test_one_item_that_the_role_may_not_change_refuses_all(
    scope: Scope, scope_of: Callable[..., Scope], platform: Sandbox
) -> None:
    grant = Intent(type_name="permission", key="shop/ada/login", creates=True)
    with pytest.raises(PermissionDenied):
        submit(scope_of("operator"), [growth(platform), grant], "token")
    assert not Change.objects.exists()


def test_another_customers_machine_is_not_there(scope: Scope, scope_of: Callable[..., Scope]) -> None:
    outsider = scope_of("outsider", "10002")
    theirs = next(iter(reads.listing(outsider, MACHINE).records))
    with pytest.raises(Http404):
        submit(scope, [edit(theirs.key, {}, {"disk": 20})], "token")


def test_a_limited_member_reaches_only_what_is_below_their_group(
    scope: Scope, scope_of: Callable[..., Scope], platform: Sandbox
) -> None:
    child = scope_of("child")
    change = submit(child, [growth(platform, "example")], "inside")
    assert change.key_group == "services"  # the key of a group above theirs
    with pytest.raises(Http404):
        submit(child, [growth(platform, "shop")], "outside")
    with pytest.raises(Http404):
        submit(child, [new_machine("shop70", "shop")], "new one outside")
    move = Intent(type_name="resourcegroup", key="example", wanted={"parent": "shop"}, before={"parent": "services"})
    with pytest.raises(Http404):
        submit(child, [move], "moved outside")


@pytest.mark.parametrize(
    "wanted",
    [
        Intent(type_name="permission", key="shop/ada/login", wanted={}),  # there is no editing one
        Intent(type_name="maintenance", key="shop00/20261124T210000Z", action="delete"),
        Intent(type_name="invoice", key="2026-11-01", wanted={}, creates=True),
    ],
)
def test_a_verb_that_the_type_does_not_have_is_not_there(scope: Scope, wanted: Intent) -> None:
    with pytest.raises(Http404):
        submit(scope, [wanted], "token")


@pytest.mark.parametrize(
    "wanted",
    [
        Intent(type_name=MACHINE, key="shop70", wanted={"location": "rzob"}, creates=True),  # where?
        Intent(type_name="resourcegroup", key="new", wanted={}, creates=True),  # below what?
        Intent(type_name=MACHINE, key="shop00", action="delete"),  # when? (api_07)
        Intent(type_name=MACHINE, key="shop00", wanted={"name": "shop01"}),
        Intent(type_name=MACHINE, key="shop00", wanted={"surprise": 1}),
        Intent(type_name="serviceuser", key="shop", wanted={}),
    ],
)
def test_what_no_form_asks_is_refused(scope: Scope, wanted: Intent) -> None:
    with pytest.raises((ValueError, Http404)):
        submit(scope, [wanted], "token")
    assert not Change.objects.exists()


@pytest.mark.parametrize(("value", "field"), [("a\x00b", "service_description"), ("\ud800", "service_description")])
def test_what_cannot_be_sent_is_said_at_its_field(scope: Scope, platform: Sandbox, value: str, field: str) -> None:
    present = plain_machine(platform)
    with pytest.raises(Unsendable) as caught:
        submit(scope, [edit(present["name"], {}, {"service_description": value})], "token")
    assert caught.value.field == field


def test_no_key_is_said_at_once(scope: Scope, platform: Sandbox) -> None:
    wanted = growth(platform)
    reads.listing(scope, MACHINE)
    ApiKey.objects.filter(resource_group="services").update(resource_group="elsewhere")
    with pytest.raises(NoKey) as caught:
        submit(scope, [wanted], "token")
    assert caught.value.groups == {"shop"}


TREE = {"top": "", "mid": "top", "low": "mid", "side": "top"}


@pytest.mark.parametrize(
    ("wanted", "place", "expected"),
    [
        (edit("low00", {}, {"disk": 20}), "low", "mid"),
        (edit("side00", {}, {"disk": 20}), "side", "top"),
        (Intent(type_name="resourcegroup", key="mid", wanted={"production": True}), "mid", "mid"),
        (Intent(type_name="resourcegroup", key="mid", action="delete"), "mid", "top"),  # rg_11: not by its own key
        (Intent(type_name="resourcegroup", key="low", wanted={"parent": "side"}), "low", "top"),  # reaches both
        (Intent(type_name="resourcegroup", key="new", wanted={"parent": "low"}, creates=True), "low", "mid"),
    ],
)
def test_a_change_goes_out_with_the_nearest_key_that_reaches_everything(
    scope: Scope, wanted: Intent, place: str, expected: str
) -> None:
    ApiKey.objects.all().delete()
    for group in ("top", "mid"):
        ApiKey.objects.create(customer=scope.customer, resource_group=group, sealed=b"")
    assert key_for(scope.customer, [(wanted, place)], TREE).resource_group == expected


def test_a_new_group_and_its_machine_go_out_with_one_key(scope: Scope) -> None:
    ApiKey.objects.all().delete()
    ApiKey.objects.create(customer=scope.customer, resource_group="mid", sealed=b"")
    group = Intent(type_name="resourcegroup", key="new", wanted={"parent": "low"}, creates=True)
    items = [(group, "low"), (new_machine("new00", "new"), "new")]
    assert key_for(scope.customer, items, TREE).resource_group == "mid"


def test_a_tree_that_bites_its_tail_ends() -> None:
    assert upwards("a", {"a": "b", "b": "a"}) == ["a", "b"]


@pytest.mark.parametrize(("token", "count"), [("", 1), ("t" * 65, 1), ("t", 0), ("t", MOST_ITEMS + 1)])
def test_what_no_form_sends_is_no_change(scope: Scope, platform: Sandbox, token: str, count: int) -> None:
    with pytest.raises(ValueError, match="token or number of items"):
        submit(scope, [growth(platform)] * count, token)
    assert not Change.objects.exists()


def test_what_no_message_can_be_sent_for_is_left_to_the_sweeper(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(nudging, "_room", BoundedSemaphore(1))
    monkeypatch.setattr(nudging, "Thread", lambda **options: SimpleNamespace(start=lambda: None))  # it hangs
    nudge("first")
    nudge("second")
    assert caplog.messages == ["Too many messages wait for the broker; changes.perform second is left to the sweeper"]


def test_a_broker_that_is_away_neither_fails_nor_holds_up(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "nudge", nudge)  # tests have no broker: this is one that refuses connections
    wanted = growth(platform)
    started = monotonic()
    change = submit(scope, [wanted], "token")
    assert monotonic() - started < 3
    assert Change.objects.get(pk=change.pk).state == State.QUEUED


def test_nothing_is_told_to_a_worker_before_the_row_is_there(
    scope: Scope, platform: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(submitting, "nudge", lambda pk: seen.append(Change.objects.filter(pk=pk).exists()))
    submit(scope, [growth(platform)], "token")
    assert seen == [True]
    assert not connection.in_atomic_block
