"""What a person is told of, and what they were told."""

from django.db.models import Q

from portal.accounts.people.personal_data import Kept, register, theirs
from portal.notify.mail.models import Mail
from portal.notify.models import Choice, DigestHour, Notice
from portal.notify.webhooks.models import Endpoint

register(
    Kept("notification_settings", Choice, theirs, ("kind", "channel", "is_on")),
    Kept("hour_of_daily_summary", DigestHour, theirs, ("hour",)),
    Kept("notifications", Notice, theirs, ("customer__number", "occurrence__kind", "occurrence__at", "read")),
    Kept("mails_of_notifications", Mail, theirs, ("customer__number", "created", "sent", "day")),
    Kept("webhooks", Endpoint, lambda user: Q(made_by=user), ("customer__number", "created", "state")),
)
