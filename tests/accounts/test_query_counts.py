"""Pages of one's own account take as many database queries for three of everything as for one."""

import pytest

from portal.accounts.urls import urlpatterns
from tests.accounts.test_routes import route_names
from tests.support.plenty import Plenty
from tests.support.queries import Page, elsewhere, expect_as_many_for_three_as_for_one

A = "/accounts/"
PAGES = {
    "account": [Page(A, [r"Customer \d"])],
    "account_sessions": [Page(f"{A}sessions/", [r"192\.0\.2\.\d"])],
    "mfa_index": [Page(f"{A}2fa/")],
    "mfa_list_webauthn": [Page(f"{A}2fa/webauthn/", [r"Passkey \d"])],
    "socialaccount_connections": [Page(f"{A}sso/connections/", [r"account\d"])],
}
DOOR = "for who is not signed in yet"
FORM = "a form about oneself, or about one thing, that lists nothing"
SENT = "takes what is sent, and leads on to a page"
NO_LISTS = {
    **dict.fromkeys(("account_login", "account_signup", "account_inactive", "invitation", "mfa_authenticate"), DOOR),
    **dict.fromkeys(("account_reset_password", "account_reset_password_done", "mfa_login_webauthn"), DOOR),
    **dict.fromkeys(("account_reset_password_from_key", "account_reset_password_from_key_done"), DOOR),
    **dict.fromkeys(("socialaccount_signup", "openid_connect_login", "openid_connect_callback"), DOOR),
    **dict.fromkeys(("socialaccount_login_cancelled", "socialaccount_login_error"), DOOR),
    **dict.fromkeys(("account_logout", "account_change_password", "account_set_password"), FORM),
    **dict.fromkeys(("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"), FORM),
    **dict.fromkeys(("mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn"), FORM),
    **dict.fromkeys(("mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_generate_recovery_codes"), FORM),
    **dict.fromkeys(("mfa_view_recovery_codes", "mfa_download_recovery_codes"), FORM),
    **dict.fromkeys(("account_go_on", "account_end_session", "account_end_sessions"), SENT),
    "account_data": "a file, with one query for each kind of rows",
}


def test_every_page_that_lists_something_is_asked_for() -> None:
    assert {*PAGES, *NO_LISTS} == set(route_names(urlpatterns))
    assert not PAGES.keys() & NO_LISTS
    assert not elsewhere(PAGES)


@pytest.mark.usefixtures("sign_on")
def test_a_page_takes_as_many_queries_for_three_of_everything_as_for_one(plenty: Plenty) -> None:
    expect_as_many_for_three_as_for_one(plenty, (page for pages in PAGES.values() for page in pages))
