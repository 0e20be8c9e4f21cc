"""The link in a mail that ends its like. GET says what would end and changes nothing, as scanners follow links; POST
ends it, whether by the button or by a mail program (RFC 8058). No session, no cookie: the token alone says whose it is.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal.accounts.access import memberships_with_user
from portal.accounts.models import User
from portal.accounts.reader_settings import of_person
from portal.notify.mail import unsubscribe
from portal.notify.mail.letter import settings_path

HEADERS = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer"}


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mail(request: HttpRequest, token: str) -> HttpResponse:
    """404 for a token that is forged, and for one that ends nothing any more."""
    found = unsubscribe.read(token)
    if found is None:
        raise Http404
    is_done = request.method == "POST"
    if is_done:
        unsubscribe.stop(found)
    with of_person(found.user):
        context = {
            "stop": found,
            "kinds": [kind.label for kind in found.kinds],
            "is_done": is_done,
            "settings": _settings(found.user),
        }
        response = render(request, "notifications/stop.html", context)
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def _settings(user: User) -> str:
    """Where the person chooses what they hear of; '' for who belongs to no customer any more."""
    memberships = memberships_with_user(user.pk)
    return settings_path(memberships[0].customer) if memberships else ""
