"""The console's addresses on the walk: for everybody but staff none of them exists. `staff` is an admin."""

from typing import NamedTuple

MEMBERS = ("manager", "operator", "viewer", "billing", "child")
NOBODYS = {**dict.fromkeys((*MEMBERS, "outsider"), 404), "": 302}


class Asked(NamedTuple):
    """An address, and what staff are answered to GET and to an empty form."""

    path: str
    get: int
    post: int


CONSOLE: dict[str, list[Asked]] = {
    "console:home": [Asked("/console/", 200, 405), Asked("/console/?q=shop", 200, 405)],
    "console:frame": [Asked("/console/frame", 302, 405)],
    "console:customer": [
        Asked("/console/c/10001/", 200, 405),
        Asked("/console/c/10002/", 200, 405),
        Asked("/console/c/99999/", 404, 405),
    ],
    "console:note": [Asked("/console/c/10001/note", 405, 302), Asked("/console/c/99999/note", 405, 404)],
    "console:note_act": [Asked("/console/notes/4711/pin", 405, 404)],
    "console:view_as": [Asked("/console/c/10001/view-as", 200, 422), Asked("/console/c/99999/view-as", 404, 404)],
    "console:write": [Asked("/console/view-as/write", 404, 404)],  # nobody views as anybody
    "console:end": [Asked("/console/view-as/end", 405, 302)],
    "console:change": [
        Asked("/console/c/10001/changes/1/", 200, 405),
        Asked("/console/c/10002/changes/1/", 404, 405),
        Asked("/console/c/10001/changes/4711/", 404, 405),
    ],
    "console:record": [
        Asked("/console/c/10001/virtualmachine/shop13/", 200, 405),
        Asked("/console/c/10002/virtualmachine/shop13/", 404, 405),
        Asked("/console/c/10001/nothing/shop13/", 404, 405),
    ],
    "console:trail": [
        Asked("/console/c/10001/trail/", 200, 405),
        Asked("/console/c/10001/trail/?format=csv", 200, 405),
        Asked("/console/c/99999/trail/", 404, 405),
    ],
    "console:changes": [Asked("/console/changes/", 200, 405), Asked("/console/changes/?format=csv", 200, 405)],
    "console:told": [Asked("/console/changes/told?change=10001/1", 302, 405)],  # a part, and no page of its own
    "console:own_trail": [Asked("/console/trail/", 200, 405), Asked("/console/trail/?format=csv", 200, 405)],
    "console:decide": [Asked("/console/changes/decide", 405, 404)],
    "console:health": [Asked("/console/platform/", 200, 405)],
    "console:checks": [Asked("/console/platform/checks/", 200, 200)],
    "console:key": [
        Asked("/console/platform/keys/services/", 200, 405),
        Asked("/console/platform/keys/nothing/", 404, 405),
    ],
    "console:reset": [Asked("/console/platform/reset", 405, 302)],
    "console:announcements": [Asked("/console/announcements/", 200, 422)],
    "console:end_announcement": [Asked("/console/announcements/4711/end", 405, 404)],
    "console:reset_factor": [Asked("/console/people/4711/second-factor", 404, 404)],
    "console:people": [Asked("/console/staff/", 200, 422)],
    "console:new_customer": [Asked("/console/customers/new", 200, 422)],
    "console:manage": [Asked("/console/c/10001/manage", 200, 422), Asked("/console/c/99999/manage", 404, 404)],
    "console:manage_member": [Asked("/console/c/10001/manage/member", 405, 422)],
    "console:manage_key": [Asked("/console/c/10001/manage/key", 405, 422)],
}


def answers(staff: int) -> dict[str, int]:
    """Status by name of the cast."""
    return {**NOBODYS, "staff": staff}
