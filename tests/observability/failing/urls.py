import logging

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from portal import urls
from tests.observability.failing import EVERYTHING
from tests.observability.failing.tasks import fail


@csrf_exempt
@login_not_required
def failing(request: HttpRequest, token: str) -> HttpResponse:
    password = request.POST["password"]
    logging.getLogger("portal.tests").warning("%s has sent %s", token, password)
    fail.delay(EVERYTHING)
    raise ValueError(f"{EVERYTHING} {token} {password} {request.headers} {request.get_full_path()}")


@login_not_required
def unable(request: HttpRequest) -> HttpResponse:
    return HttpResponse(EVERYTHING, status=503)


urlpatterns = [
    path("calendar/<str:token>.ics", failing),
    path("unable", unable),
    *urls.urlpatterns,
]
