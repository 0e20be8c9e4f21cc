"""What the console adds to everybody's pages. `{% load console %}{% announcements %}{% viewing_banner %}`."""

from typing import Any

from django import template
from django.db import Error as DatabaseError

from portal.accounts.models import Customer, User
from portal.console.announcements.announced import shown_to

register = template.Library()


@register.inclusion_tag("console/announced.html", takes_context=True)
def announcements(context: template.Context) -> dict[str, Any]:
    """What staff have to say to whoever looks at the page."""
    request, user = context.get("request"), context.get("user")
    if not isinstance(user, User) or request is None:
        return {"announcements": []}
    customer = getattr(context.get("shell"), "customer", None)
    try:
        found = shown_to(user, customer if isinstance(customer, Customer) else None)
    except DatabaseError:  # an error page comes without them
        found = []
    return {"announcements": found, "request": request, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("console/visiting.html", takes_context=True)
def viewing_banner(context: template.Context) -> dict[str, Any]:
    """That somebody of staff is viewing as a customer's person, for as long as they do."""
    request = context.get("request")
    visit = getattr(request, "visit", None)
    return {"visit": visit, "request": request, "csrf_token": context.get("csrf_token")}
