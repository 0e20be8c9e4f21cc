"""Every address below accounts/: what nobody is answered there, and what somebody signed in; the rest of the portal is
walked in tests/isolation. A route that is not in the table fails."""

from collections.abc import Callable, Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import URLPattern, URLResolver, resolve

from portal.accounts.models import User
from portal.accounts.urls import urlpatterns

IN = "/accounts/login/"  # led to sign in
SURE = "/accounts/reauthenticate/"  # asked to say once more who they are
HOME = "/"

type Answer = int | str
"""A status, or where one is led."""

# Route, path; what nobody is answered to GET and to an empty POST, then what the viewer is.
TABLE: list[tuple[str, str, Answer, Answer, Answer, Answer]] = [
    ("account", "", IN, IN, 200, "/accounts/"),
    ("account_go_on", "on", IN, IN, HOME, 405),
    ("account_data", "data", IN, IN, 405, 200),
    ("account_sessions", "sessions/", IN, IN, 200, 405),
    ("account_end_sessions", "sessions/end", IN, IN, 405, "/accounts/sessions/"),
    ("account_end_session", "sessions/{session}/end", IN, IN, 405, "/accounts/sessions/"),
    ("account_end_session", "sessions/4711/end", IN, IN, 405, "/accounts/sessions/"),
    ("invitation", "invitation/forged/", 404, 404, 404, 404),
    ("account_login", "login/", 200, 200, HOME, HOME),
    ("account_logout", "logout/", HOME, HOME, 200, HOME),
    ("account_inactive", "inactive/", 200, 405, 200, 405),
    ("account_signup", "signup/", 200, 200, HOME, HOME),
    ("account_reauthenticate", "reauthenticate/", IN, IN, 200, 200),
    ("account_change_password", "password/change/", IN, IN, 200, 200),
    ("account_set_password", "password/set/", IN, IN, "/accounts/password/change/", "/accounts/password/change/"),
    ("account_reset_password", "password/reset/", 200, 200, 200, 200),
    ("account_reset_password_done", "password/reset/done/", 200, 405, 200, 405),
    ("account_reset_password_from_key_done", "password/reset/key/done/", 200, 405, 200, 405),
    ("account_reset_password_from_key", "password/reset/key/1-x/", 200, 200, 200, 200),
    ("mfa_index", "2fa/", IN, IN, 200, 405),
    ("mfa_authenticate", "2fa/authenticate/", IN, IN, HOME, HOME),
    ("mfa_reauthenticate", "2fa/reauthenticate/", IN, IN, SURE, SURE),
    ("mfa_activate_totp", "2fa/totp/activate/", IN, IN, SURE, SURE),
    ("mfa_deactivate_totp", "2fa/totp/deactivate/", IN, IN, 404, 404),
    ("mfa_view_recovery_codes", "2fa/recovery-codes/", IN, IN, 404, 405),
    ("mfa_generate_recovery_codes", "2fa/recovery-codes/generate/", IN, IN, SURE, SURE),
    ("mfa_download_recovery_codes", "2fa/recovery-codes/download/", IN, IN, 404, 404),
    ("mfa_list_webauthn", "2fa/webauthn/", IN, IN, 200, 405),
    ("mfa_add_webauthn", "2fa/webauthn/add/", IN, IN, SURE, SURE),
    ("mfa_reauthenticate_webauthn", "2fa/webauthn/reauthenticate/", IN, IN, SURE, SURE),
    ("mfa_remove_webauthn", "2fa/webauthn/keys/{passkey}/remove/", IN, IN, SURE, SURE),
    ("mfa_remove_webauthn", "2fa/webauthn/keys/4711/remove/", IN, IN, SURE, SURE),
    ("mfa_edit_webauthn", "2fa/webauthn/keys/{passkey}/edit/", IN, IN, SURE, SURE),
    ("mfa_edit_webauthn", "2fa/webauthn/keys/4711/edit/", IN, IN, SURE, SURE),
    ("mfa_login_webauthn", "2fa/webauthn/login/", IN, IN, HOME, HOME),
    ("socialaccount_login_cancelled", "sso/cancelled/", 200, 405, 200, 405),
    ("socialaccount_login_error", "sso/error/", IN, IN, 401, 405),
    ("socialaccount_signup", "sso/signup/", IN, IN, IN, IN),
    ("socialaccount_connections", "sso/connections/", IN, IN, 200, 200),
    ("openid_connect_login", "oidc/sso/login/", 404, 404, 404, 404),
    ("openid_connect_callback", "oidc/sso/login/callback/", 404, 404, 404, 404),
]


def route_names(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from route_names(one.url_patterns)
        else:
            yield str(one.name)


def test_every_route_is_in_the_table() -> None:
    assert set(route_names(urlpatterns)) == {route for route, *_answers in TABLE}


@pytest.fixture
def foreign(cast: dict[str, User]) -> dict[str, int]:
    """A session and a passkey of the manager."""
    Client().post("/accounts/login/", {"login": "manager@example.com", "password": "portal-demo"})
    passkey = Authenticator.objects.create(user=cast["manager"], type=Authenticator.Type.WEBAUTHN, data={})
    return {"session": UserSession.objects.get().pk, "passkey": passkey.pk}


def test_everybody_is_answered_as_the_table_says(foreign: dict[str, int], signed_in: Callable[[str], Client]) -> None:
    wrong = []
    for route, path, *answers in TABLE:
        address = f"/accounts/{path}".format(**foreign)
        assert resolve(address).url_name == route
        asked = [("", "get"), ("", "post"), ("viewer", "get"), ("viewer", "post")]
        for (name, method), expected in zip(asked, answers, strict=True):
            answer = getattr(signed_in(name), method)(address)
            found = answer.headers["Location"].partition("?")[0] if answer.status_code == 302 else answer.status_code
            if found != expected:
                wrong.append(f"{method} {address} as {name or 'nobody'}: {found}, not {expected}")
    assert not wrong, "\n".join(wrong)
    assert UserSession.objects.filter(pk=foreign["session"]).exists()
    assert Authenticator.objects.filter(pk=foreign["passkey"]).exists()


def test_a_passkey_of_somebody_else_is_not_there(foreign: dict[str, int], signed_in: Callable[[str], Client]) -> None:
    viewer = signed_in("viewer")
    viewer.post("/accounts/reauthenticate/", {"password": "portal-demo"})
    for key in (foreign["passkey"], 4711):
        for verb in ("edit", "remove"):
            for ask in (viewer.get, viewer.post):
                assert ask(f"/accounts/2fa/webauthn/keys/{key}/{verb}/").status_code == 404
