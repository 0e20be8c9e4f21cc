"""A record in the console: what its people see of it, with staff's notes beside it, and no way to change it."""

import re

import pytest
from django.test import Client

from portal.console.customers.record_page import StaffPage
from portal.inventory.snapshots import single_flight
from portal.ui.details.page import DetailPage
from tests.customer.conftest import Browse, browse, part, platform, text_of  # noqa: F401

MACHINE = "/console/c/10001/virtualmachine/shop13/"


@pytest.fixture
def staff(browse: Browse) -> Client:  # noqa: F811
    """Staff, where the platform has been asked about everything."""
    for name in (
        "virtualmachine",
        "resourcegroup",
        "serviceuser",
        "permission",
        "maintenance",
        "consumption",
        "invoice",
    ):
        browse("manager").get(f"/c/10001/{name}/")
    return browse("staff")


def test_a_machines_page_tells_power_maintenance_and_access(staff: Client) -> None:
    text = text_of(staff.get(MACHINE))
    for said in (
        "Power",
        "Next window",
        "Last maintenance ended",
        "Access",
        "Created",
        "Reverse names are set on request",
    ):
        assert said in text, said


def told(page: StaffPage | DetailPage) -> list[str]:
    """The labels of all that stands there."""
    return [fact.label for panel in (*page.asides, *page.panels) for fact in panel.facts]


def test_it_says_the_same_as_the_page_of_its_people(staff: Client, browse: Browse) -> None:  # noqa: F811
    theirs = browse("manager").get("/c/10001/virtualmachine/shop13/").context["page"]
    ours = staff.get(MACHINE).context["page"]
    assert told(ours) == [one for one in told(theirs) if one != "Schedule"]  # the way to a page that staff have not
    assert [one.title for one in ours.related] == [one.title for one in theirs.related]
    assert ours.holders is not None
    assert [holder.uid for holder in ours.holders] == [holder.uid for holder in theirs.holders]


@pytest.mark.parametrize("path", ["virtualmachine/shop13/", "resourcegroup/shop/", "resourcegroup/services/"])
def test_all_of_its_links_stay_in_the_console_and_lead_somewhere(staff: Client, path: str) -> None:
    body = staff.get(f"/console/c/10001/{path}").content.decode()
    main = body[body.index('<main id="main"') :]
    links = set(re.findall(r'<a [^>]*href="(/[^"#]*)', main))
    assert links
    assert [link for link in links if not link.startswith("/console/")] == []
    for link in links:
        assert staff.get(link).status_code == 200, link


def test_nothing_is_changed_from_there(staff: Client) -> None:
    body = staff.get(MACHINE).content.decode()
    main = body[body.index('<main id="main"') :]
    assert "/-/" not in main
    assert [one for one in re.findall(r'<form[^>]* action="([^"]*)"', main) if not one.startswith("/console/")] == []


def test_what_is_not_known_yet_comes_by_itself(browse: Browse) -> None:  # noqa: F811
    staff = browse("staff")
    first = staff.get(MACHINE)
    assert "data-live" in first.content.decode()
    for done in list(single_flight.under_way()):
        done.wait(10)
    later = part(staff, MACHINE)
    assert later.content.decode().lstrip().startswith('<div id="record"')
    assert "data-live" not in later.content.decode()
    assert "Access" in text_of(later)
