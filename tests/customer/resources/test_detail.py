"""The page of a record: all types, what belongs to it, what one may do, and what of it nobody may know."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from portal.accounts.access import Scope
from portal.changes import install_times
from portal.changes.intent import Intent
from portal.changes.models import Change, State
from portal.changes.submit import submit
from portal.inventory import reads
from portal.inventory.snapshots import single_flight
from portal.resources.types import TYPES
from tests.customer.visiting import Visit, html_of, know_everything, visit
from tests.support.services import Sandbox
from tests.support.stamps import without_age

__all__ = ["visit"]
MOST_QUERIES = 4  # besides the session and the person


@pytest.fixture
def scope(visit: Visit, scope_of: Callable[[str], Scope]) -> Scope:
    return scope_of("manager")


def create(scope: Scope, name: str) -> Change:
    wanted = {"resource_group": "shop", "location": "rzob", "service_description": "a newcomer", "cores": 2}
    item = Intent(type_name="virtualmachine", key=name, wanted=wanted, creates=True)
    return submit(scope, [item], f"create {name}")


def edit(scope: Scope, name: str, **wanted: object) -> Change:
    before = reads.listing(scope, "virtualmachine").by_key[name].values
    item = Intent(
        type_name="virtualmachine", key=name, wanted=wanted, before={field: before[field] for field in wanted}
    )
    return submit(scope, [item], f"edit {name} {wanted}")


def frame_known(visit: "Visit") -> None:
    """All that the frame of a page counts is known to be counted from now on."""
    visit("child", "")
    for asked in list(single_flight.under_way()):
        asked.wait(60)


def without_address(response: Any) -> str:
    """The page but for its own address, and what is another each time: the form's token, and its age."""
    return re.sub(r'name="(next|csrfmiddlewaretoken)" value="[^"]*"', "", without_age(html_of(response)))


@pytest.mark.parametrize("type_name", TYPES)
def test_every_record_of_every_type_has_a_page_where_its_row_links_to(
    visit: Visit, scope: Scope, type_name: str
) -> None:
    rows = html_of(visit("manager", f"{type_name}/", per_page=25))
    links = re.findall(rf'<a href="(?:/c/10001/{type_name}/)?([^/"?][^"?]*/)"', rows.partition("<tbody")[2])

    assert links
    for link in list(dict.fromkeys(links))[:6]:
        assert visit("manager", f"{type_name}/{link}").status_code == 200, link


def test_a_machine_tells_what_it_is_and_what_will_happen(visit: Visit) -> None:
    page = html_of(visit("manager", "virtualmachine/shop00/"))

    for said in (
        "Front end of shop",
        "512",
        "www.shop.example.com",
        "203.0.113.5",
        "Next window",
        "Europe/Berlin",
    ):
        assert said in page, said
    assert 'data-copy="203.0.113.5"' in page


def test_a_planned_deletion_is_told_with_its_stages(visit: Visit) -> None:
    page = html_of(visit("manager", "virtualmachine/old01/"))

    assert 'class="stages' in page
    assert "Shut down for deletion" in page


def test_a_group_tells_what_will_happen_apart_from_its_maintenance_mode(visit: Visit) -> None:
    know_everything(visit)
    ahead, _heading, mode = html_of(visit("manager", "resourcegroup/shop/")).partition('aria-label="Maintenance mode"')

    assert "Next window" in ahead
    assert "In maintenance until" in mode
    assert "In maintenance until" not in ahead


@pytest.mark.parametrize(
    ("machine", "group", "said"), [("example-lab00", "example-lab", "Until "), ("shop00", "shop", "Off")]
)
def test_a_machine_tells_of_its_groups_maintenance_mode_and_leads_to_it(
    visit: Visit, machine: str, group: str, said: str
) -> None:
    know_everything(visit)
    mode = f"/c/10001/resourcegroup/{group}/-/maintenance?next=%2Fc%2F10001%2Fvirtualmachine%2F{machine}%2F"
    assert f'<a href="{mode}">{said}' in html_of(visit("operator", f"virtualmachine/{machine}/"))
    assert mode not in html_of(visit("viewer", f"virtualmachine/{machine}/"))


def test_what_a_group_used_is_a_line_a_month(visit: Visit) -> None:
    know_everything(visit)
    page = html_of(visit("manager", "resourcegroup/shop/"))

    assert len(re.findall(r"\d+ items<", page)) == 3
    assert "566 h" not in page


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("virtualmachine/shop00/", "resourcegroup/shop/"),
        ("resourcegroup/shop-search/", "resourcegroup/shop/"),
        ("serviceuser/shop/s-deploy/", "resourcegroup/shop/"),
    ],
)
def test_what_belongs_together_is_linked_both_ways(visit: Visit, one: str, other: str) -> None:
    know_everything(visit)
    assert f'href="/c/10001/{other}"' in html_of(visit("manager", one))
    assert f'href="/c/10001/{one}"' in html_of(visit("manager", other))


def test_who_may_get_in_is_told_with_where_it_comes_from(visit: Visit) -> None:
    page = html_of(visit("manager", "virtualmachine/shop00/"))

    assert "Access" in page
    assert re.search(r"from\s+services", page)


def test_money_is_not_on_the_pages_of_those_who_may_not_see_it(visit: Visit) -> None:
    assert "/c/10001/consumption/" in html_of(visit("manager", "virtualmachine/shop01/"))
    assert "/c/10001/consumption/" not in html_of(visit("operator", "virtualmachine/shop01/"))


def test_a_viewer_is_offered_nothing_to_press(visit: Visit) -> None:
    page = html_of(visit("viewer", "virtualmachine/shop00/"))

    assert "virtualmachine/shop00/-/edit" not in page
    assert "virtualmachine/shop00/-/delete" not in page
    assert "virtualmachine/shop00/-/edit" in html_of(visit("operator", "virtualmachine/shop00/"))


@pytest.mark.parametrize("path", ["virtualmachine/shop00/", "resourcegroup/shop/", "resourcegroup/services/"])
def test_what_lies_outside_a_limited_scope_is_as_absent_as_what_does_not_exist(visit: Visit, path: str) -> None:
    frame_known(visit)
    absent = visit("child", re.sub(r"/[^/]+/$", "/never-was/", path))
    foreign = visit("child", path)

    assert absent.status_code == foreign.status_code == 404
    assert without_address(foreign) == without_address(absent)


def test_an_edit_stands_beside_what_is_so_at_present(visit: Visit, scope: Scope) -> None:
    change = edit(scope, "shop01", cores=3)
    page = html_of(visit("manager", "virtualmachine/shop01/"))

    assert "will become" in page
    assert f"/c/10001/changes/{change.number}/" in page


def test_a_machine_that_is_being_created_has_a_page_and_no_buttons(visit: Visit, scope: Scope) -> None:
    create(scope, "shop77")
    response = visit("manager", "virtualmachine/shop77/")
    page = html_of(response)

    assert response.status_code == 200
    assert "Not on the platform yet" in page
    assert "a newcomer" in page
    assert "virtualmachine/shop77/-/edit" not in page
    assert visit("child", "virtualmachine/shop77/").status_code == 404


def test_what_was_here_once_says_so_to_those_who_may_know(visit: Visit, scope: Scope) -> None:
    Change.objects.filter(pk=create(scope, "shop78").pk).update(state=State.CANCELLED, done_at="2026-11-24T09:00:00Z")

    response = visit("manager", "virtualmachine/shop78/")

    assert response.status_code == 404
    assert "The platform has nothing of this name now" in html_of(response)
    frame_known(visit)
    foreign, absent = visit("child", "virtualmachine/shop78/"), visit("child", "virtualmachine/shop79/")
    assert foreign.status_code == absent.status_code == 404
    assert without_address(foreign) == without_address(absent)


def test_it_asks_for_itself_only_while_something_may_change(visit: Visit, scope: Scope) -> None:
    know_everything(visit)
    assert "data-live" not in html_of(visit("manager", "virtualmachine/shop02/"))
    edit(scope, "shop02", cores=2)
    assert "data-live" in html_of(visit("manager", "virtualmachine/shop02/"))


def test_a_machine_that_is_being_installed_shows_how_far_it_is(visit: Visit) -> None:
    know_everything(visit)
    install_times.seed([360.0])
    page = html_of(visit("manager", "virtualmachine/shop19/"))

    assert re.search(r'<progress max="1" value="[\d.]+" data-usual="360"', page)
    assert re.search(r'<span data-passed="\d+">\d+ (s|min)</span> of about 6 min', page)
    assert "data-live" in page


def test_the_part_answers_304_until_something_changes_and_never_asks_the_platform(
    visit: Visit, scope: Scope, platform: Sandbox
) -> None:
    edit(scope, "shop03", cores=2)
    visit("manager", "virtualmachine/shop03/")
    tag = visit("manager", "virtualmachine/shop03/", part=True).headers["HX-PTag"]
    asked = platform.calls("query")

    assert visit("manager", "virtualmachine/shop03/", part=True, tag=tag).status_code == 304
    edit(scope, "shop03", memory=1024)
    changed = visit("manager", "virtualmachine/shop03/", part=True, tag=tag)

    assert changed.status_code == 200
    assert 'id="record"' in html_of(changed)
    assert "<html" not in html_of(changed)
    assert platform.calls("query") == asked


@pytest.mark.parametrize("path", ["virtualmachine/shop00/", "resourcegroup/shop/", "virtualmachine/"])
def test_a_warm_page_needs_few_database_queries(visit: Visit, path: str) -> None:
    visit("manager", path)
    visit("manager", path)
    with CaptureQueriesContext(database) as captured:
        visit("manager", path)

    own = [one["sql"] for one in captured if "session" not in one["sql"] and "accounts_user" not in one["sql"]]
    assert len(own) <= MOST_QUERIES, "\n".join(own)


@pytest.mark.parametrize(
    "key",
    [
        "%00",
        "a%00b",
        "x" * 5000,
        "a/b/c/d/e",
        "..",
        "%2e%2e%2fetc%2fpasswd",
        "日本",
        "<script>",
        "shop00/shop00",
        "%ff%fe",
    ],
)
@pytest.mark.parametrize("type_name", ["virtualmachine", "permission", "invoice"])
def test_a_key_that_none_can_have_is_not_found(visit: Visit, type_name: str, key: str) -> None:
    assert visit("manager", f"{type_name}/{key}/").status_code == 404


def test_with_the_platform_away_and_nothing_known_it_says_so_instead_of_not_found(
    visit: Visit, platform: Sandbox
) -> None:
    platform.stop()
    response = visit("manager", "virtualmachine/shop00/")

    assert response.status_code == 200
    assert "The platform does not answer" in html_of(response)
