"""The addresses of people, keys, the audit trail and the help page. They come before those of resource types."""

from django.urls import path

from portal.customer import api_keys, role_help
from portal.customer.audit import trail
from portal.customer.people import invitations, members

CUSTOMER = "c/<str:customer_no>/"
PEOPLE = f"{CUSTOMER}people/"
KEYS = f"{CUSTOMER}keys/"

urlpatterns = [
    path(PEOPLE, members.people, name="people"),
    path(f"{PEOPLE}-/invite", invitations.invite, name="invite"),
    path(f"{PEOPLE}-/leave", members.leave, name="leave"),
    path(f"{PEOPLE}-/second-factor", members.ask_for_second_factor, name="second_factor"),
    path(f"{PEOPLE}-/approval", members.ask_for_approval, name="approval"),
    path(f"{PEOPLE}invitation/<int:pk>/-/again", invitations.again, name="invite_again"),
    path(f"{PEOPLE}invitation/<int:pk>/-/withdraw", invitations.withdraw, name="withdraw"),
    path(f"{PEOPLE}<int:pk>/", members.member, name="member"),
    path(f"{PEOPLE}<int:pk>/-/remove", members.remove, name="remove_member"),
    path(KEYS, api_keys.key_list, name="keys"),
    path(f"{KEYS}-/new", api_keys.connect, name="connect_key"),
    path(f"{KEYS}<str:group>/-/replace", api_keys.replace, name="replace_key"),
    path(f"{KEYS}<str:group>/-/remove", api_keys.remove, name="remove_key"),
    path(f"{CUSTOMER}trail/", trail.trail, name="trail"),
    path(f"{CUSTOMER}help/roles/", role_help.roles, name="roles"),
]
