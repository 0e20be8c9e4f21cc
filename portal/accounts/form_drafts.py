"""What a person has typed into a form, kept on the server: nothing takes it away, neither a session that ends nor a
browser that dies.

Forms that are sent after the session has ended are kept by accounts.middleware, those that a page follows as they are
typed by their view (`followed_forms`). A page with a form takes its data from `typed`: what is being sent, or what was
kept. Once the form has done its work, the middleware drops it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django.utils.translation import gettext as _

from portal.accounts.keys import sealing
from portal.accounts.models import Draft, SentForm, User

KEPT_FOR = timedelta(days=1)
MOST_BYTES = 128 * 1024
MOST_FORMS = 20  # per person; the oldest go
PURPOSE = "drafts"
MARK = "portal.accounts.closed"  # as forms that have done their work are on record
DROP = "draft"  # ?draft=drop: begin anew
SECRETS = ("csrfmiddlewaretoken", "password", "secret", "credential", "code")  # never kept, also as part of a name
PAGE = "portal-page"  # for whom it was made (accounts.page_stamp): nothing that anybody typed
PREVIEW = "preview"  # the page follows what is typed
BESIDE_THE_FORM = frozenset({PAGE, PREVIEW})


def keep(user: User, path: str, data: QueryDict) -> bool:
    """Keep what was typed into the form at `path`; False where it is nothing, or too much. Secrets are left out."""
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        if name not in BESIDE_THE_FORM and not is_secret(name):
            kept.setlist(name, list(values))
    text = kept.urlencode().encode()
    if not text or len(text) > MOST_BYTES or not _is_place(path):
        return False
    new = {"sealed": sealing.seal(text, place(user, path), purpose=PURPOSE), "kept": timezone.now()}
    if Draft.objects.filter(user=user, path=path).update(**new):  # most often: while somebody types
        return True
    with transaction.atomic():
        Draft.objects.update_or_create(user=user, path=path, defaults=new)
        newest = Draft.objects.filter(user=user).order_by("-kept").values_list("pk", flat=True)[:MOST_FORMS]
        Draft.objects.filter(user=user).exclude(pk__in=list(newest)).delete()
    return True


def is_secret(name: str) -> bool:
    """Whether what stands in a field of this name is kept nowhere."""
    return any(secret in name.lower() for secret in SECRETS)


def take(user: User, path: str) -> QueryDict | None:
    """What the person had typed into the form at `path`, None where nothing is kept; it stays until discarded."""
    if not _is_place(path):
        return None
    draft = Draft.objects.filter(user=user, path=path, kept__gt=timezone.now() - KEPT_FOR).first()
    if draft is None:
        return None
    try:
        return QueryDict(sealing.unseal(bytes(draft.sealed), place(user, path), purpose=PURPOSE))
    except sealing.Broken:
        draft.delete()
        return None


def forget_old() -> None:
    """What nobody can take any more."""
    Draft.objects.filter(kept__lt=timezone.now() - KEPT_FOR).delete()


def typed(
    request: HttpRequest, still_says: Callable[[QueryDict], QueryDict | None] = lambda kept: kept
) -> QueryDict | None:
    """What stands in the page's form: what is being sent; else what was kept, and the page says so; else None.

    `still_says` answers what of it is not so already.
    """
    if request.method == "POST":
        return request.POST
    if not isinstance(request.user, User):
        return None
    if request.GET.get(DROP) == "drop":
        finish(request.user, request.path)
        return None
    kept = take(request.user, request.path)
    if kept is not None and (kept := still_says(kept)) is None:
        discard(request.user, request.path)
    if kept is not None:
        begin_anew = format_html('<a href="?{}=drop">{}</a>', DROP, _("Start over"))
        said = _("Your earlier input has been restored. It has not been sent.")
        messages.info(request, format_html("{} {}", said, begin_anew))
    return kept


def discard(user: User, path: str) -> None:
    """What is kept says nothing any more."""
    Draft.objects.filter(user=user, path=path).delete()


def finish(user: User, path: str) -> None:
    """The form has done its work, or is begun anew."""
    close(user, path)
    discard(user, path)


def close(user: User, path: str) -> None:
    """From now on pages that were made before are of the past there: what was typed into them may be on its way yet."""
    mark = SentForm(key=_mark_of(user, path), at=timezone.now())
    SentForm.objects.bulk_create([mark], update_conflicts=True, unique_fields=["key"], update_fields=["at"])


def closed_at(user: User, path: str) -> datetime | None:
    """When that was, if it was of late."""
    return SentForm.objects.filter(key=_mark_of(user, path)).values_list("at", flat=True).first()


def _is_place(path: str) -> bool:
    """Whether anything can be kept for it: PostgreSQL refuses to look for a NUL."""
    return len(path) <= 500 and "\x00" not in path


def _mark_of(user: User, path: str) -> str:
    return salted_hmac(MARK, f"{user.pk}\n{path}", algorithm="sha256").hexdigest()


def place(user: User, path: str) -> bytes:
    """What a draft is bound to: it opens for nobody else, and for no other form."""
    return f"draft {user.pk} {path}".encode()
