"""Where a person hears of each kind: as they chose, by itself where they did not, and what nobody can switch off."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set

from django.db import transaction

from portal.accounts.models import User
from portal.notify.kinds import KINDS, Channel, Kind
from portal.notify.models import Choice

type Chosen = Mapping[tuple[str, str], bool]
"""Kind and channel → whether it is on, where the person chose."""


def of_people(ids: Iterable[int]) -> Mapping[int, Chosen]:
    """What these people chose; one query."""
    found: defaultdict[int, dict[tuple[str, str], bool]] = defaultdict(dict)
    for user, kind, channel, is_on in Choice.objects.filter(user__in=list(ids)).values_list(
        "user", "kind", "channel", "is_on"
    ):
        found[user][kind, channel] = is_on
    return found


def channels(kind: Kind, chosen: Chosen) -> Set[Channel]:
    """Where somebody hears of that kind."""
    usual = kind.channels | kind.always
    return {one for one in Channel if one in kind.always or chosen.get((kind.name, one), one in usual)}


def choose(user: User, wanted: Mapping[tuple[str, str], bool]) -> None:
    """Keep what a person chose; what is as by itself needs no row, and what cannot be switched off takes none."""
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        for (name, channel), is_on in wanted.items():
            kind = KINDS[name]
            rows = Choice.objects.filter(user=user, kind=name, channel=channel)
            if channel in kind.always or is_on == (channel in kind.channels):
                rows.delete()
            else:
                Choice.objects.update_or_create(user=user, kind=name, channel=channel, defaults={"is_on": is_on})
