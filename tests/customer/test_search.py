"""Search: over all that a person may see, best first, and nothing that they may not."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.access import Scope
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
from tests.customer.conftest import Browse, part, text_of

FIND = "/c/10001/find/"


@pytest.fixture
def find(browse: Browse) -> Any:
    """What a person finds once everything is known: the hits."""

    def search(name: str, text: str) -> list[Any]:
        client = browse(name)
        deadline = time.monotonic() + 60
        while client.get("/c/10001/").context["page"].is_loading and time.monotonic() < deadline:
            time.sleep(0.05)
        response = client.get(FIND, {"q": text})
        assert response.status_code == 200
        found: list[Any] = response.context["search"].hits
        return found

    return search


def test_the_name_itself_comes_first(find: Any) -> None:
    hits = find("manager", "shop1")
    assert [hit.title for hit in hits[:3]] == ["shop10", "shop11", "shop12"]
    assert find("manager", "SHOP13")[0].address == "/c/10001/virtualmachine/shop13/"


@pytest.mark.parametrize(
    "text",
    [
        "10.0.16.24",
        "10.0.16.24/24",
        "10.0.16.0/24",
        "02:00:00:03:10:1a",
        "0200.0003.101A",
        "03-10-1a",
        "03101a",
        "2001:db8:0:1c0::26",
        "[2001:DB8:0:1C0:0:0:0:26]:443",
        "2001:0db8:0000:01c0::0026/64",
        "worker shop",
    ],
)
def test_addresses_and_descriptions_are_found(find: Any, text: str) -> None:
    assert "/c/10001/virtualmachine/shop13/" in {hit.address for hit in find("manager", text)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [("2001:DB8:0:1C0:0:0:0:26", "2001:db8:0:1c0::26"), ("03101a", "02:00:00:03:10:1a"), ("shop13", "")],
)
def test_a_hit_shows_what_matched_where_its_name_does_not(find: Any, text: str, shown: str) -> None:
    (hit,) = (hit for hit in find("manager", text) if hit.address == "/c/10001/virtualmachine/shop13/")
    assert str(hit.note).startswith(shown or "shop")


@pytest.mark.parametrize("text", ["[2001:DB8:0:1C0:0:0:0:26]:443", "10.0.16.24/24", "0200.0003.101a", "03-10-1A"])
def test_a_list_is_filtered_by_an_address_however_it_is_written(browse: Browse, text: str) -> None:
    page = text_of(browse("manager").get("/c/10001/virtualmachine/", {"q": text}))
    assert "shop13" in page
    assert "shop12" not in page


# --- what is not on the platform


@pytest.fixture
def asked_for(browse: Browse, scope_of: Callable[..., Scope]) -> Callable[..., None]:
    """`asked_for("shop77", State.QUEUED)`: a machine that the operator wants, and where its change is."""

    def ask(name: str, state: State) -> None:
        wanted = {"resource_group": "shop", "location": "rzob", "service_description": "The till"}
        item = Intent(type_name="virtualmachine", key=name, wanted=wanted, creates=True)
        change = submit(scope_of("operator"), [item], name.ljust(32, "0"))
        ended = timezone.now() if state == State.REJECTED else None
        Change.objects.filter(pk=change.pk).update(state=state, done_at=ended)

    return ask


@pytest.mark.parametrize("text", ["shop77", "SHOP77", "the till"])
@pytest.mark.parametrize(
    ("state", "words", "address"),
    [
        (State.QUEUED, "Creation: Queued", "/c/10001/virtualmachine/shop77/"),
        (State.REJECTED, "Creation: Rejected", "/c/10001/changes/1/"),
    ],
)
def test_a_machine_that_is_not_there_yet_is_found_and_marked_as_such(
    browse: Browse, asked_for: Callable[..., None], text: str, state: State, words: str, address: str
) -> None:
    asked_for("shop77", state)
    client = browse("viewer")
    for answer in (client.get(FIND, {"q": text}), part(client, f"{FIND}?q={text}")):
        (hit,) = (hit for hit in answer.context["search"].hits if hit.title == "shop77")
        assert (hit.address, words in str(hit.state)) == (address, True)
        assert f"shop77 {words} shop · Machine" in text_of(answer) or "The till" in text_of(answer)
    assert client.get(address).status_code == 200


def test_enter_leads_to_what_is_being_created(browse: Browse, asked_for: Callable[..., None]) -> None:
    asked_for("shop77", State.QUEUED)
    answer = browse("viewer").get(FIND, {"q": "shop77", "go": ""})
    assert answer["Location"] == "/c/10001/virtualmachine/shop77/"


def test_a_creation_outside_of_ones_own_group_is_not_found(browse: Browse, asked_for: Callable[..., None]) -> None:
    asked_for("shop77", State.QUEUED)
    assert not browse("child").get(FIND, {"q": "shop77"}).context["search"].hits


def test_what_was_refused_and_is_there_by_now_is_found_as_it_is(find: Any, asked_for: Callable[..., None]) -> None:
    asked_for("shop13", State.REJECTED)
    assert not any("Rejected" in str(hit.state) for hit in find("viewer", "shop13"))


def test_people_are_found_by_their_permissions(find: Any) -> None:
    assert any("/permission/" in hit.address for hit in find("manager", "alice"))
    assert not any("/permission/" in hit.address for hit in find("operator", "alice"))


@pytest.mark.parametrize(("name", "text"), [("child", "shop13"), ("billing", "s-deploy"), ("outsider", "shop13")])
def test_what_one_may_not_see_is_not_found(find: Any, browse: Browse, name: str, text: str) -> None:
    if name == "outsider":
        assert browse(name).get(FIND, {"q": text}).status_code == 404
        own = browse(name).get("/c/10002/find/", {"q": text})
        assert not own.context["search"].found.total
    else:
        found = {hit.address.split("/")[3] for hit in find(name, text)}
        assert not found & {"virtualmachine", "serviceuser"}


def test_pages_and_actions_are_jumped_to_by_name(find: Any) -> None:
    assert find("manager", "invo")[0].address == "/c/10001/invoice/"
    assert "/c/10001/virtualmachine/-/new" in {hit.address for hit in find("operator", "new mach")}
    assert "/c/10001/virtualmachine/-/new" not in {hit.address for hit in find("viewer", "new mach")}


def test_enter_leads_to_what_is_named_exactly_so(find: Any, browse: Browse) -> None:
    find("manager", "")
    asked = browse("manager").get(f"{FIND}?go=1&q=shop13")
    assert asked.headers["Location"] == "/c/10001/virtualmachine/shop13/"
    assert browse("manager").get(f"{FIND}?go=1&q=shop1").status_code == 200
    assert browse("manager").get(f"{FIND}?q=shop13").status_code == 200  # the page of hits, where that is asked for


def test_below_the_field_stand_the_first_ten_and_a_way_to_the_others(find: Any, browse: Browse) -> None:
    find("manager", "")
    body = part(browse("manager"), f"{FIND}?q=shop").content.decode()
    assert body.count('class="hit"') == 10
    assert f'href="{FIND}?q=shop"' in body
    assert "<html" not in body


NASTY = ["", "   ", "\x00", "zzz nothing", "<script>alert(1)</script>", "%", "ü" * 2000, "'\"", "\u202egnp"]


@pytest.mark.parametrize("text", NASTY)
def test_whatever_is_typed_gets_a_page(browse: Browse, text: str) -> None:
    response = browse("manager").get(FIND, {"q": text})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()
    assert len(response.content) < 100_000


def test_what_is_not_found_is_said_with_what_was_looked_for(find: Any, browse: Browse) -> None:
    assert find("manager", "zzz") == []
    assert "No results for “zzz”" in text_of(browse("manager").get(FIND, {"q": "zzz"}))
