"""A customer's pages take as many database queries for three of everything as for one: none asks for each of what it
lists, or for each of what belongs to its subject."""

from django.test import Client
from django.urls import get_resolver

from portal.accounts.models import Membership
from portal.resources.types import TYPES
from tests.isolation.test_walk import route_names
from tests.support.plenty import FIRST_MEMBER, FIRST_PAPER, FIRST_WEBHOOK, Plenty
from tests.support.queries import Page, elsewhere, expect_as_many_for_three_as_for_one, parts_of

C = "/c/10001/"
PEOPLE = r"Person \d"
GROUPS, MACHINES, GRANTS = r"resourcegroup/(part\d)/", r"virtualmachine/(shop0\d)/", r"permission/(part\d)/ada0/"
WINDOWS, OFFERED = r"maintenance/shop00/(2026\d+T12)", r'<option value="(part\d)'
RECORDS = {
    "virtualmachine": "shop00",
    "resourcegroup": "shop",
    "serviceuser": "shop/s-shop0",
    "permission": "shop/ada0/login",
    "maintenance": "shop00/20261125T120000Z",
}
LISTED = {
    "virtualmachine": [r"row-(shop0\d)", r"row-(shop5\d)"],  # those that are being created as well
    "resourcegroup": [r"row-(part\d)"],
    "serviceuser": [r"row-shop/(s-shop\d)"],
    "permission": [r"row-shop/(ada\d)/", r"row-(part\d)/ada0/"],
    "maintenance": [r"row-(shop0\d)/2026", r"row-shop00/(2026\d+T12)"],
}
EXPORTED = {
    "virtualmachine": r"shop0\d",
    "resourcegroup": r"part\d",
    "serviceuser": r"s-shop\d",
    "permission": r"\bada\d\b",
    "maintenance": r"Now \d",
}
AROUND = {
    "virtualmachine": [PEOPLE, WINDOWS, r"s-shop\d", r"\bada\d\b"],
    "resourcegroup": [PEOPLE, MACHINES, GROUPS, r"s-shop\d", r"\bada\d\b"],
    "serviceuser": [PEOPLE, MACHINES, GROUPS],
    "permission": [PEOPLE, GRANTS],
    "maintenance": [r"Activity \d"],
}
OVERVIEW = Page(C, [PEOPLE, GROUPS])
LISTS = [Page(f"{C}{name}/", tells) for name, tells in LISTED.items()]
TREE = Page(f"{C}resourcegroup/?view=tree", [GROUPS])
DETAILS = [Page(f"{C}{name}/{RECORDS[name]}/", tells) for name, tells in AROUND.items()]
FOUND = Page(f"{C}find/?q=shop0", [MACHINES])
PLAN = Page(f"{C}plans/1/", [r"entry-(\d+)", r"Said (\d)", r"(Person \d) commented"])
CHANGES, CHANGE = Page(f"{C}changes/", [PEOPLE]), Page(f"{C}changes/1/", [r"virtualmachine/(shop1\d)/"])
MAIN = [OVERVIEW, LISTS[0], TREE, *DETAILS[:2], FOUND, CHANGES, CHANGE, PLAN]
ORDER = Page(f"{C}paper/{FIRST_PAPER}/")
WEBHOOK = f"{C}webhooks/{FIRST_WEBHOOK}/"

PAGES = {
    "customer:home": [Page("/", status=302)],
    "customer:overview": [Page(C, [*OVERVIEW.tells, r"([\w ]+): budget exceeded", r"Announcement \d", r"Customer \d"])],
    "customer:find": [FOUND],
    "customer:schedule": [
        Page(f"{C}schedule/", [MACHINES]),
        *(Page(f"{C}schedule/?view={view}", [MACHINES]) for view in ("month", "machines")),
        *(Page(f"{C}schedule/?view={view}", [r"virtualmachine/(shop2\d)/"]) for view in ("past", "leaving")),
        Page(f"{C}schedule/?format=csv", [r"shop0\d"]),
    ],
    "customer:calendars": [Page(f"{C}schedule/calendar/")],
    "customer:notifications": [Page(f"{C}notifications/", [r"Machine (shop0\d) is ready"])],
    "customer:unread": [Page(f"{C}notifications/unread", is_part=True)],
    "customer:notification_settings": [Page(f"{C}notifications/settings")],
    "customer:frame": [Page(f"{C}frame/", is_part=True)],
    "customer:list": [*LISTS, TREE, *(Page(f"{C}{name}/?format=csv", [one]) for name, one in EXPORTED.items())],
    "customer:detail": [
        *DETAILS,
        Page(f"{C}virtualmachine/shop50/"),  # which is being created
        Page(f"{C}virtualmachine/shop99/", [PEOPLE], status=404),  # which was there once
    ],
    "customer:create": [Page(f"{C}{name}/-/new", [OFFERED]) for name, one in TYPES.items() if one.creatable],
    "customer:edit": [Page(f"{C}{name}/{RECORDS[name]}/-/edit") for name, one in TYPES.items() if one.editable],
    "customer:delete": [Page(f"{C}{name}/{RECORDS[name]}/-/delete") for name, one in TYPES.items() if one.deletable],
    "customer:act": [Page(f"{C}virtualmachine/shop00/-/power"), Page(f"{C}resourcegroup/shop/-/maintenance")],
    "customer:many": [Page(f"{C}virtualmachine/-/many?key=shop00&key=shop01&key=shop02", [MACHINES])],
    "customer:matching_keys": [Page(f"{C}virtualmachine/-/keys", [r"(shop0\d)"])],
    "customer:row_menu": [Page(f"{C}virtualmachine/shop00/-/menu", is_part=True)],
    "customer:permissions": [Page(f"{C}resourcegroup/shop/-/permissions", [r"\bada\d\b"])],
    "customer:changes": [CHANGES, Page(f"{C}changes/?format=csv", [PEOPLE])],
    "customer:change": [CHANGE, Page(f"{C}changes/3/"), Page(f"{C}changes/6/")],  # in conflict, rejected
    "customer:plans": [Page(f"{C}plans/", [r"Plan named (\d)", PEOPLE])],
    "customer:plan": [PLAN],
    "customer:people": [Page(f"{C}people/", [PEOPLE, r"guest\d"])],
    "customer:member": [Page(f"{C}people/{FIRST_MEMBER}/", [OFFERED])],
    "customer:remove_member": [Page(f"{C}people/{FIRST_MEMBER}/-/remove")],
    "customer:invite": [Page(f"{C}people/-/invite", [OFFERED])],
    "customer:leave": [Page(f"{C}people/-/leave")],
    "customer:roles": [Page(f"{C}help/roles/")],
    "customer:keys": [Page(f"{C}keys/", [r"keys/(\w+)/-/replace"])],
    "customer:connect_key": [Page(f"{C}keys/-/new")],
    "customer:replace_key": [Page(f"{C}keys/shop/-/replace")],
    "customer:remove_key": [Page(f"{C}keys/shop/-/remove")],
    "customer:webhooks": [Page(f"{C}webhooks/", [r"Hook (\d)"])],
    "customer:webhook_new": [Page(f"{C}webhooks/-/new")],
    "customer:webhook": [Page(f"{WEBHOOK}", [r"told(\d)"])],
    "customer:webhook_edit": [Page(f"{WEBHOOK}-/edit")],
    "customer:webhook_remove": [Page(f"{WEBHOOK}-/remove")],
    "customer:webhook_again": [Page(f"{WEBHOOK}-/again")],
    "customer:webhook_event": [Page(f"{WEBHOOK}event/{FIRST_WEBHOOK}/")],
    "customer:trail": [Page(f"{C}trail/{end}", [r"target\d"]) for end in ("", "?format=csv", "?format=jsonl")],
    "customer:thresholds": [Page(f"{C}thresholds/", [r"thresholds/(\d+)/-/remove"])],
    "customer:consumption": [
        Page(f"{C}consumption/?type=traffic", [r"/traffic/(part\d)/"]),
        Page(f"{C}consumption/?type=virtualmachine", [r"/virtualmachine/(shop0\d)/"]),
        Page(f"{C}consumption/?type=virtualmachine&format=csv", [r"shop0\d"]),
        Page(f"{C}consumption/?type=virtualmachine&format=xlsx"),
    ],
    "customer:consumed": [
        Page(f"{C}consumption/2026-11-01/virtualmachine/shop00/", [r"/(2026-(?:08|09|10)-01)/", r"/(2025-\d\d-01)/"])
    ],
    "customer:invoices": [
        Page(f"{C}invoice/", [r"2026-\d\d-01", r"2025-\d\d-01"]),
        Page(f"{C}invoice/?format=csv", [r"(2026-\d\d-01),.*,Final", r"(2025-\d\d-01),.*,Final"]),
    ],
    "customer:invoice": [Page(f"{C}invoice/2026-11-01/{end}", [r"shop0\d"]) for end in ("", "?format=csv")],
    "customer:document": [
        Page(f"{C}paper/invoice/2026-11-01/", [r"shop0\d"]),
        Page(f"{C}paper/consumption/2026-11-01/", [r"shop0\d", r"part\d"]),
    ],
    "customer:margins": [Page(f"{C}paper/{kind}/2026-11-01/margins.css") for kind in ("invoice", "consumption")],
    "customer:papers": [Page(f"{C}paper/", [r"paper/([\w-]+)/"])],
    "customer:paper": [ORDER],
}
SENT = "takes what is sent, and leads on to a page"
NO_PAGES = {
    **dict.fromkeys(("customer:theme", "customer:language", "dismiss"), SENT),
    **dict.fromkeys(
        ("customer:decide", "customer:second_factor", "customer:approval", "customer:remove_threshold"), SENT
    ),
    **dict.fromkeys(("customer:invite_again", "customer:withdraw", "customer:plan_new", "customer:plan_verb"), SENT),
    **dict.fromkeys(("customer:undo_change", "customer:undo_plan"), SENT),
    **dict.fromkeys(("customer:webhook_secret", "customer:webhook_verb", "customer:webhook_event_again"), SENT),
    "customer:paper_file": "a file, read piece by piece",
    "customer:calendar_verb": SENT,
    "customer:calendar": "a file, held by its own test (tests/customer/schedule)",
    "customer:stop_mail": "a token's page, held by its own test (tests/customer/notifications)",
    "unspeakable": "nothing is there",
}


def test_every_page_is_asked_for_but_for_those_named() -> None:
    here = {name for name in route_names(get_resolver()) if not name.startswith("console:")}
    assert {*PAGES, *NO_PAGES} == here
    assert not PAGES.keys() & NO_PAGES
    assert not elsewhere(PAGES)
    assert LISTED.keys() == EXPORTED.keys() == AROUND.keys() == {name for name, one in TYPES.items() if not one.money}


def test_a_page_takes_as_many_queries_for_three_of_everything_as_for_one(plenty: Plenty) -> None:
    expect_as_many_for_three_as_for_one(plenty, (page for pages in PAGES.values() for page in pages))


def test_so_does_a_part_of_a_page(plenty: Plenty) -> None:
    expect_as_many_for_three_as_for_one(plenty, parts_of([*MAIN, *LISTS[1:], *DETAILS[2:], ORDER]))


def test_so_does_a_page_of_who_is_limited_to_a_group(plenty: Plenty) -> None:
    def limit(client: Client) -> None:
        Membership.objects.filter(pk=FIRST_MEMBER).update(group="shop")

    expect_as_many_for_three_as_for_one(plenty, MAIN, limit)


def test_so_does_a_page_while_keys_are_refused(plenty: Plenty) -> None:
    refused = [r"The platform has rejected the API key of group (\w+)"]
    pages = [Page(C, refused), Page(f"{C}keys/", refused), *MAIN]
    expect_as_many_for_three_as_for_one(plenty, pages, lambda client: plenty.refuse_keys())


def test_so_does_a_page_that_staff_see_in_a_persons_place(plenty: Plenty) -> None:
    expect_as_many_for_three_as_for_one(plenty, MAIN, plenty.view_as_oneself)
