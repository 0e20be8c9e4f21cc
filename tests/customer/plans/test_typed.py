"""What somebody types into the small forms of a plan's page is not lost, whatever comes between."""

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from portal.plans.models import Plan, State
from tests.customer.conftest import Browse, text_of
from tests.customer.plans.conftest import MakePlan, address
from tests.customer.test_open_pages import HOST, OpenPage

FORMS: dict[str, dict[str, str]] = {
    "describe": {"name": "Cyber Monday", "note": "\nAll that\nthe shop needs."},
    "schedule": {"at": "2099-01-01T12:00"},
}


def form_of(page: Any, verb: str) -> str:
    """Where the page's form with that button is sent to."""
    forms = re.findall(r'(?s)<form method="post" action="([^"]+)"(.*?)</form>', page.content.decode())
    (action,) = [action for action, inside in forms if f'name="do" value="{verb}"' in inside]
    return str(action)


def send(client: Client, plan: Plan, verb: str, *, after_the_end: bool = False) -> Any:
    """The form as a browser sends it, also where the session has ended since the page was opened."""
    plan.refresh_from_db()
    opened = OpenPage(client, address(plan))
    if after_the_end:
        Session.objects.all().delete()
    typed = {**FORMS[verb], "do": verb, "revision": plan.revision, "portal-page": opened.headers["Portal-Page"]}
    headers = {"Referer": f"{HOST}{opened.path}", "Origin": HOST}
    return client.post(form_of(opened.answer, verb), typed, headers=headers)


def stands_in(page: Any, verb: str) -> bool:
    """Whether all that was typed stands in its form, and that is open."""
    html = page.content.decode()
    found = all(f'value="{text}"' in html or f">\n{text}</textarea>" in html for text in FORMS[verb].values())
    return found and bool(re.search(rf'(?s)<details[^>]* open>((?!<details).)*name="do" value="{verb}"', html))


def test_name_and_note_are_given_by_the_page(browse: Browse, plan: MakePlan) -> None:
    made = plan()
    assert send(browse("operator"), made, "describe").headers["Location"] == address(made)
    made.refresh_from_db()
    assert (made.name, made.note) == ("Cyber Monday", "All that\nthe shop needs.")


def test_a_time_is_given_by_the_page(browse: Browse, plan: MakePlan) -> None:
    made = plan()
    assert send(browse("operator"), made, "schedule").status_code == 302
    made.refresh_from_db()
    assert made.state == State.SCHEDULED


@pytest.mark.parametrize("verb", FORMS)
def test_what_a_session_s_end_interrupted_stands_in_the_form_again(
    browse: Browse, plan: MakePlan, cast: dict[str, Any], verb: str
) -> None:
    made, client = plan(), browse("operator")
    led = send(client, made, verb, after_the_end=True)
    assert "again=kept" in led.headers["Location"]
    client.force_login(cast["operator"])
    page = client.get(address(made))
    assert "Your earlier input has been restored. It has not been sent." in text_of(page)
    assert stands_in(page, verb)
    made.refresh_from_db()
    assert (made.name, made.note, made.state) == ("Black Friday", "", State.OPEN)


@pytest.mark.parametrize("verb", FORMS)
def test_it_is_gone_once_the_form_has_done_its_work(
    browse: Browse, plan: MakePlan, cast: dict[str, Any], verb: str
) -> None:
    made, client = plan(), browse("operator")
    send(client, made, verb, after_the_end=True)
    client.force_login(cast["operator"])
    assert send(client, made, verb).status_code == 302
    assert "Your earlier input" not in text_of(client.get(address(made)))


def test_what_cannot_be_used_stands_in_the_form_with_why(browse: Browse, plan: MakePlan) -> None:
    made, client = plan(), browse("operator")
    answer = client.post(address(made), {"do": "schedule", "at": "2001-01-01T12:00", "revision": made.revision})
    assert answer.status_code == 422
    assert "Enter a time in the future" in text_of(answer)
    assert 'value="2001-01-01T12:00" aria-invalid="true"' in answer.content.decode()
    long = client.post(address(made), {"do": "describe", "name": "x" * 101, "note": "Kept"})
    assert long.status_code == 422
    assert "The name has 101 characters" in text_of(long)
    assert ">\nKept</textarea>" in long.content.decode()


def test_who_may_not_change_plans_describes_none(browse: Browse, plan: MakePlan) -> None:
    made = plan()
    assert browse("viewer").post(address(made), {"do": "describe", **FORMS["describe"]}).status_code == 403
    assert browse("outsider").post(address(made), {"do": "describe", **FORMS["describe"]}).status_code == 404
