"""How allauth signs people in here: nobody signs up by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """People are invited, they don't sign up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
