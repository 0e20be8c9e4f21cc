"""`manage.py seed_demo_webhook URL SECRET`: the demo's customer has a webhook that leads to the demo's receiver."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from portal.accounts.models import Customer
from portal.notify.webhooks.models import Endpoint

CUSTOMER = "10001"
ID = UUID("6f7c1f5e-0000-4000-8000-000000000001")  # always the same, so that there is one


class Command(BaseCommand):
    help = "Make the demo's webhook; where it is there already, only its address is brought up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("url")
        parser.add_argument("secret")

    def handle(self, *args: Any, url: str, secret: str, **options: Any) -> None:
        if Endpoint.objects.filter(pk=ID).update(url=url):
            return
        customer = Customer.objects.get(number=CUSTOMER)
        live = {"state": Endpoint.State.LIVE, "live_since": timezone.now()}
        endpoint = Endpoint(id=ID, customer=customer, url=url, description="Demo receiver", **live)
        endpoint.seal(secret)
        endpoint.save()
