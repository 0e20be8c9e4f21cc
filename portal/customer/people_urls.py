"""The addresses of people, keys, the audit trail and the help page. They come before those of resource types."""

from django.urls import path

from portal.customer import audit, help_page, invitations, keys, people

CUSTOMER = "c/<str:customer_no>/"
PEOPLE = f"{CUSTOMER}people/"
KEYS = f"{CUSTOMER}keys/"

urlpatterns = [
    path(PEOPLE, people.people, name="people"),
    path(f"{PEOPLE}-/invite", invitations.invite, name="invite"),
    path(f"{PEOPLE}-/leave", people.leave, name="leave"),
    path(f"{PEOPLE}-/second-factor", people.second_factor, name="second_factor"),
    path(f"{PEOPLE}invitation/<int:pk>/-/again", invitations.again, name="invite_again"),
    path(f"{PEOPLE}invitation/<int:pk>/-/withdraw", invitations.withdraw, name="withdraw"),
    path(f"{PEOPLE}<int:pk>/", people.member, name="member"),
    path(f"{PEOPLE}<int:pk>/-/remove", people.remove, name="remove_member"),
    path(KEYS, keys.key_list, name="keys"),
    path(f"{KEYS}-/new", keys.connect, name="connect_key"),
    path(f"{KEYS}<str:group>/-/replace", keys.replace, name="replace_key"),
    path(f"{KEYS}<str:group>/-/remove", keys.remove, name="remove_key"),
    path(f"{CUSTOMER}trail/", audit.trail, name="trail"),
    path(f"{CUSTOMER}help/roles/", help_page.roles, name="roles"),
]
