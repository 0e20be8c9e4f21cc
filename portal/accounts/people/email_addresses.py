"""E-mail addresses by which people are known: one way of writing each, and none that only looks like another.

Letters beyond ASCII are refused in both parts: "а" of another alphabet looks like "a", and some letters even become
one another in lower case (the Kelvin sign and "k"). A domain in another alphabet is written as `xn--…`.
"""

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

LONGEST = 254

_is_address = EmailValidator(allowlist=[])


def canonical(text: str) -> str:
    """The address as it is kept. ValidationError where it is none, or has letters that could be taken for others."""
    text = text.strip()
    if not text.isascii():
        raise ValidationError(
            _(
                "This address contains look-alike letters. Use plain letters a–z; write a domain in "
                "another alphabet as “xn--…”."
            ),
            code="look_alike",
        )
    if len(text) > LONGEST:
        raise ValidationError(_("An email address has at most %(most)d characters.") % {"most": LONGEST})
    try:
        _is_address(text)
    except ValidationError:
        raise ValidationError(_("Enter a valid email address.")) from None
    return text.lower()
