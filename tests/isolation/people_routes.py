"""The part of the walk's table about people, keys, webhooks, the trail: for managers, for nobody limited to a group.

`{member}` is the viewer's membership, `{foreign_member}` one of customer 10002.
"""

CUSTOMER = "/c/10001/"

type Case = tuple[str, str, int | str, int | str]
"""Route, path below the customer, what a manager is answered to GET and to an empty POST ("-": not a method)."""

MANAGERS_ONLY: list[Case] = [
    ("people", "people/", 200, "-"),
    ("invite", "people/-/invite", 200, 422),
    ("second_factor", "people/-/second-factor", "-", 302),
    ("approval", "people/-/approval", "-", 302),
    ("invite_again", "people/invitation/4711/-/again", "-", 302),
    ("withdraw", "people/invitation/4711/-/withdraw", "-", 302),
    ("member", "people/{member}/", 200, 422),
    ("member", "people/{foreign_member}/", 404, 404),
    ("member", "people/999999999/", 404, 404),
    ("remove_member", "people/{foreign_member}/-/remove", 404, 404),
    ("remove_member", "people/999999999/-/remove", 404, 404),
    ("remove_member", "people/{member}/-/remove", 200, 302),
    ("keys", "keys/", 200, "-"),
    ("connect_key", "keys/-/new", 200, 200),
    ("replace_key", "keys/services/-/replace", 200, 200),
    ("replace_key", "keys/acme/-/replace", 404, 404),
    ("replace_key", "keys/nobody/-/replace", 404, 404),
    ("remove_key", "keys/acme/-/remove", 404, 404),
    ("remove_key", "keys/nobody/-/remove", 404, 404),
    ("remove_key", "keys/services/-/remove", 200, 302),
    ("webhooks", "webhooks/", 200, "-"),
    ("webhook_new", "webhooks/-/new", 200, 422),
    *(
        (route, f"webhooks/{pk}/{end}", got, sent)
        for pk in ("6f7c1f5e-0000-4000-8000-000000000000", "nothing")
        for route, end, got, sent in (
            ("webhook", "", 404, "-"),
            ("webhook_edit", "-/edit", 404, 404),
            ("webhook_remove", "-/remove", 404, 404),
            ("webhook_secret", "-/secret", "-", 404),
            ("webhook_again", "-/again", 404, 404),
            ("webhook_verb", "-/test", "-", 404),
            ("webhook_verb", "-/explode", "-", 404),
            ("webhook_event", "event/nothing/", 404, "-"),
            ("webhook_event_again", "event/nothing/-/again", "-", 404),
        )
    ),
    ("trail", "trail/", 200, "-"),
    ("trail", "trail/?format=csv", 200, "-"),
]
