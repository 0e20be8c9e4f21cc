"""What somebody types into the small forms of a plan's page is not lost, whatever comes between."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client

from portal.accounts.access import Scope
from portal.accounts.models import Draft
from portal.plans.compose import put_in
from portal.plans.models import Plan, Remark, State
from tests.customer.conftest import Browse, text_of
from tests.customer.plans.conftest import MakePlan, address
from tests.customer.plans.pressing import edit_of, outside
from tests.customer.test_open_pages import HOST, OpenPage
from tests.support.services import Sandbox

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


# --- whatever else is done on the page

PAGE_FORMS = {**FORMS, "comment": {"text": "Half a thought"}}


class Forms(HTMLParser):
    """What a browser sends of each form of a page, by the buttons that it has: `form=` and `formaction=` count."""

    def __init__(self, page: Any) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self.named: dict[str, dict[str, Any]] = {}
        self.beside: list[tuple[str, str, str]] = []
        self.buttons: list[tuple[str, dict[str, str | None]]] = []
        self._area = ""
        self.feed(page.content.decode())
        for form, name, value in self.beside:
            self.named[form]["values"][name] = value

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, form = found.get("name") or "", found.get("form")
        if tag == "form":
            self.found.append({"action": found.get("action"), "values": {}, **found})
            self.named[found.get("id") or ""] = self.found[-1]
        elif tag == "input" and name and form:
            self.beside.append((form, name, found.get("value") or ""))
        elif tag in ("input", "textarea", "select") and name and self.found:
            self.found[-1]["values"][name] = found.get("value") or ""
            self._area = name if tag == "textarea" else ""
        elif tag == "button" and form:
            self.buttons.append((form, found))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[-1]["values"][self._area] += data.lstrip("\n")

    def press(self, client: Client, verb: str, **typed: str) -> Any:
        """The first button beside a form that does that, by a browser without scripts; then the page it leads to."""
        form, button = next(one for one in self.buttons if f"-/{verb}" in (one[1].get("formaction") or ""))
        sent = {**self.named[form]["values"], **{name: text for name, text in typed.items() if self.has(form, name)}}
        if button.get("name"):
            sent[str(button["name"])] = button.get("value") or ""
        return client.post(str(button["formaction"]), sent, follow=True)

    def has(self, form: str, name: str) -> bool:
        return name in self.named[form]["values"]


def follow(client: Client, plan: Plan, verb: str) -> Any:
    """What the page's script sends while somebody types into that form."""
    opened = OpenPage(client, address(plan))
    fields = next(one for one in Forms(opened.answer).found if set(PAGE_FORMS[verb]) <= one["values"].keys())
    assert fields["hx-post"] == address(plan)
    assert fields["hx-swap"] == "none"
    sent = {**fields["values"], **PAGE_FORMS[verb], "preview": "1"}
    return client.post(fields["hx-post"], sent, headers=opened.headers)


def stands(page: Any, verb: str) -> bool:
    return ">\nHalf a thought</textarea>" in page.content.decode() if verb == "comment" else stands_in(page, verb)


@pytest.mark.parametrize("button", ["apply", "close", "remove"])
def test_a_comment_outlives_the_page_s_other_buttons_also_without_scripts(
    browse: Browse, plan: MakePlan, button: str
) -> None:
    made, client = plan(), browse("operator")
    page = Forms(client.get(address(made))).press(client, button, text="Half a thought")
    made.refresh_from_db()
    assert (made.state, made.entries.count()) != (State.OPEN, 2)
    assert "Your earlier input has been restored. It has not been sent." in text_of(page)
    if button == "remove":
        assert stands(page, "comment")
    assert not Remark.objects.exists()


def test_so_does_one_beside_the_answer_to_a_conflict(
    browse: Browse, platform: Sandbox, scope_of: Callable[..., Scope]
) -> None:
    scope, client = scope_of("operator"), browse("operator")
    asked = edit_of(platform, disk=99)
    made = put_in(scope, [asked])
    outside(platform, scope, {"__type__": "virtualmachine", "name": asked.key, "disk": 77})
    opened = Forms(client.get(address(made)))
    assert stands(opened.press(client, "answer", text="Half a thought"), "comment")
    outside(platform, scope, {"__type__": "virtualmachine", "name": asked.key, "disk": 78})
    again = opened.press(client, "answer", text="Half a thought")  # not about what is there now
    assert stands(again, "comment")


@pytest.mark.parametrize("verb", PAGE_FORMS)
def test_what_is_being_typed_is_kept(browse: Browse, plan: MakePlan, verb: str) -> None:
    made, client = plan(), browse("operator")
    assert follow(client, made, verb).status_code == 204
    page = client.get(address(made))
    assert "Your earlier input has been restored. It has not been sent." in text_of(page)
    assert stands(page, verb)
    assert "Your earlier input" not in text_of(client.get(f"{address(made)}?draft=drop"))


@pytest.mark.parametrize("verb", PAGE_FORMS)
@pytest.mark.parametrize("other", PAGE_FORMS)
def test_what_is_typed_into_one_form_outlives_another(browse: Browse, plan: MakePlan, verb: str, other: str) -> None:
    made, client = plan(), browse("operator")
    follow(client, made, verb)
    sent = {"do": other, "revision": made.revision, **PAGE_FORMS[other]}
    assert client.post(address(made), sent).status_code == 302
    assert stands(client.get(address(made)), verb) == (verb != other)
    follow(client, made, other)  # what was still on its way when it was sent
    assert stands(client.get(address(made)), verb) == (verb != other)


def test_half_of_a_comment_that_comes_after_the_whole_is_not_kept(browse: Browse, plan: MakePlan) -> None:
    made, client = plan(), browse("operator")
    opened = OpenPage(client, address(made))
    assert client.post(address(made), {"do": "comment", **PAGE_FORMS["comment"]}).status_code == 302
    assert client.post(address(made), {"text": "Half", "preview": "1"}, headers=opened.headers).status_code == 204
    assert not Draft.objects.exists()


@pytest.mark.parametrize("verb", FORMS)
def test_one_that_cannot_be_used_takes_nothing_from_the_others(browse: Browse, plan: MakePlan, verb: str) -> None:
    made, client = plan(), browse("operator")
    follow(client, made, "comment")
    answer = client.post(address(made), {"do": verb, "at": "2001-01-01T12:00", "name": "x" * 101})
    assert answer.status_code == 422
    assert stands(answer, "comment")
    follow(client, made, verb)
    empty = client.post(address(made), {"do": "comment", "text": " "})
    assert empty.status_code == 422
    assert stands(empty, verb)


def test_forms_that_nobody_touched_are_not_kept(browse: Browse, plan: MakePlan) -> None:
    made, client = plan(), browse("operator")
    for form in Forms(client.get(address(made))).found:
        if "hx-post" in form:
            client.post(form["hx-post"], {**form["values"], "preview": "1"})
    assert not Draft.objects.exists()


def test_who_gives_up_a_name_keeps_the_comment(browse: Browse, plan: MakePlan) -> None:
    made, client = plan(), browse("operator")
    for verb in ("describe", "comment"):
        follow(client, made, verb)
    assert client.post(address(made), {"do": "discard", **FORMS["describe"]}).status_code == 302
    page = client.get(address(made))
    assert (stands(page, "describe"), stands(page, "comment")) == (False, True)


# --- leaving a form


def test_what_promises_to_ask_before_a_form_is_left_has_the_script_for_it() -> None:
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        text = path.read_text()
        assert "data-guard" not in text or "js/forms.js" in text, path
        assert text.count("data-guard") <= 1, path  # it heeds the first one
