"""The tags that pages are put together with. `{% load ui %}`.

`{% icon "server-2" %}`, `{% panel _("Network") icon="network" %}…{% endpanel %}`,
`{% alert "warning" _("Title") %}…{% endalert %}`, `{% empty "server-off" _("Title") %}…{% endempty %}`,
`{% states statuses zone now %}`, `{% moment value zone now %}`, `{% query page=2 %}`;
`{% fragment "name" key %}…{% endfragment %}` and `{% live %}` are those of `portal.ui.fragments`.
"""

from datetime import datetime, tzinfo
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, Select
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.timezone import now

from portal.accounts.management.commands.seed_demo import PASSWORD, PEOPLE
from portal.accounts.page_stamp import stamp
from portal.accounts.roles import Role
from portal.accounts.sign_in import sessions
from portal.ui import fragments, preferences, support_contact
from portal.ui.format import dates, icons

register = template.Library()
fragments.register_in(register)

ALERT_ICONS = {
    "info": "info-circle",
    "success": "circle-check",
    "warning": "alert-triangle",
    "danger": "alert-octagon",
    "offline": "cloud-off",
}


register.simple_tag(icons.icon)
register.filter("look", preferences.look)


@register.filter
def page_stamp(request: HttpRequest) -> str:
    """For whom the page is made, and when, as its scripts and forms send it along."""
    return stamp(request)


@register.filter
def styled(field: BoundField) -> SafeString:
    """A form's field in our look; what is wrong with it, or helps with it, is told to screen readers as well."""
    look = "form-select" if isinstance(field.field.widget, Select) else "form-control"
    attrs: dict[str, str | bool] = {"class": f"{look}{' is-invalid' if field.errors else ''}"}
    if field.errors:
        attrs["aria-describedby"] = f"{field.auto_id}_error"
    return field.as_widget(attrs=attrs)


@register.simple_tag
def demo_people() -> list[dict[str, str]]:
    """Who can be signed in as on the sign-in page of the demo; nobody anywhere else."""
    if not settings.DEMO:
        return []
    notes = (f"{Role(role).label} {group or number}" for _email, _name, number, role, group in PEOPLE)
    return [
        {"email": email, "note": note, "password": PASSWORD}
        for (email, *_rest), note in zip(PEOPLE, notes, strict=True)
    ]


@register.filter
def initials(person: object) -> str:
    """MM, of Maren Manager; of an e-mail address its first letter."""
    parts = str(person).split("@")[0].split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> SafeString:
    """The page's own address with some parameters changed; None takes one out. Begins with "?"."""
    params = context["request"].GET.copy()
    for name, value in changes.items():
        if value is None:
            params.pop(name, None)
        else:
            params[name] = str(value)
    return SafeString(f"?{params.urlencode()}")


@register.simple_tag(takes_context=True)
def nobody_known(context: template.Context) -> bool:
    """Whether this browser has had no session of anybody, or they have signed out."""
    return sessions.who(context["request"]) is None


@register.simple_tag
def moment(value: datetime, zone: tzinfo | None = None, platform_now: datetime | None = None) -> SafeString:
    """A moment in words, as a time element with UTC on hover."""
    return dates.moment_tag(value, platform_now or now(), zone)


@register.simple_tag
def clock(value: datetime, *, seconds: bool = False) -> SafeString:
    """A time of the day, as a time element with UTC on hover."""
    return dates.time_tag(value, dates.clock(value, seconds=seconds))


register.simple_tag(support_contact.ways, name="support_ways")
register.simple_tag(support_contact.who, name="support_name")


@register.simple_block_tag
def panel(content: str, title: str = "", **options: Any) -> str:
    """A titled box; options as in components/panel.html."""
    return render_to_string("components/panel.html", {"content": content, "title": title, **options})


@register.simple_block_tag
def alert(content: str, level: str = "info", title: str = "", **options: Any) -> str:
    """Something that has to be said; options as in components/alert.html."""
    shown = {"content": content, "level": level, "title": title, "icon": ALERT_ICONS[level], **options}
    return render_to_string("components/alert.html", shown)


@register.simple_block_tag
def empty(content: str, icon: str, title: str, **options: Any) -> str:
    """Nothing to show, and what to do about it; options as in components/empty.html."""
    return render_to_string("components/empty.html", {"content": content, "icon": icon, "title": title, **options})
