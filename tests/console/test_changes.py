"""Changes of all customers in the console: found, told, and decided about, several at once."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.access import get_scope
from portal.accounts.models import AuditEntry, User
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
from tests.customer.conftest import Browse, browse, part, platform, text_of  # noqa: F401


@pytest.fixture
def staff(browse: Browse, cast: dict[str, User]) -> Client:  # noqa: F811
    """With two changes of customer 10001 there, both queued."""
    client = browse("staff")
    for name, token in (("shop13", "1"), ("shop14", "2")):
        wanted = Intent(type_name="virtualmachine", key=name, wanted={"cores": 7}, before={"cores": 3})
        submit(get_scope(cast["manager"], "10001"), [wanted], token)
    return client


def put_into(state: State, number: int = 1, **more: Any) -> Change:
    Change.objects.filter(number=number).update(state=state, **more)
    return Change.objects.get(number=number)


def decide(staff: Client, what: str, *changes: Change) -> Any:
    return staff.post("/console/changes/decide", {"do": what, "change": [str(one.pk) for one in changes]}, follow=True)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.PARKED, State.REJECTED, State.CONFLICT])
def test_each_kind_of_trouble_has_its_list(staff: Client, state: State) -> None:
    put_into(state)
    text = text_of(staff.get(f"/console/changes/?which={state.value}"))
    assert "shop13" in text
    assert "shop14" not in text


def test_a_deletions_day_is_told_in_words(staff: Client, cast: dict[str, User]) -> None:
    day = {"deadline": "2026-12-20"}
    leaving = Intent(type_name="virtualmachine", key="shop13", action="delete", wanted=day)
    number = submit(get_scope(cast["manager"], "10001"), [leaving], "3").number
    assert "Delete on 20 Dec 2026" in text_of(staff.get(f"/console/c/10001/changes/{number}/"))
    assert "Delete on 20 Dec 2026" in text_of(staff.get("/console/c/10001/trail/"))


def test_what_is_long_on_its_way_is_stuck(staff: Client) -> None:
    assert "shop13" not in text_of(staff.get("/console/changes/?which=stuck"))
    Change.objects.filter(number=1).update(created=timezone.now() - timedelta(minutes=5))
    assert "shop13" in text_of(staff.get("/console/changes/?which=stuck"))


def test_a_part_of_a_plan_is_stuck_from_when_it_went_out_and_is_mended_in_the_plan(staff: Client) -> None:
    before = timezone.now() - timedelta(minutes=5)
    Change.objects.filter(number=1).update(created=before, plan_number=1, recorded_at=timezone.now(), state=State.DONE)
    Change.objects.filter(number=2).update(created=before, plan_number=1)
    assert "shop14" not in text_of(staff.get("/console/changes/?which=stuck"))
    Change.objects.filter(number=2).update(state=State.REJECTED, done_at=timezone.now())
    assert "where it is corrected and applied again" in text_of(staff.get("/console/c/10001/changes/2/"))
    refused = Change.objects.get(number=2)
    assert "Unchanged, not possible in their state: 10001/2." in text_of(decide(staff, "retry", refused))


def test_they_can_be_filtered_by_customer_and_name(staff: Client) -> None:
    assert "shop13" in text_of(staff.get("/console/changes/?customer=10001&q=shop13"))
    assert "shop13" not in text_of(staff.get("/console/changes/?customer=10002"))


@pytest.mark.parametrize(("language", "told"), [("en", "Resize shop13 Machine"), ("de", "shop13 anpassen Maschine")])
def test_what_one_does_is_told_in_the_order_of_the_language(staff: Client, language: str, told: str) -> None:
    staff.post("/preferences/language", {"language": language})
    page = staff.get("/console/c/10001/changes/1/")
    assert told in text_of(page)
    assert '<a href="/console/c/10001/virtualmachine/shop13/">shop13</a>' in page.content.decode()


@pytest.mark.parametrize("query", ["page=0", "page=999", "page=x", "which=nothing", "q=%00", "customer=%27", "page=²"])
def test_odd_questions_are_answered(staff: Client, query: str) -> None:
    assert staff.get(f"/console/changes/?{query}").status_code == 200


def test_several_are_taken_back_at_once_and_that_is_on_record(staff: Client) -> None:
    decide(staff, "cancel", *Change.objects.all())
    assert set(Change.objects.values_list("state", flat=True)) == {State.CANCELLED}
    entries = AuditEntry.objects.filter(action="change.cancelled", chain="10001")
    assert {entry.actor for entry in entries} == {"staff@example.com"}


def test_what_was_sent_is_not_taken_back_and_that_is_said(staff: Client) -> None:
    sent = put_into(State.SENDING)
    text = text_of(decide(staff, "cancel", *Change.objects.all()))
    assert "Unchanged, not possible" in text
    assert "10001/1" in text
    sent.refresh_from_db()
    assert sent.state == State.SENDING
    assert Change.objects.get(number=2).state == State.CANCELLED


def test_a_rejected_one_is_tried_again(staff: Client) -> None:
    rejected = put_into(State.REJECTED, done_at=timezone.now(), answer={"kind": "fault", "text": "no room"})
    assert "no room" in text_of(staff.get("/console/c/10001/changes/1/"))
    decide(staff, "retry", rejected)
    rejected.refresh_from_db()
    assert rejected.state == State.QUEUED


def following(response: Any) -> str:
    """The address by which the message on a page follows the changes it tells of; '' where it asks no more."""
    return (re.findall(r'hx-get="(/console/changes/told[^"]*)"', response.content.decode()) or [""])[0]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.DONE, "It has taken effect."),
        (State.REJECTED, "Platform message: “no room”"),
        (State.CANCELLED, "Cancelled. Nothing was changed."),
    ],
)
def test_what_is_tried_again_is_told_to_its_end(staff: Client, state: State, words: str) -> None:
    fault = {"kind": "fault", "text": "no room"}
    answer = decide(staff, "retry", put_into(State.REJECTED, done_at=timezone.now(), answer=fault))
    assert "Change 10001/1 : Resize shop13. Queued. It is sent automatically." in text_of(answer)
    put_into(State.SENDING)
    followed = part(staff, following(answer).replace("&amp;", "&"))
    assert "It is being sent to the platform." in text_of(followed)
    tag = followed.headers["HX-PTag"]
    assert part(staff, following(answer), **{"HX-PTag": tag}).status_code == 304
    put_into(state, done_at=timezone.now(), answer=fault if state == State.REJECTED else {})
    ended = part(staff, following(answer))
    assert words in text_of(ended)
    assert not following(ended)


def test_several_that_are_tried_again_are_told_until_the_last_has_ended(staff: Client) -> None:
    for number in (1, 2):
        put_into(State.PARKED, number)
    answer = decide(staff, "retry", *Change.objects.all())
    address = following(answer).replace("&amp;", "&")
    assert all(f"Change 10001/{number} : Resize shop1{number + 2}. Queued." in text_of(answer) for number in (1, 2))
    put_into(State.DONE, 1, done_at=timezone.now())
    assert following(part(staff, address))
    put_into(State.DONE, 2, done_at=timezone.now())
    ended = part(staff, address)
    assert text_of(ended).count("It has taken effect.") == 2
    assert not following(ended)


def test_what_is_looked_up_is_told_to_its_end(staff: Client) -> None:
    answer = decide(staff, "look", put_into(State.UNKNOWN, sent_at=timezone.now()))
    put_into(State.DONE, done_at=timezone.now())
    assert "It has taken effect." in text_of(part(staff, following(answer)))


@pytest.mark.parametrize("name", ["", "10001", "10001/", "10001/x", "10001/²", "%00/1", "10001/99999999999", "x/1"])
def test_odd_names_of_changes_are_told_of_as_nothing(staff: Client, name: str) -> None:
    answer = part(staff, f"/console/changes/told?change={name}")
    assert (answer.status_code, text_of(answer)) == (200, "")


def test_an_unknown_one_is_looked_up_now(staff: Client) -> None:
    later = timezone.now() + timedelta(hours=1)
    unknown = put_into(State.UNKNOWN, next_attempt_at=later)
    decide(staff, "look", unknown)
    unknown.refresh_from_db()
    assert unknown.next_attempt_at <= timezone.now()
    decide(staff, "look", Change.objects.get(number=2))  # nothing to find out
    assert Change.objects.get(number=2).state == State.QUEUED


def test_what_was_sent_and_answered_is_shown_without_secrets(staff: Client) -> None:
    change = put_into(State.RECORDED)
    result = {"name": "shop13", "cores": 7, "root_password": "hunter2", "ssh_pubkey": ["ssh-ed25519 AAAA"]}
    change.items.update(result=result)
    text = text_of(staff.get("/console/c/10001/changes/1/"))
    assert "Request" in text
    assert "ssh-ed25519 AAAA" in text
    assert "hunter2" not in text
    assert "services-demo-key" not in text


def test_nothing_chosen_and_nothing_known_do_nothing(staff: Client) -> None:
    assert "No change was selected" in text_of(decide(staff, "cancel"))
    assert staff.post("/console/changes/decide", {"do": "cancel", "change": ["x", "%00"]}).status_code == 302
    assert decide(staff, "explode").status_code == 404
    assert set(Change.objects.values_list("state", flat=True)) == {State.QUEUED}
