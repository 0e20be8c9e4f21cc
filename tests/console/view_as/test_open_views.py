"""Pages of a view that stay open after it has ended: they say so, ask no more, and lose nothing that was typed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership
from portal.changes.models import Change
from portal.console.models import Visit
from tests.console.view_as.test_sessions import take_write, view_as
from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse, browse, platform, text_of  # noqa: F401
from tests.customer.test_open_pages import HOST, OpenPage, leads_on

EDIT = "/c/10001/virtualmachine/shop13/-/edit"


def press_stop(staff: Client) -> None:
    staff.post("/console/view-as/end")


def run_out(staff: Client) -> None:
    Visit.objects.update(expires=timezone.now() - timedelta(seconds=1))


def remove_the_member(staff: Client) -> None:
    Membership.objects.filter(user__email="operator@example.com").delete()


ENDS = [press_stop, run_out, remove_the_member]


@pytest.fixture
def staff(browse: Browse) -> Client:  # noqa: F811
    client = browse("staff")
    view_as(client)
    take_write(client)
    return client


@pytest.mark.parametrize("end", ENDS)
def test_what_a_page_asks_then_leads_to_the_words_and_is_asked_once(
    staff: Client, end: Callable[[Client], None]
) -> None:
    page = OpenPage(staff, "/c/10001/virtualmachine/")
    end(staff)
    assert leads_on(page.poll(), page.path)
    said = page.anew()
    assert said.status_code == 404
    assert "This view has ended" in text_of(said)
    assert "as Olaf Operator until" in text_of(said)
    assert "hx-get" not in said.content.decode()
    assert not AuditEntry.objects.filter(action="refused").exists()


@pytest.mark.parametrize("by", ["send", "follow"])
@pytest.mark.parametrize("end", ENDS)
def test_a_form_that_is_sent_then_gets_the_words_and_what_was_typed(
    staff: Client, end: Callable[[Client], None], by: str
) -> None:
    page = OpenPage(staff, EDIT)
    end(staff)
    answer = getattr(page, by)(service_description="Typed in their place")
    if by == "follow":
        assert leads_on(answer, EDIT)
        answer = page.anew()
    assert "This view has ended" in text_of(answer)
    assert "Typed in their place" in text_of(answer)
    assert not Change.objects.exists()


def test_viewing_again_it_is_in_its_form(staff: Client) -> None:
    page = OpenPage(staff, EDIT)
    run_out(staff)
    answer = page.send(service_description="Typed in their place")
    assert "/console/c/10001/view-as?next=%2Fc%2F10001%2Fvirtualmachine%2Fshop13%2F-%2Fedit" in answer.content.decode()
    view_as(staff)
    take_write(staff)
    form = staff.get(EDIT)
    assert values_of(form)["service_description"] == ["Typed in their place"]
    assert not Change.objects.exists()


def test_a_form_with_the_token_of_the_view_gets_them_too(staff: Client) -> None:
    """The token against forgery is renewed as the view ends: what is refused for that is told the reason."""
    form = OpenPage(staff, EDIT)
    press_stop(staff)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = staff.cookies
    sent = filled(values_of(form.answer), service_description="Typed in their place")
    headers = {"Referer": f"{HOST}{EDIT}", "Origin": HOST}
    answer = strict.post(EDIT, sent, headers=headers)
    assert answer.headers["Location"] == EDIT
    said = text_of(strict.get(EDIT, headers={"Referer": f"{HOST}{EDIT}"}))
    assert "This view has ended" in said
    assert "Typed in their place" in said


def test_whoever_has_not_viewed_the_customer_learns_nothing(browse: Browse) -> None:  # noqa: F811
    staff = browse("staff")
    assert "Page not found" in text_of(staff.get("/c/10001/"))
    view_as(staff)
    staff.post("/console/view-as/end")
    assert "Page not found" in text_of(staff.get("/c/10002/"))
    assert "This view has ended" in text_of(staff.get("/c/10001/"))
