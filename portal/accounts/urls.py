"""Addresses of signing in: of allauth's, those that we have. Addresses of e-mail are not theirs to change here."""

from allauth.account import views
from allauth.socialaccount import views as sso
from django.urls import include, path, re_path

from portal.accounts.people import joining
from portal.accounts.sign_in import own_account, resetting

RESET_KEY = r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$"

urlpatterns = [
    path("", own_account.account, name="account"),
    path("on", own_account.go_on, name="account_go_on"),
    path("data", own_account.personal_data_file, name="account_data"),
    path("sessions/", own_account.session_list, name="account_sessions"),
    path("sessions/end", own_account.end_sessions, name="account_end_sessions"),
    path("sessions/<int:pk>/end", own_account.end_session, name="account_end_session"),
    path("invitation/<str:secret>/", joining.invitation, name="invitation"),
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("signup/", views.signup, name="account_signup"),  # says that people are invited
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", views.password_change, name="account_change_password"),
    path("password/set/", views.password_set, name="account_set_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path("password/reset/done/", views.password_reset_done, name="account_reset_password_done"),
    path("password/reset/key/done/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(RESET_KEY, resetting.reset_password, name="account_reset_password_from_key"),
    path("2fa/", include("allauth.mfa.urls")),
    path("sso/cancelled/", sso.login_cancelled, name="socialaccount_login_cancelled"),
    path("sso/error/", sso.login_error, name="socialaccount_login_error"),
    path("sso/signup/", sso.signup, name="socialaccount_signup"),
    path("sso/connections/", sso.connections, name="socialaccount_connections"),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
