"""A change is told to its end: in the message that announces it, in the frame, in lists, in forms that open again."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.access import Scope
from portal.changes.errors import Taken
from portal.changes.intent import Intent
from portal.changes.models import Change, Item, State
from portal.changes.submit import submit
from portal.customer.changes.pages import DECISIONS
from portal.customer.resources.resubmit import again_url
from portal.customer.resources.timeline import changes_of
from tests.customer.asking import save
from tests.customer.conftest import Browse, part, text_of
from tests.support import moment
from tests.support.services import Sandbox

HOME = "/c/10001/"
MACHINES = f"{HOME}virtualmachine/"
EDIT = f"{MACHINES}shop00/-/edit"
SAID = {
    State.REJECTED: "Rejected by the platform. Nothing was changed.",
    State.CONFLICT: "Someone else changed the same values",
    State.PARKED: "The platform rejects the API key",
}
FAULT = {"kind": "fault", "text": "no room left in rzob", "field": ""}


def settle(state: State, **values: Any) -> None:
    """What the platform, or a person, has made of all changes meanwhile."""
    ended = state in (State.REJECTED, State.DONE)
    Change.objects.update(state=state, done_at=timezone.now() if ended else None, **values)


def announced(client: Client, response: Any) -> tuple[str, str]:
    """The message that stands on the page a form has led to: its words, and the address by which it follows."""
    body = client.get(response["Location"]).content.decode()
    box = body.partition('<div id="messages"')[2].partition("<main")[0]
    (address,) = re.findall(r'hx-get="([^"]+)"', box) or [""]
    return " ".join(re.sub(r"<[^>]+>", " ", box).split()), address


@pytest.fixture
def creating(browse: Browse, scope_of: Callable[..., Scope]) -> Callable[..., None]:
    """Machines that the operator has asked for."""

    def ask(*names: str) -> None:
        for name in names:
            wanted = {"resource_group": "shop", "location": "rzob", "service_description": "The till"}
            item = Intent(type_name="virtualmachine", key=name, wanted=wanted, creates=True)
            submit(scope_of("operator"), [item], name.ljust(32, "0"))

    return ask


# --- the message


@pytest.mark.parametrize(
    ("state", "values", "words"),
    [
        (State.RECORDED, {"recorded_at": moment.AT}, "Accepted by the platform:"),
        (State.DONE, {}, "It has taken effect."),
        (State.PARKED, {}, "The platform rejects the API key"),
        (State.CONFLICT, {}, "Someone else changed the same values in the meantime."),
        (State.REJECTED, {"answer": FAULT}, "Platform message: “no room left in rzob”"),
    ],
)
def test_the_message_of_a_change_follows_it(browse: Browse, state: State, values: dict[str, Any], words: str) -> None:
    client = browse("operator")
    said, address = announced(client, save(client, EDIT, service_description="Front door"))
    assert "Change 1 : Update shop00" in said
    assert "Queued. It is sent automatically." in said
    settle(state, **values)
    followed = part(client, address)
    assert words in text_of(followed)
    assert "Queued. It is sent automatically" not in text_of(followed)


def test_the_message_asks_only_until_the_end_and_is_told_of_news_only(browse: Browse) -> None:
    client = browse("operator")
    _said, address = announced(client, save(client, EDIT, service_description="Front door"))
    tag = part(client, address).headers["HX-PTag"]
    assert part(client, address, **{"HX-PTag": tag}).status_code == 304
    settle(State.CONFLICT)  # somebody may decide it elsewhere
    assert "data-live" in part(client, address).content.decode()
    settle(State.DONE)
    assert "data-live" not in part(client, address).content.decode()


@pytest.mark.parametrize("decision", ["retry", "overwrite"])
def test_what_is_asked_for_once_more_is_told_to_its_end_as_well(browse: Browse, decision: str) -> None:
    client = browse("operator")
    save(client, EDIT, service_description="Front door")
    fields = {"service_description": {"before": "", "wanted": "Front door", "present": "Back door"}}
    clash = {"kind": "conflict", "items": [{"item": 0, "reason": "changed", "fields": fields}]}
    settle(State.CONFLICT if decision == "overwrite" else State.PARKED, answer=clash)
    client.get(HOME)
    _said, address = announced(client, client.post(f"{HOME}changes/1/-/{decision}"))
    settle(State.REJECTED, answer=FAULT)
    assert "no room left in rzob" in text_of(part(client, address))


def test_a_refused_change_opens_again_from_its_message(browse: Browse) -> None:
    client = browse("operator")
    _said, address = announced(client, save(client, EDIT, service_description="Front door"))
    settle(State.REJECTED, answer=FAULT)
    assert f"{EDIT}?again=1" in part(client, address).content.decode()


# --- the frame


def test_the_top_bar_counts_what_needs_attention(browse: Browse) -> None:
    client = browse("operator")
    save(client, EDIT, service_description="Front door")
    assert "1 pending" in text_of(client.get(f"{HOME}serviceuser/"))
    for state in (State.CONFLICT, State.PARKED, State.REJECTED):
        settle(state, answer=FAULT)
        response = client.get(f"{HOME}serviceuser/")
        assert "1 needs attention" in text_of(response)
        assert "pending" not in text_of(response)
        assert f'href="{HOME}#attention"' in response.content.decode()
    assert 'id="attention"' in client.get(HOME).content.decode()
    client.post(f"{HOME}changes/1/-/cancel")
    assert "needs attention" not in text_of(client.get(f"{HOME}serviceuser/"))


# --- lists


@pytest.mark.parametrize(
    ("query", "is_shown"),
    [
        ("", True),
        ("?q=shop77", True),
        ("?q=TILL", True),
        ("?resource_group=shop", True),
        ("?resource_group=shop&q=shop77", True),
        ("?q=shop00", False),
        ("?resource_group=trial", False),
        ("?state=ready", False),
        ("?page=2&per_page=25", False),
    ],
)
def test_a_coming_record_obeys_the_filter_or_a_line_says_that_it_comes(
    browse: Browse, creating: Callable[..., None], query: str, is_shown: bool
) -> None:
    creating("shop77")
    response = browse("operator").get(f"{MACHINES}{query}")
    assert ('id="row-shop77"' in response.content.decode()) is is_shown
    assert ("1 being created" in text_of(response)) is is_shown
    assert ("1 more is being created." in text_of(response)) is not is_shown


def test_where_only_coming_records_match_they_stand_there(browse: Browse, creating: Callable[..., None]) -> None:
    creating("shop77", "shop78")
    text = text_of(browse("operator").get(f"{MACHINES}?q=shop77"))
    assert "No results" not in text
    assert "1 more is being created." in text


def test_a_refused_creation_says_so_in_its_list_until_it_is_put_away(
    browse: Browse, creating: Callable[..., None]
) -> None:
    creating("shop77")
    settle(State.REJECTED, answer=FAULT)
    client = browse("operator")
    for query in ("", "?q=shop00"):
        response = client.get(f"{MACHINES}{query}")
        assert "shop77 was not created no room left in rzob Change 1" in text_of(response)
        assert f'href="{HOME}changes/1/"' in response.content.decode()
    assert "was not created" not in text_of(client.get(f"{HOME}serviceuser/"))
    client.post(f"{HOME}changes/1/-/cancel")
    assert "was not created" not in text_of(client.get(MACHINES))


def test_a_refused_group_says_so_in_the_tree_as_well(browse: Browse, scope_of: Callable[..., Scope]) -> None:
    wanted = {"parent": "shop", "production": False}
    item = Intent(type_name="resourcegroup", key="shop-new", wanted=wanted, creates=True)
    submit(scope_of("operator"), [item], "0" * 32)
    settle(State.REJECTED, answer=FAULT)
    for query in ("", "?view=tree"):
        text = text_of(browse("operator").get(f"{HOME}resourcegroup/{query}"))
        assert "shop-new was not created no room left in rzob Change 1" in text


def test_many_refused_creations_are_counted(browse: Browse, creating: Callable[..., None]) -> None:
    creating("shop76", "shop77", "shop78", "shop79")
    settle(State.REJECTED, answer=FAULT)
    text = text_of(browse("operator").get(MACHINES))
    assert text.count("was not created") == 3
    assert "4 in all were not created." in text


# --- the record's own page, which stands open


def test_the_page_of_what_is_being_created_says_that_it_was_refused_and_keeps_what_was_typed(
    browse: Browse, creating: Callable[..., None]
) -> None:
    creating("shop77")
    client = browse("operator")
    assert "It is being created with these values." in text_of(client.get(f"{MACHINES}shop77/"))
    settle(State.REJECTED, answer=FAULT)
    for response in (part(client, f"{MACHINES}shop77/"), client.get(f"{MACHINES}shop77/")):
        assert response.status_code == 200
        text = text_of(response)
        assert "Rejected Change 1 : Create shop77. Rejected by the platform. Nothing was changed." in text
        assert "Platform message: “no room left in rzob”" in text
        assert "The till" in text
        assert "being created" not in text
    assert browse("child").get(f"{MACHINES}shop77/").status_code == 404
    (again,) = re.findall(r'href="([^"]+)">Edit again', response.content.decode())
    form = client.get(again)
    assert form.context["form"].row("service_description").value == "The till"
    assert "no room left in rzob" in problems(form)


def test_a_refused_creation_that_is_dismissed_has_a_page_that_says_so(
    browse: Browse, creating: Callable[..., None]
) -> None:
    creating("shop77")
    settle(State.REJECTED, answer=FAULT)
    client = browse("operator")
    client.post(f"{HOME}changes/1/-/cancel")
    response = client.get(f"{MACHINES}shop77/")
    assert response.status_code == 404
    assert "shop77 was not created" in text_of(response)


@pytest.mark.parametrize("state", [State.REJECTED, State.CONFLICT, State.PARKED])
def test_the_page_of_a_record_says_that_a_change_of_it_was_not_taken(browse: Browse, state: State) -> None:
    client = browse("operator")
    save(client, EDIT, cores="7")
    path = f"{MACHINES}shop00/"
    assert 'id="not-taken"' not in client.get(path).content.decode()
    settle(state, answer=FAULT)
    body = part(client, path).content.decode()
    assert f"Change 1</a>: Resize shop00. {SAID[state]}" in body
    assert (f"{EDIT}?again=1" in body) is (state != State.PARKED)
    assert f"{EDIT}?again=1" not in part(browse("viewer"), path).content.decode()
    client.post(f"{HOME}changes/1/-/cancel")
    assert 'id="not-taken"' not in part(client, path).content.decode()


@pytest.mark.parametrize(("typed", "is_over"), [({"cores": "6"}, True), ({"memory": "3072"}, False)])
def test_what_was_refused_is_said_until_the_same_is_asked_for_again(
    browse: Browse, typed: dict[str, object], is_over: bool
) -> None:
    client = browse("operator")
    save(client, EDIT, cores="7")
    settle(State.REJECTED, answer=FAULT)
    save(client, EDIT, **typed)
    Change.objects.filter(number=2).update(state=State.DONE, done_at=timezone.now())
    assert ("no room left" in part(client, f"{MACHINES}shop00/").content.decode().partition("<h2")[0]) is not is_over


def test_a_page_says_that_somebody_else_has_created_what_it_waits_for(
    browse: Browse, creating: Callable[..., None]
) -> None:
    creating("shop00")
    settle(State.CONFLICT, answer={"kind": "conflict", "items": [{"item": 0, "reason": "exists", "fields": {}}]})
    assert "Create shop00. Someone else changed" in text_of(browse("operator").get(f"{MACHINES}shop00/"))
    settle(State.REJECTED, answer=FAULT)
    assert "Create shop00. " not in text_of(browse("operator").get(f"{MACHINES}shop00/")).partition("Activity")[0]


# --- changes made elsewhere


def test_what_was_changed_elsewhere_stands_old_and_new_while_a_window_is_waited_for(
    browse: Browse, platform: Sandbox
) -> None:
    with platform.proxy() as proxy:
        busy = {record["machine"] for record in proxy.query("maintenance")}
        machines = proxy.query("virtualmachine", {"resource_group": "shop"})
        found = next(one for one in machines if one["name"] not in busy and one["cores"] == 2 and one["online"])
        proxy.apply([{"__type__": "virtualmachine", "name": found["name"], "cores": 4}])
    client, name = browse("viewer"), found["name"]
    assert client.get(f"{HOME}maintenance/").status_code == 200  # known from then on
    for path in (f"{MACHINES}?q={name}", f"{MACHINES}{name}/"):
        assert "2 will become 4 (pending)" in text_of(client.get(path))


# --- forms that open again


CLASHES = {
    "changed": ({"cores": {"before": 1, "wanted": 3, "present": 4}}, "it was 1 and is now 4."),
    "gone": ({}, "shop00 no longer exists, so it cannot be changed."),
    "deletion": (
        {"deletion": {"before": {"deadline": "", "stages": []}, "present": {"deadline": "2026-12-02", "stages": []}}},
        "Deletion: Changed by someone else in the meantime: it was none and is now 2 Dec 2026.",
    ),
}


@pytest.mark.parametrize("name", CLASHES)
def test_the_refilled_form_of_a_conflict_says_what_is_wrong(browse: Browse, name: str) -> None:
    fields, words = CLASHES[name]
    client = browse("operator")
    save(client, EDIT, cores="3")
    reason = name if name == "gone" else "changed"
    settle(State.CONFLICT, answer={"kind": "conflict", "items": [{"item": 0, "reason": reason, "fields": fields}]})
    assert words in problems(client.get(EDIT, {"again": "1"}))


def test_a_creation_whose_name_is_taken_meanwhile_says_so_at_the_name(
    browse: Browse, creating: Callable[..., None]
) -> None:
    creating("shop77")
    settle(State.CONFLICT, answer={"kind": "conflict", "items": [{"item": 0, "reason": "exists", "fields": {}}]})
    response = browse("operator").get(f"{MACHINES}-/new", {"again": "1"})
    assert "Name : shop77 already exists: created by someone else in the meantime." in problems(response)


@pytest.mark.parametrize("answer", [{"kind": "fault", "text": ""}, {"kind": "fault"}, {}])
def test_a_refusal_without_words_is_called_one(browse: Browse, answer: dict[str, Any]) -> None:
    client = browse("operator")
    save(client, EDIT, cores="3")
    settle(State.REJECTED, answer=answer)
    assert "The platform gave no reason." in problems(client.get(EDIT, {"again": "1"}))


def test_a_change_that_is_not_over_opens_without_a_red_box(browse: Browse) -> None:
    client = browse("operator")
    save(client, EDIT, cores="3")
    assert "notice-danger" not in client.get(EDIT, {"again": "1"}).content.decode()


def problems(response: Any) -> str:
    """What the red box above a form says."""
    box = response.content.decode().partition('class="notice notice-danger problems"')[2].partition("</ul>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", box).split())


def test_what_is_asked_for_without_a_form_has_none_to_open_again() -> None:
    change = Change(number=7, state=State.REJECTED)
    power = Item(type_name="virtualmachine", key="shop00", wanted={"online": False})
    assert again_url("10001", change, power) == ""
    new = Item(type_name="serviceuser", key="shop/s-new", creates=True)
    assert again_url("10001", change, new) == "/c/10001/serviceuser/-/new?again=7"


def test_a_coming_record_that_cannot_be_read_is_not_there_yet(
    browse: Browse, creating: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*args: object) -> None:
        raise ValueError

    creating("shop77")
    monkeypatch.setattr("portal.ui.pending_records.read", unreadable)
    assert browse("operator").get(f"{MACHINES}shop77/").status_code == 404


def test_a_name_that_is_taken_when_it_is_decided_is_said_to_be(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    def taken(*args: object) -> None:
        raise Taken("shop77")

    client = browse("operator")
    save(client, EDIT, service_description="x")
    monkeypatch.setitem(DECISIONS, "retry", (taken, ""))
    answer = client.post(f"{HOME}changes/1/-/retry", follow=True)
    assert "The name shop77 is already taken." in text_of(answer)


def test_who_sees_no_changes_is_told_of_none(browse: Browse, scope_of: Callable[..., Scope]) -> None:
    save(browse("operator"), EDIT, service_description="x")
    assert len(changes_of(scope_of("operator"), "virtualmachine", "shop00")) == 1
    assert changes_of(scope_of("billing"), "virtualmachine", "shop00") == []
