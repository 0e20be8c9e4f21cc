"""Every address of the portal, and what each of the cast is answered there: the table that the walk goes by.

Written by hand from design.md (Roles), not from the code's own table. A route that is not in it fails the walk.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.isolation.console_routes import CONSOLE, answers
from tests.isolation.people_routes import MANAGERS_ONLY
from tests.support.moment import month

MEMBERS = ("manager", "operator", "viewer", "billing", "child")
STRANGERS = ("outsider", "staff")  # signed in, and nothing to do with customer 10001
EVERYBODY = (*MEMBERS, *STRANGERS, "")

type Answers = dict[str, int]
"""Name of the cast ('' for nobody) -> status."""

SIGN_IN = 302


def members(default: int, **others: int) -> Answers:
    """What members are answered; strangers learn nothing, and nobody is sent to sign in."""
    return {**dict.fromkeys(MEMBERS, default), **dict.fromkeys(STRANGERS, 404), "": SIGN_IN, **others}


def only(*names: str, ok: int = 200, refused: int = 403, **others: int) -> Answers:
    """Those named may, other members are refused."""
    return members(refused) | dict.fromkeys(names, ok) | others


ALL_ABSENT = members(404)
NOT_A_METHOD = {**dict.fromkeys(EVERYBODY, 405), "": SIGN_IN}


@dataclass(frozen=True)
class Stop:
    """One address of the walk. `post` is answered to an empty form: whoever may send it is told what is missing."""

    path: str
    get: Answers
    post: Answers = field(default_factory=lambda: NOT_A_METHOD)


CUSTOMER = "/c/10001/"
# Who sees the lists and records of a type, and who may change them.
SEES = {
    "virtualmachine": ("manager", "operator", "viewer", "child"),
    "resourcegroup": ("manager", "operator", "viewer", "child"),
    "serviceuser": ("manager", "operator", "viewer", "child"),
    "maintenance": ("manager", "operator", "viewer", "child"),
    "permission": ("manager",),
    "consumption": ("manager", "billing"),
    "invoice": ("manager", "billing"),
}
CHANGES = {
    "virtualmachine": ("manager", "operator", "child"),
    "resourcegroup": ("manager", "operator", "child"),
    "serviceuser": ("manager", "operator", "child"),
    "permission": ("manager",),
}
EDITABLE = ("virtualmachine", "resourcegroup", "serviceuser")
RUNNING, LAST = month().isoformat(), month(1).isoformat()
# A record below the group of `child`, and one elsewhere.
RECORDS = {
    "virtualmachine": ("example00", "shop13"),
    "resourcegroup": ("example", "shop"),
    "serviceuser": ("example/s-example", "shop/s-shop"),
    "permission": ("example/frank/login", "shop/dave/login"),
    "maintenance": ("{maintenance_below}", "{maintenance_elsewhere}"),
    "consumption": (f"{RUNNING}/virtualmachine/example00", f"{RUNNING}/virtualmachine/shop13"),
    "invoice": (LAST, LAST),
}
# What customer 10002 has, and what nobody has: in 10001 both are nothing.
ELSEWHERE = {
    "virtualmachine": ("acme00", "nobody00"),
    "resourcegroup": ("acme", "nobody"),
    "serviceuser": ("acme/s-acme", "nobody/s-nobody"),
    "permission": ("acme/alice/login", "nobody/alice/login"),
    "maintenance": ("acme00/20261124T210000Z", "nobody00/20261124T210000Z"),
    "consumption": (f"{RUNNING}/virtualmachine/acme00", f"{RUNNING}/virtualmachine/nobody00"),
    "invoice": ("1999-01-01", "1998-01-01"),
}
# (action, a record below the group of `child`, one elsewhere, what asking without saying what is answered).
ACTIONS = {
    "virtualmachine": (("power", "example00", "shop13", 422), ("keep", "example10", "shop16", 302)),
    "resourcegroup": (("maintenance", "example", "shop", 422),),
}


def lists() -> Iterator[Stop]:
    for name, names in SEES.items():
        yield Stop(f"{CUSTOMER}{name}/", only(*names), only(*names, ok=302))
        yield Stop(f"{CUSTOMER}{name}/?format=csv", only(*names), only(*names))
    yield Stop(f"{CUSTOMER}nothing/", ALL_ABSENT, ALL_ABSENT)


def details() -> Iterator[Stop]:
    for name, names in SEES.items():
        below, elsewhere = RECORDS[name]
        out_of_sight = {"child": 404} if "child" in names else {}
        yield Stop(f"{CUSTOMER}{name}/{below}/", only(*names), only(*names, ok=302))
        yield Stop(f"{CUSTOMER}{name}/{elsewhere}/", only(*names) | out_of_sight, only(*names, ok=302))
        for key in ELSEWHERE[name]:
            yield Stop(f"{CUSTOMER}{name}/{key}/", only(*names, ok=404), only(*names, ok=302))


def forms() -> Iterator[Stop]:
    """Creating: an empty form is answered with what it lacks (422)."""
    for name in SEES:
        if name in CHANGES:
            yield Stop(f"{CUSTOMER}{name}/-/new", only(*CHANGES[name]), only(*CHANGES[name], ok=422))
        else:
            yield Stop(f"{CUSTOMER}{name}/-/new", ALL_ABSENT, ALL_ABSENT)


def many() -> Iterator[Stop]:
    """Many at once: nothing chosen is said (422); what is out of sight is as if nobody had it."""
    for name in SEES:
        if name not in CHANGES:
            yield Stop(f"{CUSTOMER}{name}/-/many", ALL_ABSENT, ALL_ABSENT)
            yield Stop(f"{CUSTOMER}{name}/-/keys", ALL_ABSENT)
            continue
        below, elsewhere = RECORDS[name]
        may = only(*CHANGES[name])
        out_of_sight = {"child": 404} if "child" in CHANGES[name] else {}
        yield Stop(f"{CUSTOMER}{name}/-/many", may, only(*CHANGES[name], ok=422))
        yield Stop(f"{CUSTOMER}{name}/-/many?key={below}", may, only(*CHANGES[name], ok=422))
        yield Stop(f"{CUSTOMER}{name}/-/many?key={elsewhere}", may | out_of_sight, only(*CHANGES[name], ok=422))
        for key in ELSEWHERE[name]:
            yield Stop(f"{CUSTOMER}{name}/-/many?key={key}", only(*CHANGES[name], ok=404), only(*CHANGES[name], ok=422))
        yield Stop(f"{CUSTOMER}{name}/-/keys", may)


def verbs(verb: str, types: tuple[str, ...], sent: int) -> Iterator[Stop]:
    """Editing and deleting: of what the type has, by whom the role lets, where the scope reaches."""
    for name, seers in SEES.items():
        below, elsewhere = RECORDS[name]
        if name not in types:
            yield Stop(f"{CUSTOMER}{name}/{below}/-/{verb}", ALL_ABSENT, ALL_ABSENT)
            continue
        asked, sent_by = only(*CHANGES[name]), only(*CHANGES[name], ok=sent)
        out_of_sight = {"child": 404} if "child" in seers else {}
        yield Stop(f"{CUSTOMER}{name}/{below}/-/{verb}", asked, sent_by)
        yield Stop(f"{CUSTOMER}{name}/{elsewhere}/-/{verb}", asked | out_of_sight, sent_by | out_of_sight)
        for key in ELSEWHERE[name]:
            absent = only(*seers, ok=404)
            yield Stop(f"{CUSTOMER}{name}/{key}/-/{verb}", absent, absent)


def actions() -> Iterator[Stop]:
    for name, found in ACTIONS.items():
        for action, below, elsewhere, sent in found:
            asked, sent_by = only(*CHANGES[name]), only(*CHANGES[name], ok=sent)
            yield Stop(f"{CUSTOMER}{name}/{below}/-/{action}", asked, sent_by)
            yield Stop(f"{CUSTOMER}{name}/{elsewhere}/-/{action}", asked | {"child": 404}, sent_by | {"child": 404})
            for key in ELSEWHERE[name]:
                absent = only(*SEES[name], ok=404)
                yield Stop(f"{CUSTOMER}{name}/{key}/-/{action}", absent, absent)
    yield Stop(f"{CUSTOMER}virtualmachine/shop13/-/explode", ALL_ABSENT, ALL_ABSENT)
    yield Stop(f"{CUSTOMER}invoice/{LAST}/-/power", ALL_ABSENT, ALL_ABSENT)


def menus() -> Iterator[Stop]:
    """The menu of a row; without a script, on to the record's page."""
    for name, seers in SEES.items():
        below, elsewhere = RECORDS[name]
        if name not in CHANGES:
            yield Stop(f"{CUSTOMER}{name}/{below}/-/menu", ALL_ABSENT)
            continue
        may = only(*CHANGES[name], ok=302)
        yield Stop(f"{CUSTOMER}{name}/{below}/-/menu", may)
        yield Stop(f"{CUSTOMER}{name}/{elsewhere}/-/menu", may | ({"child": 404} if "child" in seers else {}))
        for key in ELSEWHERE[name]:
            yield Stop(f"{CUSTOMER}{name}/{key}/-/menu", only(*seers, ok=404))


def matrices() -> Iterator[Stop]:
    yield Stop(f"{CUSTOMER}resourcegroup/example/-/permissions", only("manager"), only("manager", ok=422))
    yield Stop(
        f"{CUSTOMER}resourcegroup/shop/-/permissions", only("manager", child=404), only("manager", ok=422, child=404)
    )
    for key in ELSEWHERE["resourcegroup"]:
        absent = only("manager", "operator", "viewer", "child", ok=404)
        yield Stop(f"{CUSTOMER}resourcegroup/{key}/-/permissions", absent, absent)


def changes() -> Iterator[Stop]:
    """Change 1 is about shop13, out of the sight of `child`."""
    seers = ("manager", "operator", "viewer", "child")
    yield Stop(f"{CUSTOMER}changes/", only(*seers))
    yield Stop(f"{CUSTOMER}changes/1/", only("manager", "operator", "viewer", child=404))
    yield Stop(f"{CUSTOMER}changes/4711/", only(*seers, ok=404))
    may = only("manager", "operator", ok=302, child=404)
    yield Stop(f"{CUSTOMER}changes/1/-/retry", NOT_A_METHOD, may)
    absent = only(*seers, ok=404)
    yield Stop(f"{CUSTOMER}changes/1/-/explode", NOT_A_METHOD, absent)
    yield Stop(f"{CUSTOMER}changes/4711/-/cancel", NOT_A_METHOD, absent)


# What is answered to an empty form for it, in this order; nothing is said of a plan that is not there.
PLAN_VERBS = {
    "apply": 302,  # not of the revision that nobody named
    "schedule": 422,
    "stop": 302,
    "remove": 302,
    "answer": 404,
    "describe": 302,
    "choose": 302,
    "close": 302,
    "reopen": 302,
    "explode": 404,
}


def plans() -> dict[str, list[Stop]]:
    """Plan 1 is about shop13, out of the sight of `child`."""
    seers, changers = ("manager", "operator", "viewer", "child"), ("manager", "operator", "child")
    absent = only(*seers, ok=404)
    here, nowhere = f"{CUSTOMER}plans/1/", f"{CUSTOMER}plans/4711/"
    opened = only("manager", "operator", "viewer", ok=302, child=404)  # on to the plan
    at_verbs = [
        Stop(f"{here}-/{verb}", opened, only("manager", "operator", ok=status, child=404))
        for verb, status in PLAN_VERBS.items()
        if status != 404
    ]
    return {
        "customer:plans": [Stop(f"{CUSTOMER}plans/", only(*seers))],
        "customer:plan_new": [Stop(f"{CUSTOMER}plans/-/new", NOT_A_METHOD, only(*changers, ok=302))],
        "customer:plan": [
            Stop(
                here,
                only("manager", "operator", "viewer", child=404),
                only("manager", "operator", "viewer", ok=422, child=404),
            ),
            Stop(nowhere, absent, absent),
        ],
        "customer:plan_verb": [
            *at_verbs,
            Stop(f"{here}-/answer", opened, only("manager", "operator", ok=404, child=404)),
            Stop(f"{here}-/explode", absent, absent),
            *(Stop(f"{nowhere}-/{verb}", absent, absent) for verb in PLAN_VERBS),
        ],
    }


def undos() -> dict[str, list[Stop]]:
    """What of a change is through is taken back; change 1 is not yet."""
    may = only("manager", "operator", ok=302, child=404)
    absent = only("manager", "operator", "viewer", "child", ok=404)
    return {
        "customer:undo_change": [
            Stop(f"{CUSTOMER}changes/1/-/undo", NOT_A_METHOD, may),
            Stop(f"{CUSTOMER}changes/4711/-/undo", NOT_A_METHOD, absent),
        ],
        "customer:undo_plan": [Stop(f"{CUSTOMER}plans/4711/-/undo", NOT_A_METHOD, absent)],
    }


def papers() -> dict[str, list[Stop]]:
    """Money on paper. Nobody has ordered any; whoever may is told what an empty order lacks."""
    money, absent = ("manager", "billing"), only("manager", "billing", ok=404)
    order = f"{CUSTOMER}paper/6f7c1f5e-0000-4000-8000-000000000000/"
    months = (f"invoice/{LAST}", f"consumption/{LAST}")
    documents = {"document": "", "margins": "margins.css"}
    return {
        "customer:thresholds": [Stop(f"{CUSTOMER}thresholds/", only(*money), only(*money, ok=422))],
        "customer:remove_threshold": [Stop(f"{CUSTOMER}thresholds/4711/-/remove", NOT_A_METHOD, only(*money, ok=404))],
        "customer:papers": [Stop(f"{CUSTOMER}paper/", only(*money), only(*money, ok=422))],
        "customer:paper": [Stop(order, absent)],
        "customer:paper_file": [Stop(f"{order}file", absent)],
        **{
            f"customer:{name}": [
                *(Stop(f"{CUSTOMER}paper/{month}/{end}", only(*money)) for month in months),
                Stop(f"{CUSTOMER}paper/invoice/1999-01-01/{end}", absent),
                Stop(f"{CUSTOMER}paper/virtualmachine/{LAST}/{end}", ALL_ABSENT),
            ]
            for name, end in documents.items()
        },
    }


def people() -> dict[str, list[Stop]]:
    """A manager is answered as the table says, everybody else of the customer is refused, whatever is asked for."""
    found: dict[str, list[Stop]] = {}
    for route, path, got, sent in MANAGERS_ONLY:
        get = only("manager", ok=got) if isinstance(got, int) else NOT_A_METHOD
        post = only("manager", ok=sent) if isinstance(sent, int) else NOT_A_METHOD
        if path == "people/{member}/-/remove":
            post = post | {"viewer": 404}  # whom the manager has removed a moment before
        found.setdefault(f"customer:{route}", []).append(Stop(f"{CUSTOMER}{path}", get, post))
    return found


def by_type(stops: Iterable[Stop], otherwise: str, **routes: str) -> dict[str, list[Stop]]:
    """The stops by the route that their type has of its own, or by the one of all types."""
    found: dict[str, list[Stop]] = {}
    for stop in stops:
        found.setdefault(routes.get(stop.path.split("/")[3], otherwise), []).append(stop)
    return found


NEVER = dict.fromkeys(EVERYBODY, 405)
BACK = dict.fromkeys(EVERYBODY, 302)
ON = {**dict.fromkeys(EVERYBODY, 302), "staff": 200}  # to the first customer; staff has none
SELF = {**dict.fromkeys((*MEMBERS, *STRANGERS), 200), "": SIGN_IN}

ROUTES: dict[str, list[Stop]] = {
    "unspeakable": [Stop(f"{CUSTOMER}virtualmachine/\x00/", members(404), members(404))],
    "customer:home": [Stop("/", ON, ON)],
    "customer:theme": [Stop("/preferences/theme", NEVER, BACK)],
    "customer:language": [Stop("/preferences/language", BACK, BACK)],
    "customer:overview": [Stop(CUSTOMER, members(200), members(302))],
    "customer:find": [Stop(f"{CUSTOMER}find/?q=shop", members(200))],
    "customer:schedule": [
        Stop(f"{CUSTOMER}schedule/{end}", only(*SEES["maintenance"]), only(*SEES["maintenance"], ok=status))
        for end, status in (("", 302), ("?view=leaving", 302), ("?format=csv", 200))
    ],
    # Who asks without saying what about is given a feed of everything they see.
    "customer:calendars": [
        Stop(f"{CUSTOMER}schedule/calendar/", only(*SEES["maintenance"]), only(*SEES["maintenance"], ok=302))
    ],
    "customer:calendar_verb": [
        Stop(f"{CUSTOMER}schedule/calendar/{one}/-/renew", NOT_A_METHOD, only(*SEES["maintenance"], ok=404))
        for one in ("6f7c1f5e-0000-4000-8000-000000000000", "nothing")
    ],
    "customer:calendar": [
        Stop("/calendar/nothing.ics", dict.fromkeys(EVERYBODY, 404), dict.fromkeys(EVERYBODY, 405)),
    ],
    # Where they lead to is their own: nobody's notices but theirs, whoever they are of the customer.
    "customer:notifications": [Stop(f"{CUSTOMER}notifications/", members(200), members(302))],
    "customer:unread": [Stop(f"{CUSTOMER}notifications/unread", members(302))],
    "customer:notification_settings": [Stop(f"{CUSTOMER}notifications/settings", members(200), members(302))],
    "customer:stop_mail": [
        Stop("/notifications/stop/nothing", dict.fromkeys(EVERYBODY, 404), dict.fromkeys(EVERYBODY, 404)),
    ],
    "customer:frame": [Stop(f"{CUSTOMER}frame/", members(302))],
    "customer:changes": [stop for stop in changes() if stop.path.endswith("changes/")],
    "customer:change": [stop for stop in changes() if stop.path.count("/") == 5],
    "customer:decide": [stop for stop in changes() if "/-/" in stop.path],
    **undos(),
    "customer:permissions": list(matrices()),
    "customer:create": list(forms()),
    "customer:many": [stop for stop in many() if "/-/many" in stop.path],
    "customer:matching_keys": [stop for stop in many() if "/-/keys" in stop.path],
    "customer:edit": list(verbs("edit", EDITABLE, 200)),
    "customer:delete": list(verbs("delete", tuple(CHANGES), 422)),
    "customer:act": list(actions()),
    "customer:row_menu": list(menus()),
    **by_type(lists(), "customer:list", consumption="customer:consumption", invoice="customer:invoices"),
    **by_type(details(), "customer:detail", consumption="customer:consumed", invoice="customer:invoice"),
    "customer:roles": [Stop(f"{CUSTOMER}help/roles/", members(200))],
    # The last manager cannot leave; all others can, and have then.
    "customer:leave": [Stop(f"{CUSTOMER}people/-/leave", members(200), members(302, manager=422))],
    **people(),
    **plans(),
    **papers(),
    "dismiss": [Stop("/announcements/4711/dismiss", NOT_A_METHOD, {**dict.fromkeys(EVERYBODY, 302)})],
    **{name: [Stop(one.path, answers(one.get), answers(one.post)) for one in asked] for name, asked in CONSOLE.items()},
}
