"""Pages of the console take as many database queries for three of everything as for one."""

from django.urls import get_resolver

from portal.accounts.audit import trail
from tests.isolation.test_walk import route_names
from tests.support.plenty import SUBJECTS, Plenty
from tests.support.queries import Page, elsewhere, expect_as_many_for_three_as_for_one, parts_of

C = "/console/"
CUSTOMERS, PEOPLE, NOTES, MACHINES = r"Customer \d", r"Person \d", r"Note \d", r"virtualmachine/(shop0\d)/"
FOUND = Page(f"{C}?q=shop0", [MACHINES])  # fewer than ten hits: else one query need not be made

PAGES = {
    "console:frame": [Page(f"{C}frame", is_part=True)],
    "console:home": [
        Page(C, [CUSTOMERS, NOTES, r"Reason \d"]),
        FOUND,
        Page(f"{C}?q=person", [r"person\d"]),
        Page(f"{C}?q=Customer", [CUSTOMERS]),
        Page(f"{C}?q=%231", [r"c/(1000\d)/changes/1/"]),
    ],
    "console:customer": [
        Page(f"{C}c/10001/", [PEOPLE, NOTES, r"Plan named (\d)", r"target\d", r"<strong>(shop|part\d)<"])
    ],
    "console:record": [
        *(Page(f"{C}c/10001/{name}/{key}/", [PEOPLE, NOTES]) for name, key in SUBJECTS),
        Page(f"{C}c/10001/virtualmachine/shop99/", [PEOPLE]),  # which was there once
        Page(f"{C}c/10001/maintenance/shop00/20261125T120000Z/", [r"Activity \d"]),
        Page(f"{C}c/10001/invoice/2026-11-01/", [r"shop0\d"]),
    ],
    "console:changes": [Page(f"{C}changes/{end}", [PEOPLE]) for end in ("", "?which=all", "?q=shop00", "?format=csv")],
    "console:told": [
        Page(
            f"{C}changes/told?change=10001/1&change=10002/1&change=10003/1",
            [r"console/c/(\d+)/changes/1/"],
            is_part=True,
        )
    ],
    "console:trail": [Page(f"{C}c/10001/trail/{end}", [r"target\d"]) for end in ("", "?format=csv", "?format=jsonl")],
    "console:own_trail": [Page(f"{C}trail/")],
    "console:change": [Page(f"{C}c/10001/changes/1/", [NOTES, r"virtualmachine/(shop1\d)/"])],
    "console:view_as": [Page(f"{C}c/10001/view-as", [r"person\d"])],
    "console:manage": [Page(f"{C}c/10001/manage", [r"person\d", r"<li>(shop|part\d) "])],
    "console:new_customer": [Page(f"{C}customers/new")],
    "console:people": [Page(f"{C}staff/", [r"person\d"])],
    "console:announcements": [Page(f"{C}announcements/", [r"Announcement \d", PEOPLE, r"1000\d"])],
    "console:health": [Page(f"{C}platform/", [r"platform/keys/(\w+)/"])],
    "console:checks": [Page(f"{C}platform/checks/")],
    "console:key": [Page(f"{C}platform/keys/shop/")],
}
VIEWING = {"console:write": [Page(f"{C}view-as/write")]}  # of who is viewing as somebody
SENT = "takes what is sent, and leads on to a page"
NO_PAGES = {
    "console:reset_factor": "a form about one person, that lists nothing",
    **dict.fromkeys(("console:note", "console:note_act", "console:end", "console:decide", "console:reset"), SENT),
    **dict.fromkeys(("console:end_announcement", "console:manage_member", "console:manage_key"), SENT),
}


def test_every_page_is_asked_for_but_for_those_named() -> None:
    here = {name for name in route_names(get_resolver()) if name.startswith("console:")}
    assert {*PAGES, *VIEWING, *NO_PAGES} == here
    assert not PAGES.keys() & NO_PAGES
    assert not elsewhere(PAGES | VIEWING)


def test_a_page_takes_as_many_queries_for_three_of_everything_as_for_one(plenty: Plenty) -> None:
    pages = [*(page for pages in PAGES.values() for page in pages), *parts_of([FOUND])]
    # The first entry in the portal's own trail takes queries of its own: there is one before.
    expect_as_many_for_three_as_for_one(plenty, pages, lambda client: trail.record("platform.reset"))


def test_so_does_a_page_while_keys_are_refused(plenty: Plenty) -> None:
    names = ("console:home", "console:customer", "console:health", "console:key", "console:manage")
    pages = (page for name in names for page in PAGES[name])
    expect_as_many_for_three_as_for_one(plenty, pages, lambda client: plenty.refuse_keys())


def test_so_does_the_page_of_who_views_as_somebody(plenty: Plenty) -> None:
    expect_as_many_for_three_as_for_one(plenty, VIEWING["console:write"], plenty.view_as_oneself)
