"""Pages that stay open while the world changes: what their scripts ask is answered truly, and they ask no more."""

import re
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import ApiKey, AuditEntry, Membership, User
from portal.changes.models import Change
from portal.inventory.snapshots import write_through
from tests.customer.asking import filled, values_of
from tests.customer.conftest import Browse, part, text_of

C = "/c/10001/"
HOST = "http://testserver"
MACHINE, EDIT = f"{C}virtualmachine/shop11/", f"{C}virtualmachine/shop11/-/edit"


class OpenPage:
    """A page as it stood when it was opened, with what its scripts send along."""

    def __init__(self, client: Client, path: str) -> None:
        self.client, self.path = client, path
        self.answer = client.get(path)
        found = re.search(r'data-page="([^"]+)"', self.answer.content.decode())
        assert found
        self.headers = {"Portal-Page": found[1], "HX-Request": "true", "HX-Request-Type": "partial"}
        self.headers |= {"HX-Current-URL": f"{HOST}{path}", "Origin": HOST}

    def poll(self) -> Any:
        return self.client.get(self.path, headers=self.headers)

    def follow(self, **typed: str) -> Any:
        """What a form's page asks while somebody types."""
        sent = filled(values_of(self.answer), preview="1", **typed)
        return self.client.post(self.path, sent, headers=self.headers)

    def send(self, **typed: str) -> Any:
        sent = filled(values_of(self.answer), **typed)
        return self.client.post(self.path, sent, headers={"Referer": f"{HOST}{self.path}", "Origin": HOST})

    def anew(self) -> Any:
        """The whole page, as it comes where the answer to a script leads it on."""
        return self.client.get(self.path, headers={"Referer": f"{HOST}{self.path}"})


def leads_on(answer: Any, path: str) -> bool:
    return answer.headers.get("HX-Redirect") == path


def vanish(name: str = "shop11") -> None:
    """As when a refresh finds it no more."""
    key = ApiKey.objects.get(customer__number="10001", resource_group="services")
    write_through.patch(key, "virtualmachine", [], [name])


def test_a_page_that_is_still_right_is_left_alone(browse: Browse) -> None:
    page = OpenPage(browse("operator"), MACHINE)
    answer = page.poll()
    assert answer.status_code == 200
    assert "HX-Redirect" not in answer.headers


def test_of_what_has_vanished_the_page_says_so_and_asks_no_more(browse: Browse) -> None:
    page = OpenPage(browse("operator"), MACHINE)
    vanish()
    assert leads_on(page.poll(), MACHINE)
    anew = page.anew()
    assert anew.status_code == 404
    assert "shop11 no longer exists" in text_of(anew)
    assert 'hx-trigger="every' not in anew.content.decode()


def test_whoever_types_the_address_learns_nothing_of_what_is_absent(browse: Browse) -> None:
    client = browse("operator")
    for headers in ({}, {"Referer": f"{HOST}/c/10001/"}, {"Referer": "https://elsewhere.example/c/10001/"}):
        said = text_of(client.get(f"{C}virtualmachine/nobody00/", headers=headers))
        assert "Page not found" in said
        assert "no longer" not in said


@pytest.mark.parametrize("verb", ["edit", "delete"])
@pytest.mark.parametrize("by", ["send", "follow"])
def test_a_form_of_what_has_vanished_says_so_and_keeps_what_was_typed(browse: Browse, verb: str, by: str) -> None:
    page = OpenPage(browse("operator"), f"{MACHINE}-/{verb}")
    vanish()
    field = "service_description" if verb == "edit" else "name"
    answer = getattr(page, by)(**{field: "Typed for nothing"})
    if by == "follow":
        assert leads_on(answer, page.path)
        answer = page.anew()
    assert answer.status_code == 404
    said = text_of(answer)
    assert "shop11 no longer exists" in said
    assert "Typed for nothing" in said
    assert "rzob" not in said  # what was not touched is not repeated
    assert not Change.objects.exists()


def test_a_button_for_what_has_vanished_says_so(browse: Browse) -> None:
    page = OpenPage(browse("operator"), f"{C}virtualmachine/")
    vanish()
    headers = {"Referer": f"{HOST}{page.path}", "Origin": HOST}
    answer = page.client.post(f"{MACHINE}-/power", {"online": "false"}, headers=headers)
    assert "shop11 no longer exists" in text_of(answer)
    assert "Your input" not in text_of(answer)


def test_a_member_who_was_removed_is_told_so_once(browse: Browse, cast: dict[str, User]) -> None:
    page = OpenPage(browse("operator"), f"{C}virtualmachine/")
    Membership.objects.filter(user=cast["operator"]).delete()
    assert leads_on(page.poll(), page.path)
    assert "You no longer have access to 10001" in text_of(page.anew())


def test_a_role_that_was_lowered_is_told_and_refused_on_record_once(browse: Browse, cast: dict[str, User]) -> None:
    page = OpenPage(browse("operator"), f"{C}changes/")
    Membership.objects.filter(user=cast["operator"]).update(role="billing")
    assert leads_on(page.poll(), page.path)
    anew = page.anew()
    assert anew.status_code == 403
    assert "Your access has changed." in text_of(anew)
    for _ in range(3):  # a page without the script's mark, such as one from before an update
        page.client.get(page.path, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert AuditEntry.objects.filter(action="refused", actor="operator@example.com").count() == 1


def test_a_page_of_another_person_is_made_anew_and_says_who_is_signed_in(browse: Browse, cast: dict[str, User]) -> None:
    page = OpenPage(browse("operator"), f"{C}virtualmachine/")
    page.client.force_login(cast["viewer"])
    answer = page.poll()
    assert leads_on(answer, page.path)
    assert answer.content == b""
    assert f"You are signed in as {cast['viewer'].name}." in text_of(page.anew())


@pytest.mark.parametrize("by", ["send", "follow"])
def test_what_one_person_typed_is_never_in_anothers_form(browse: Browse, cast: dict[str, User], by: str) -> None:
    page = OpenPage(browse("operator"), EDIT)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast["manager"])
    sent = filled(values_of(page.answer), service_description="Only mine", preview="1" if by == "follow" else None)
    headers = page.headers if by == "follow" else {"Referer": f"{HOST}{EDIT}", "Origin": HOST}
    if by == "send":
        sent["portal-page"] = [page.headers["Portal-Page"]]
    answer = strict.post(EDIT, sent, headers=headers)
    assert EDIT in (answer.headers.get("HX-Redirect"), answer.headers.get("Location"))
    theirs = strict.get(EDIT)
    assert "You are signed in as" in text_of(theirs)
    assert "Only mine" not in theirs.content.decode()
    page.client.force_login(cast["operator"])
    assert "Only mine" in page.client.get(EDIT).content.decode()


def test_one_page_has_one_language(browse: Browse) -> None:
    page = OpenPage(browse("operator"), f"{C}virtualmachine/")
    page.client.post("/preferences/language", {"language": "de", "next": "/"})
    assert leads_on(page.poll(), page.path)
    assert '<html lang="de"' in page.anew().content.decode()


def test_a_language_chosen_elsewhere_takes_nothing_that_was_typed(browse: Browse) -> None:
    page = OpenPage(browse("operator"), EDIT)
    page.client.post("/preferences/language", {"language": "de", "next": "/"})
    assert leads_on(page.follow(service_description="Half a sentence"), EDIT)
    anew = page.anew().content.decode()
    assert "Half a sentence" in anew
    assert 'lang="de"' in anew


def test_a_whole_page_is_never_put_into_a_part(browse: Browse, settings: Any) -> None:
    """Of a type of which nothing is known, there is a page that says so."""
    client = browse("operator")
    settings.API_URL = "http://127.0.0.1:9/v1"
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": f"{HOST}{MACHINE}"}
    assert leads_on(client.get(MACHINE, headers=headers), MACHINE)


# --- the banner ----------------------------------------------------------------------------------------------------


def test_a_banner_asks_for_itself_and_goes_when_the_platform_answers(
    browse: Browse, platform: Any, settings: Any
) -> None:
    client = browse("manager")
    client.get(f"{C}virtualmachine/")
    url, settings.API_URL = settings.API_URL, "http://127.0.0.1:9/v1"
    client.post(f"{C}virtualmachine/")
    page = client.get(f"{C}help/roles/").content.decode()
    banner = re.search(r'(?s)<div id="banner"[^>]*>.*?</div>', page)
    assert banner
    assert f'hx-get="{C}frame/"' in banner[0]
    assert "has been unreachable" in part(client, f"{C}frame/").content.decode()
    settings.API_URL = url
    client.post(f"{C}virtualmachine/")
    gone = part(client, f"{C}frame/").content.decode()
    assert "has been unreachable" not in gone
    assert "hx-get" not in gone


def test_with_two_keys_the_platform_is_away_once(browse: Browse, settings: Any) -> None:
    client = browse("manager")
    customer = ApiKey.objects.get(resource_group="services").customer
    second = ApiKey(customer=customer, resource_group="other")
    second.set_secret("other-demo-key")
    second.save()
    settings.API_URL = "http://127.0.0.1:9/v1"
    client.post(f"{C}virtualmachine/")
    assert text_of(client.get(f"{C}help/roles/")).count("has been unreachable since") == 1
