"""What changing a resource group means: its maintenance mode, and what saving will bring about."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from portal.resources.labels import mark as _
from portal.resources.spec import Button, Context, Effect, Record, Values
from portal.resources.states import group_in_maintenance
from portal.resources.times import parse_moment
from portal.resources.windows import next_window

WINDOW_FIELDS = ("timezone", "maintenance_start", "maintenance_end", "notification_leadtime")


def maintenance_buttons(group: Record, now: datetime) -> tuple[Button, ...]:
    """For an hour, or end it now; a time of one's own is POSTed as `until` (rg_06, rg_07)."""
    hour = Button(
        label=_("Maintenance mode for 1 hour"),
        icon="tool",
        going=_("Starting maintenance mode…"),
        params={"for": "hour"},
    )
    end = Button(
        label=_("End maintenance mode"),
        icon="tools-off",
        going=_("Ending maintenance mode…"),
        params={"for": "nothing"},
    )
    return (end,) if group_in_maintenance(group.values, now) else (hour,)


def set_maintenance(group: Record, params: Mapping[str, str], now: datetime) -> Values:
    """The end of the maintenance mode as an explicit time, so that a replay cannot begin it anew (api_07, rg_06).

    `for=hour`, `for=nothing`, or `for=until` with `until` a coming ISO 8601 moment; ValueError for anything else.
    """
    match params.get("for"):
        case "hour":
            return {"maintenance_until": _to_the_second(now + timedelta(hours=1)).isoformat()}
        case "nothing":
            return {"in_maintenance": False, "maintenance_until": ""}
        case "until":
            until = parse_moment(params.get("until"))
            if until is None or _to_the_second(until) <= now:
                raise ValueError("until")
            return {"maintenance_until": _to_the_second(until).isoformat()}
    raise ValueError("for")


def group_effects(before: Record | None, wanted: Values, context: Context) -> list[Effect]:
    """What saving `wanted` (the fields that differ) will bring about (rg_13). `before` is None for a new group."""
    effects = []
    if any(name in wanted for name in WINDOW_FIELDS):
        planned = {**(before.values if before else {}), **wanted}
        window = next_window(planned, context.now)
        effects.append(Effect(_("Next maintenance window: %(window)s."), {"window": window}))
    if before is not None and "parent" in wanted:
        text = _("Service users, permissions and the customer will come from the new parent group.")
        effects.append(Effect(text, field="parent", level="warning"))
    if wanted.get("production") is True and before is not None:
        effects.append(Effect(_("All its machines will be backed up."), field="production"))
    if wanted.get("maintenance_until"):
        # rg_13
        text = _("Until then, the platform’s staff are not alerted for this group. Maintenance mode ends by itself.")
        effects.append(Effect(text, field="maintenance_until"))
    return effects


def group_lasting(before: Record | None, wanted: Values | None) -> list[Effect]:
    """What cannot be taken back: a group that is gone takes its users, its API key and the key's log with it."""
    text = _("The group is deleted at once, with its service users, permissions and API key. Its name may be taken.")
    return [Effect(text)] if wanted is None else []


def _to_the_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
