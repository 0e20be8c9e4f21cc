"""API keys: checked before they are kept, shown to nobody, bound to their group; and what waits for one goes on."""

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from django.test import Client

from portal.accounts.access import get_scope
from portal.accounts.keys import api_keys
from portal.accounts.models import ApiKey, AuditEntry, Customer, User
from portal.changes.models import Change, State
from portal.changes.submit import Intent, submit
from portal.notify import watching
from portal.notify.mail import outbox as mails
from portal.notify.models import Reading
from tests.customer.conftest import text_of
from tests.support.services import Sandbox

KEYS = "/c/10001/keys/"
SECRET = "services-demo-key"


@pytest.fixture
def manager(browse: Callable[[str], Client]) -> Client:
    return browse("manager")


@pytest.fixture
def unconnected(manager: Client) -> Client:
    """The manager of a customer whose key was taken away."""
    ApiKey.objects.filter(resource_group="services").delete()
    return manager


def connect(client: Client, group: str = "services", key: str = SECRET) -> Any:
    return client.post(f"{KEYS}-/new", {"group": group, "credential": key})


def replace(client: Client, key: str) -> Any:
    return client.post(f"{KEYS}services/-/replace", {"credential": key})


def test_a_group_is_connected_with_a_key_that_works(unconnected: Client, platform: Sandbox) -> None:
    assert connect(unconnected).status_code == 302
    assert ApiKey.objects.get(resource_group="services").secret() == SECRET
    assert (platform.calls("ping", "services"), platform.calls("query", "services")) == (1, 1)
    page = text_of(unconnected.get(KEYS))
    assert "services" in page
    assert "Active" in page
    entry = AuditEntry.objects.get(action="key.connected")
    assert (entry.chain, entry.actor, entry.target) == ("10001", "manager@example.com", "services")


@pytest.mark.parametrize(
    ("group", "key", "reason"),
    [
        ("services", "wrong", "rejects this key"),
        ("services", "acme-demo-key", "rejects this key"),
        ("acme", SECRET, "rejects this key"),
        ("nobody", SECRET, "rejects this key"),
        ("example", SECRET, "rejects this key"),  # a group below: keys go with one group
        ("services", "with spaces : colons \" and ' quotes", "rejects this key"),
        ("services", "ключ", "rejects this key"),
        ("services", "k" * 10_240, "longer than any key"),
        ("services", "two\nlines", "a single line"),
        ("services", "nul\0", "Null characters"),
        ("services", "", "required"),
        ("ser:vices", SECRET, "the name of a group"),
        ("Services", SECRET, "the name of a group"),
        ("s" * 10_240, SECRET, "at most 64"),
    ],
)
def test_a_key_that_cannot_be_used_is_told_why_and_nothing_is_kept(
    unconnected: Client, group: str, key: str, reason: str
) -> None:
    response = connect(unconnected, group, key)
    assert response.status_code == 422
    assert reason in text_of(response)
    assert not ApiKey.objects.filter(customer__number="10001").exists()


@pytest.mark.parametrize("key", [SECRET, "a-key-that-is-wrong", "k" * 5_000])
def test_a_key_stands_in_no_page_log_or_trail(
    unconnected: Client, key: str, caplog: pytest.LogCaptureFixture, platform: Sandbox
) -> None:
    caplog.set_level(logging.DEBUG)
    pages = [connect(unconnected, key=key)]
    platform.stop()
    pages.append(replace(unconnected, key) if key == SECRET else connect(unconnected, key=key))
    pages += [unconnected.get(KEYS), unconnected.get("/c/10001/trail/"), unconnected.get(f"{KEYS}services/-/replace")]
    assert all(key not in page.content.decode() for page in pages)
    assert key not in caplog.text
    assert key not in str(list(AuditEntry.objects.values()))
    assert all(key.encode() not in bytes(one.sealed) for one in ApiKey.objects.all())


def test_with_the_platform_away_nothing_is_kept_and_it_says_so(unconnected: Client, platform: Sandbox) -> None:
    platform.stop()
    response = connect(unconnected)
    assert response.status_code == 422
    assert "cannot be reached, so the key could not be checked" in text_of(response)
    assert "services" in response.content.decode()
    assert not ApiKey.objects.filter(customer__number="10001").exists()


def test_a_group_of_another_customer_is_learnt_of_by_nobody_without_its_key(unconnected: Client) -> None:
    """A connected and an unknown group are the same; whoever has the key is told, since the group is theirs."""
    foreign, unknown = connect(unconnected, "acme", "guess"), connect(unconnected, "nobody", "guess")
    assert text_of(foreign).replace("acme", "nobody") == text_of(unknown)
    assert "Ask support to move it" in text_of(connect(unconnected, "acme", "acme-demo-key"))
    assert ApiKey.objects.get(resource_group="acme").customer.number == "10002"


def test_keys_cannot_be_guessed_through_us(unconnected: Client, platform: Sandbox) -> None:
    for number in range(10):
        connect(unconnected, key=f"guess-{number}")
    calls = platform.calls("ping", "services")
    assert "Too many attempts" in text_of(connect(unconnected))
    assert platform.calls("ping", "services") == calls


def test_a_replaced_key_is_a_new_generation(manager: Client) -> None:
    before = ApiKey.objects.get(resource_group="services").generation
    assert replace(manager, SECRET).status_code == 302
    assert ApiKey.objects.get(resource_group="services").generation == before + 1
    assert AuditEntry.objects.filter(action="key.replaced").count() == 1


def test_a_wrong_key_replaces_nothing(manager: Client) -> None:
    assert replace(manager, "wrong").status_code == 422
    assert ApiKey.objects.get(resource_group="services").secret() == SECRET


def test_a_removed_key_is_gone_and_its_group_can_be_connected_again(manager: Client) -> None:
    assert manager.post(f"{KEYS}services/-/remove").status_code == 302
    assert not ApiKey.objects.filter(resource_group="services").exists()
    assert "No resource group connected yet" in text_of(manager.get(KEYS))
    assert manager.post(f"{KEYS}services/-/remove").status_code == 404
    assert connect(manager).status_code == 302


@pytest.mark.parametrize("name", ["operator", "viewer", "billing", "child"])
def test_keys_are_for_managers(browse: Callable[[str], Client], name: str) -> None:
    for path in ("", "-/new", "services/-/replace", "services/-/remove"):
        assert browse(name).get(f"{KEYS}{path}").status_code == 403
    assert browse(name).post(f"{KEYS}services/-/remove").status_code == 403
    assert ApiKey.objects.filter(resource_group="services").exists()


def test_a_key_of_another_customer_is_not_found(manager: Client) -> None:
    for verb in ("replace", "remove"):
        assert manager.post(f"{KEYS}acme/-/{verb}", {"credential": "acme-demo-key"}).status_code == 404
    assert ApiKey.objects.filter(resource_group="acme").exists()


def test_a_group_that_another_customer_connects_at_the_same_moment_is_theirs(
    unconnected: Client, cast: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    def set_secret(key: ApiKey, secret: str) -> None:
        monkeypatch.undo()
        api_keys.keep(get_scope(cast["outsider"], "10002"), "services", secret, new=True)
        key.set_secret(secret)

    monkeypatch.setattr(ApiKey, "set_secret", set_secret)
    with pytest.raises(api_keys.Taken):
        api_keys.keep(get_scope(cast["manager"], "10001"), "services", SECRET, new=True)


def test_a_key_that_was_removed_in_another_tab_is_on_record_once(manager: Client, cast: dict[str, User]) -> None:
    scope, key = get_scope(cast["manager"], "10001"), ApiKey.objects.get(resource_group="services")
    for _tab in range(2):
        api_keys.remove(scope, key)
    assert AuditEntry.objects.filter(action="key.removed").count() == 1


# --- a key that the platform refuses -------------------------------------------------------------------------------


@pytest.fixture
def parked(manager: Client, cast: dict[str, User]) -> list[Change]:
    """Three changes that wait for a key, in the order in which they were asked for."""
    assert manager.get("/c/10001/virtualmachine/").status_code == 200
    assert manager.get("/c/10001/resourcegroup/").status_code == 200
    scope = get_scope(cast["operator"], "10001")
    changes = [
        submit(
            scope,
            [Intent(type_name="virtualmachine", key="shop13", wanted={"memory": memory}, before={"memory": 1024})],
            f"token-{memory}",
        )
        for memory in (512, 768, 1536)
    ]
    Change.objects.update(state=State.PARKED, answer={"kind": "refused", "text": ""})
    key = ApiKey.objects.get(resource_group="services")
    ApiKey.objects.filter(pk=key.pk).update(refused_at=key.entered_at)
    return changes


def test_what_waits_for_a_key_is_said_and_goes_on_in_order(manager: Client, parked: list[Change]) -> None:
    page = text_of(manager.get(KEYS))
    assert "rejected since" in page
    response = replace(manager, SECRET)
    assert response.status_code == 302
    assert "in order: 3" in text_of(manager.get(KEYS))
    waiting = Change.objects.filter(state=State.QUEUED).order_by("turn")
    assert [change.pk for change in waiting] == [change.pk for change in parked]
    key = ApiKey.objects.get(resource_group="services")
    assert {change.key_generation for change in waiting} == {key.generation}
    assert key.refused_at is None


def test_what_stands_behind_a_parked_change_waits_too(manager: Client, parked: list[Change]) -> None:
    """Only the first was tried; the others have not gone out."""
    Change.objects.exclude(pk=parked[0].pk).update(state=State.QUEUED, answer={})
    assert re.search(r"services rejected since .*? 3 ", text_of(manager.get(KEYS)))
    replace(manager, SECRET)
    assert "in order: 3" in text_of(manager.get(KEYS))
    assert {change.state for change in Change.objects.all()} == {State.QUEUED}


def test_what_stands_behind_goes_out_with_a_key_that_was_removed_and_entered_again(
    manager: Client, parked: list[Change]
) -> None:
    Change.objects.exclude(pk=parked[0].pk).update(state=State.QUEUED, answer={})
    manager.post(f"{KEYS}services/-/remove")
    assert connect(manager).status_code == 302
    key = ApiKey.objects.get(resource_group="services")
    assert {(change.state, change.api_key_id) for change in Change.objects.all()} == {(State.QUEUED, key.pk)}


def test_a_key_that_is_refused_again_leaves_them_waiting(manager: Client, parked: list[Change]) -> None:
    assert replace(manager, "wrong").status_code == 422
    assert {change.state for change in Change.objects.all()} == {State.PARKED}


def test_managers_hear_of_a_refused_key_once(parked: list[Change], settings: Any, outbox: list[Any]) -> None:
    settings.PORTAL_URL = "https://portal.example.com"
    Reading.objects.create(customer=Customer.objects.get(number="10001"))
    assert [api_keys.note_refused() for _ in range(3)] == [1, 0, 0]
    for _time in range(2):
        watching.read_rows()
        mails.send_due()
    assert [message.to for message in outbox] == [["manager@example.com"]]
    assert "https://portal.example.com/c/10001/keys/" in outbox[0].body
    assert SECRET not in outbox[0].body
    assert AuditEntry.objects.filter(action="key.refused", chain="10001").count() == 1


def test_of_a_key_of_which_another_worker_tells_meanwhile_managers_hear_once(
    parked: list[Change], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other worker takes all that are left while this one writes of its first."""
    refused = ApiKey.objects.filter(refused_at=None)
    refused.update(refused_at=ApiKey.objects.get(resource_group="services").refused_at)
    record = api_keys.trail.record

    def another_is_faster(*names: Any, **fields: Any) -> None:
        ApiKey.objects.update(told_generation=F("generation"))
        record(*names, **fields)

    monkeypatch.setattr(api_keys.trail, "record", another_is_faster)
    assert api_keys.note_refused() == 1
    assert AuditEntry.objects.filter(action="key.refused").count() == 1


@pytest.mark.usefixtures("outbox")
def test_the_next_key_that_is_refused_is_told_of_again(parked: list[Change]) -> None:
    api_keys.note_refused()
    scope = get_scope(User.objects.get(email="manager@example.com"), "10001")
    key = api_keys.keep(scope, "services", "next", new=False)
    assert api_keys.note_refused() == 0
    ApiKey.objects.filter(pk=key.pk).update(refused_at=key.entered_at)
    assert api_keys.note_refused() == 1


def test_a_group_without_a_key_says_what_waits_for_it(manager: Client, parked: list[Change]) -> None:
    manager.post(f"{KEYS}services/-/remove")
    assert "3 changes are waiting for it" in text_of(manager.get(KEYS))
    assert Customer.objects.get(number="10001").changes.filter(state=State.PARKED).count() == 3


def test_a_group_that_is_connected_already_is_not_connected_again(manager: Client) -> None:
    answer = connect(manager)
    assert answer.status_code == 422
    assert "Group services is already connected: replace its key instead." in text_of(answer)
