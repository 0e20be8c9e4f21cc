"""Two people at the same plan: who comes second sees what the first one has set, and decides; nothing is lost."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from portal.accounts.access import Scope
from portal.accounts.audit import trail
from portal.plans import answers, compose
from portal.plans.models import Plan
from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse, text_of
from tests.customer.plans.conftest import HOME, PLAN, MakePlan, add, address, cores, entries
from tests.customer.plans.pressing import edit_of, outside
from tests.support.services import Sandbox

EDIT = f"{HOME}virtualmachine/shop00/-/edit?plan=1"
NEW = f"{HOME}virtualmachine/-/new?plan=1&key=shop04"
THEIRS = "Operator changed this in the meantime"


@pytest.fixture
def someone(browse: Browse, scope_of: Callable[..., Scope]) -> Iterator[Scope]:
    """Someone else, who does what is done in the test's name."""
    scope = scope_of("operator")
    with trail.asking(trail.Asker("192.0.2.1", scope.user)):
        yield scope


def hidden(page: Any, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())
    assert found, name
    return found[1]


def describe(client: Client, opened: Any, **typed: str) -> Any:
    """The form for name and note, as it was opened."""
    seen = {name: hidden(opened, name) for name in ("seen_name", "seen_note")}
    return client.post(PLAN, {"do": "describe", "name": "Black Friday", "note": "", **seen, **typed})


# --- name and note


def test_a_name_that_someone_else_has_set_is_not_written_over(browse: Browse, plan: MakePlan, someone: Scope) -> None:
    made, client = plan(), browse("manager")
    opened = client.get(address(made))
    compose.describe(someone, made, "Cyber Monday", "")
    answer = describe(client, opened, name="Christmas")
    assert answer.status_code == 422
    assert f"Olaf {THEIRS}" in text_of(answer)
    assert "Name Cyber Monday Christmas Apply mine anyway Discard my change" in text_of(answer)
    assert 'value="Christmas"' in answer.content.decode()
    assert Plan.objects.get().name == "Cyber Monday"
    assert describe(client, answer, name="Christmas").status_code == 302  # they know now
    assert Plan.objects.get().name == "Christmas"


def test_nor_one_that_is_set_while_they_decide(browse: Browse, plan: MakePlan, someone: Scope) -> None:
    made, client = plan(), browse("manager")
    opened = client.get(address(made))
    compose.describe(someone, made, "Cyber Monday", "")
    told = describe(client, opened, name="Christmas")
    compose.describe(someone, made, "Easter", "")
    assert "Name Easter Christmas" in text_of(describe(client, told, name="Christmas"))
    assert Plan.objects.get().name == "Easter"


def test_a_note_beside_another_name_is_no_conflict(browse: Browse, plan: MakePlan, someone: Scope) -> None:
    made, client = plan(), browse("manager")
    opened = client.get(address(made))
    compose.describe(someone, made, "Cyber Monday", "")
    assert describe(client, opened, note="All of\r\nthe shop").status_code == 302
    now = Plan.objects.get()
    assert (now.name, now.note) == ("Cyber Monday", "All of\r\nthe shop")


def test_who_wants_the_same_is_not_asked(browse: Browse, plan: MakePlan, someone: Scope) -> None:
    made, client = plan(), browse("manager")
    opened = client.get(address(made))
    compose.describe(someone, made, "Cyber Monday", "")
    assert describe(client, opened, name="Cyber Monday").status_code == 302


# --- an entry


def opened_entry(client: Client, path: str = EDIT, **typed: object) -> dict[str, list[str]]:
    """What the form of an entry sends, as it stands now."""
    return filled(values_of(client.get(path)), plan="1", **typed)


def test_an_entry_that_someone_else_has_edited_is_not_written_over(
    browse: Browse, plan: MakePlan, someone: Scope
) -> None:
    made, client = plan(), browse("manager")
    sent = opened_entry(client, cores="4")
    compose.put_in(someone, [cores("shop00", 6)], made)
    answer = client.post(EDIT, sent)
    assert answer.status_code == 422
    assert f"Olaf {THEIRS}" in text_of(answer)
    assert "Cores 6 4" in text_of(answer)
    assert "Apply mine anyway" in text_of(answer)
    assert values_of(answer)["cores"] == ["4"]
    assert entries()[0].wanted == {"cores": 6}
    assert client.post(EDIT, {**values_of(answer), "plan": "1"}).status_code == 302
    assert entries()[0].wanted == {"cores": 4}


def test_what_was_typed_stands_on_what_was_there_then_also_where_it_was_kept(
    browse: Browse, plan: MakePlan, someone: Scope
) -> None:
    made, client = plan(), browse("manager")
    follow = {"HX-Request": "true", "HX-Request-Type": "partial"}
    client.post(EDIT, opened_entry(client, cores="4", preview="1"), headers=follow)
    compose.put_in(someone, [cores("shop00", 6)], made)
    assert client.post(EDIT, opened_entry(client)).status_code == 422
    assert entries()[0].wanted == {"cores": 6}


def test_sent_twice_it_is_done_once(browse: Browse, plan: MakePlan) -> None:
    plan()
    client = browse("manager")
    sent = opened_entry(client, cores="4")
    assert [client.post(EDIT, sent).status_code for _ in range(2)] == [302, 302]


def test_an_entry_that_was_taken_out_is_not_put_back_silently(browse: Browse, plan: MakePlan, someone: Scope) -> None:
    made, client = plan(), browse("manager")
    sent = opened_entry(client, cores="4")
    compose.take_out(someone, made, [entries()[0].pk])
    answer = client.post(EDIT, sent)
    assert answer.status_code == 422
    assert "Olaf Operator removed this from the plan in the meantime" in text_of(answer)
    assert [one.key for one in entries()] == ["shop01"]
    assert client.post(EDIT, {**values_of(answer), "plan": "1"}).status_code == 302
    assert [(one.key, one.wanted) for one in entries()] == [("shop01", {"cores": 7}), ("shop00", {"cores": 4})]


def test_who_has_a_form_open_under_the_name_it_had_learns_the_new_one(browse: Browse) -> None:
    first, second = browse("operator"), browse("manager")
    add(first, "virtualmachine/-/new?resource_group=shop", name="shop04")
    sent = opened_entry(second, NEW, service_description="B")
    assert first.post(NEW, opened_entry(first, NEW, name="shop05")).status_code == 302
    answer = second.post(NEW, sent)
    assert answer.status_code == 422
    assert "Olaf Operator renamed this to shop05 in the meantime" in text_of(answer)
    assert values_of(answer)["service_description"] == ["B"]
    assert [one.key for one in entries()] == ["shop05"]


def test_so_it_is_with_what_the_plan_creates(browse: Browse) -> None:
    first, second = browse("operator"), browse("manager")
    add(first, "virtualmachine/-/new?resource_group=shop", name="shop04")
    sent = opened_entry(second, NEW, service_description="B")
    other = opened_entry(first, NEW, service_description="A")
    assert first.post(NEW, other).status_code == 302
    answer = second.post(NEW, sent)
    assert answer.status_code == 422
    assert f"Olaf {THEIRS}" in text_of(answer)
    assert entries()[0].wanted["service_description"] == "A"


def test_a_conflict_that_was_answered_meanwhile_is_an_edit(
    browse: Browse, platform: Sandbox, scope_of: Callable[..., Scope], someone: Scope
) -> None:
    manager = scope_of("manager")
    asked = edit_of(platform, disk=99, cores=2)
    made, client = compose.put_in(manager, [asked]), browse("manager")
    outside(platform, manager, {"__type__": "virtualmachine", "name": asked.key, "disk": 77})
    path = f"{HOME}virtualmachine/{asked.key}/-/edit?plan=1"
    sent = opened_entry(client, path, cores="4")
    answers.answer(someone, made, entries()[0].pk, {"disk": answers.THEIRS})
    answer = client.post(path, sent)
    assert answer.status_code == 422
    assert f"Olaf {THEIRS}" in text_of(answer)


def test_what_someone_else_has_edited_is_not_taken_out(browse: Browse, plan: MakePlan, someone: Scope) -> None:
    made, client = plan(), browse("manager")
    opened, pk = client.get(PLAN), entries()[0].pk

    def sent(page: Any) -> dict[str, object]:
        return {"entry": pk, f"seen-{pk}": hidden(page, f"seen-{pk}")}

    compose.put_in(someone, [cores("shop00", 6)], made)
    answer = client.post(f"{PLAN}-/remove", sent(opened), follow=True)
    assert "The plan was edited in the meantime. Nothing was done" in text_of(answer)
    assert len(entries()) == 2
    client.post(f"{PLAN}-/remove", sent(answer))
    assert [one.key for one in entries()] == ["shop01"]


@pytest.mark.parametrize("verb", ["describe", "remove"])
def test_a_page_that_does_not_say_what_it_stood_on_is_heard(browse: Browse, plan: MakePlan, verb: str) -> None:
    """One from before the portal was renewed."""
    plan()
    typed = {"name": "Cyber Monday", "note": "", "entry": str(entries()[0].pk)}
    assert browse("manager").post(f"{PLAN}-/{verb}", typed).status_code == 302
    assert (Plan.objects.get().name, len(entries())) in (("Cyber Monday", 2), ("Black Friday", 1))
