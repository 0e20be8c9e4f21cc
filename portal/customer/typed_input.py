"""What somebody typed into a form that can be sent no more, in words, to be copied from the page that says why."""

from collections.abc import Mapping

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from portal.accounts import form_drafts
from portal.accounts.models import User
from portal.accounts.redirects import back_to, is_from_here, keep_form, path_of
from portal.resources.spec import Value
from portal.resources.types import TYPES
from portal.ui.forms.form import BESIDE, Opened

CARRIED = frozenset(
    {form_drafts.PAGE, "opened", "next", "preview", "suggested", "plan", "entry_seen"}
)  # sent along, not typed


def kept_and_typed(request: HttpRequest) -> dict[str, list[str]]:
    """What was typed, kept also for when the page is asked for anew."""
    if isinstance(request.user, User) and is_from_here(request):
        keep_form(request, request.user)
    return typed_into(request)


def typed_into(request: HttpRequest) -> dict[str, list[str]]:
    """Texts by label: of the form that is sent, or of one that was kept from this page."""
    data = _data(request)
    resource_type = TYPES.get(str(request.resolver_match.kwargs.get("type_name"))) if request.resolver_match else None
    labels = {field.name: _(field.label) for field in resource_type.fields} if resource_type else {}
    opened = Opened.unseal(data.get("opened", ""), request.path)
    seen = opened.seen if opened else {}
    return {
        labels.get(name, name): [text for text in texts if text]
        for name, texts in data.lists()
        if any(texts)
        and not _is_carried(name)
        and not form_drafts.is_secret(name)
        and not _is_as_it_was(name, texts, seen)
    }


def _is_carried(name: str) -> bool:
    return name in CARRIED or name.endswith(BESIDE)


def _data(request: HttpRequest) -> QueryDict:
    if request.method == "POST":  # a button elsewhere sends what nobody typed
        return request.POST if path_of(back_to(request)) == request.path else QueryDict()
    kept = form_drafts.take(request.user, request.path) if isinstance(request.user, User) else None
    return kept if kept is not None else QueryDict()


def _is_as_it_was(name: str, texts: list[str], seen: Mapping[str, Value]) -> bool:
    """Whether the field says what the record said when the form was opened."""
    if name not in seen:
        return False
    value = seen[name]
    return sorted(texts) == sorted(map(str, value if isinstance(value, list | tuple) else [value]))
