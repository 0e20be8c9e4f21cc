"""What changing a virtual machine means: its actions, and what saving will bring about."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from portal.resources.labels import mark as _
from portal.resources.spec import Button, Context, Effect, Record, Value, Values
from portal.resources.states import is_open
from portal.resources.times import parse_day, parse_moment, zone
from portal.resources.windows import Window, next_window


def is_leaving(machine: Record) -> bool:
    """Whether a deletion is pending, which any update cancels (vm_20)."""
    deletion = machine.get("deletion") or {}
    return bool(deletion.get("deadline") or deletion.get("stages"))


def power_buttons(machine: Record, now: datetime) -> tuple[Button, ...]:
    """Off for a machine that is wanted on, on for one that is wanted off (vm_13)."""
    if machine.get("online") is False:
        return (Button(label=_("Switch on"), icon="player-play", params={"online": "true"}),)
    return (
        Button(
            label=_("Switch off"),
            icon="power",
            params={"online": "false"},
            confirm=_("It is shut down properly, or killed if that fails. Whatever it serves stops."),
            level="danger",
        ),
    )


def set_power(machine: Record, params: Mapping[str, str], now: datetime) -> Values:
    """`online` as wanted (vm_13)."""
    wanted = {"true": True, "false": False}.get(params.get("online", ""))
    if wanted is None:
        raise ValueError("online")
    return {"online": wanted}


def keep_buttons(machine: Record, now: datetime) -> tuple[Button, ...]:
    """Cancel a pending deletion (vm_20); after soft deletion that starts the machine again (vm_21)."""
    if not is_leaving(machine):
        return ()
    stages = (machine.get("deletion") or {}).get("stages") or []
    label = _("Bring back") if "soft" in stages else _("Keep")
    return (Button(label=label, icon="calendar-off"),)


def machine_effects(before: Record | None, wanted: Values, context: Context) -> list[Effect]:
    """What saving `wanted` (the fields that differ) will bring about. `before` is None for a new machine."""
    if before is None:
        return [Effect(_("The machine is installed right after the platform has accepted it."))]
    return [*_cancelled_deletion(before), *_hardware(before, wanted, context), *_addresses(before, wanted)]


def _cancelled_deletion(before: Record) -> Iterator[Effect]:
    if is_leaving(before):
        deadline = parse_day(str((before.get("deletion") or {}).get("deadline", ""))[:10])
        text = _("Saving cancels the planned deletion on %(day)s.") if deadline else _("Saving cancels its deletion.")
        yield Effect(text, {"day": deadline}, level="warning")


def _hardware(before: Record, wanted: Values, context: Context) -> Iterator[Effect]:
    """vm_09, vm_10: reboot in a window; vm_11: growing online, shrinking with a reboot."""
    window = _window(context)
    for name in ("cores", "memory", "disk"):
        if name not in wanted or not _differs(before, wanted, name):
            continue
        if name == "disk" and wanted[name] > (before.get("disk") or 0):
            yield Effect(_("The disk grows while the machine runs, within a few minutes."), field=name)
        else:
            yield Effect(_("Reboot in the next maintenance window: %(window)s"), {"window": window}, field=name)


def _addresses(before: Record, wanted: Values) -> Iterator[Effect]:
    """vm_14: more allocates, fewer takes nothing away."""
    for name in ("frontend_ips_v4", "frontend_ips_v6"):
        if name not in wanted or not _differs(before, wanted, name):
            continue
        more = wanted[name] - (before.get(name) or 0)
        if more > 0:
            text = _("%(more)s more will be allocated. They cannot be given back here later.")
            yield Effect(text, {"more": more}, field=name, level="warning")
        else:
            text = _("The number is recorded, but no address is taken away. Ask support for that.")
            yield Effect(text, field=name, level="warning")


def _window(context: Context) -> Window:
    """The window that is planned for the machine already (mt_03), else the group's next one."""
    group = context.group or {}
    for planned in context.maintenances:
        starts, ends = parse_moment(planned.get("starts")), parse_moment(planned.get("ends"))
        if starts and ends and starts > context.now and is_open(planned, context.now):
            return Window(starts, ends, zone(group.get("timezone")))
    return next_window(group, context.now)


def _differs(before: Record, wanted: Values, name: str) -> bool:
    old: Value = before.get(name)
    return bool(wanted[name] != old)
