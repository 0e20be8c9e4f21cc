"""When a device is lost: recovery codes, of which people hear when they run out, and admins, who reset two-factor."""

from functools import partial

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts import mail
from portal.accounts.audit import trail
from portal.accounts.models import User
from portal.accounts.sign_in import sessions
from portal.accounts.user_agents import client_address, device

FEW = 2  # from here on it is said loudly


def held_by(user: User) -> list[str]:
    """Names of the kinds of second factors that the person has, recovery codes among them."""
    held = Authenticator.objects.filter(user=user).order_by("type").values_list("type", flat=True)
    return list(dict.fromkeys(str(one) for one in held))


def code_used(request: HttpRequest, codes: Authenticator) -> None:
    """Say on the next page and by mail how many codes are left."""
    user = User.objects.get(pk=codes.user_id)
    left = len(Authenticator.objects.get(pk=codes.pk).wrap().get_unused_codes())  # `codes` is as it was before
    renew = reverse("mfa_generate_recovery_codes")
    say = messages.warning if left <= FEW else messages.info
    say(request, format_html('{} <a href="{}">{}</a>', _left_in_words(left), renew, _("Create new codes")))
    told = {
        "left": left,
        "is_few": left <= FEW,
        "address": client_address(request),
        "device": device(request.headers.get("User-Agent", "")),
        "link": request.build_absolute_uri(renew),
    }
    transaction.on_commit(partial(mail.send, "account/mail/code_used", user.email, told))


def reset(user: User, reason: str) -> list[str]:
    """Remove all second factors of a person who has lost them; what they had.

    Whoever calls has made sure who the person is, and says how. All sessions end: the device may be in other hands.
    """
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        held = held_by(user)
        if held:
            Authenticator.objects.filter(user=user).delete()
            sessions.end_all(user)
            before, after = {"factors": held}, {"reason": reason}
            trail.record_person(
                "second_factor.reset", user, target=user.email, before=before, after=after, proven=False
            )
            transaction.on_commit(partial(mail.send, "account/mail/factor_reset", user.email, {"person": user}))
    return held


def _left_in_words(left: int) -> str:
    if not left:
        return _("That was your last recovery code. Without new ones, a lost device locks you out.")
    said = ngettext(
        "You have used a recovery code. %(count)d is left.", "You have used a recovery code. %(count)d are left.", left
    )
    return said % {"count": left}
