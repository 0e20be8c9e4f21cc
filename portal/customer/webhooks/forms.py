"""What is asked when an endpoint is added or changed, and which time is to be sent again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from portal.customer.typed_moment import typed_moment
from portal.notify.kinds import KINDS, Section
from portal.notify.webhooks import addresses
from portal.notify.webhooks.addresses import Wrong
from portal.notify.webhooks.models import Endpoint
from portal.notify.webhooks.verbs import Settings

WRONG = {
    Wrong.UNREADABLE: lazy("Enter a complete address, such as https://example.com/hook."),
    Wrong.INSECURE: lazy("Only https:// addresses can be called."),
    Wrong.USER: lazy("An address with a user name or password cannot be used."),
    Wrong.PORT: lazy("Use port 443 or a port from 1024."),
    Wrong.PRIVATE: lazy("This address is not public. Only addresses on the public internet can be called."),
}


class EndpointForm(forms.Form):
    """Where to, and for what. The kinds are beside it (`sections`): all of them, or those that are ticked."""

    url = forms.CharField(
        label=lazy("URL"),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false", "maxlength": None}),
        help_text=lazy("Events are sent there as POST requests with JSON."),
    )
    description = forms.CharField(
        label=lazy("Description"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "maxlength": None}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None, endpoint: Endpoint | None = None) -> None:
        initial = _initial(endpoint) if endpoint else {}
        super().__init__(data, initial=initial)
        present = list(endpoint.kinds) if endpoint else []
        self.kinds = [name for name in KINDS if name in (data.getlist("kinds") if data is not None else present)]
        if data is None and not present:
            self.kinds = list(KINDS)

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        try:
            addresses.check(url)
        except addresses.Refused as refused:
            raise forms.ValidationError(str(WRONG[refused.why])) from None
        return url

    def clean(self) -> dict[str, Any] | None:
        if not self.kinds:
            self.add_error(None, _("Select at least one event."))
        return super().clean()

    @property
    def sections(self) -> Iterator[tuple[str, list[tuple[str, str, bool]]]]:
        """Each heading with its kinds: name, label, whether it is ticked."""
        for section in Section:
            kinds = [kind for kind in KINDS.values() if kind.section == section]
            yield str(section.label), [(one.name, str(one.label), one.name in self.kinds) for one in kinds]

    @property
    def settings(self) -> Settings:
        """Of a form that is right. All kinds are as none: those to come are among them."""
        kinds: Sequence[str] = () if len(self.kinds) == len(KINDS) else self.kinds
        return Settings(self.cleaned_data["url"], self.cleaned_data["description"], kinds)


def _initial(endpoint: Endpoint) -> dict[str, Any]:
    return {"url": endpoint.url, "description": endpoint.description, "revision": endpoint.revision}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time."""

    since: datetime
    until: datetime


class SpanForm(forms.Form):
    """From when to when, by the clock of who asks."""

    since = forms.CharField(label=lazy("From"), widget=forms.TextInput(attrs={"type": "datetime-local"}))
    until = forms.CharField(label=lazy("To"), widget=forms.TextInput(attrs={"type": "datetime-local"}))

    def clean_since(self) -> datetime:
        return self._moment("since")

    def clean_until(self) -> datetime:
        return self._moment("until")

    def clean(self) -> dict[str, Any] | None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since >= until:
            self.add_error("until", _("The end must be after the start."))
        return super().clean()

    @property
    def span(self) -> Span:
        """Of a form that is right."""
        return Span(self.cleaned_data["since"], self.cleaned_data["until"])

    def _moment(self, name: str) -> datetime:
        found = typed_moment(str(self.cleaned_data[name]), timezone.now())
        if found is None:
            raise forms.ValidationError(_("Enter a date and time."))
        return found
