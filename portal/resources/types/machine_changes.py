"""What changing a virtual machine means: its actions, and what saving will bring about."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from portal.resources.deletion import read_deletion
from portal.resources.interfaces import PUBLIC, addresses
from portal.resources.labels import mark as _
from portal.resources.spec import Button, Context, Effect, Record, Value, Values
from portal.resources.states import is_open
from portal.resources.times import parse_moment, zone
from portal.resources.windows import Window, next_window

BACKED_UP = "role::backupclient"
STEP = re.compile(r"\b(cores|memory|disk) from ([0-9]{1,9}) to ([0-9]{1,9})\b")


def power_buttons(machine: Record, now: datetime) -> tuple[Button, ...]:
    """Off for a machine that is wanted on, on for one that is wanted off (vm_13)."""
    if machine.get("online") is False:
        return (Button(label=_("Start"), icon="player-play", going=_("Starting…"), params={"online": "true"}),)
    return (
        Button(
            label=_("Shut down"),
            icon="power",
            going=_("Shutting down…"),
            params={"online": "false"},
            confirm=_("The machine is shut down properly, or forced off if that fails. Its services stop."),
            level="danger",
        ),
    )


def set_power(machine: Record, params: Mapping[str, str], now: datetime) -> Values:
    """`online` as wanted (vm_13)."""
    match params.get("online"):
        case "true":
            return {"online": True}
        case "false":
            return {"online": False}
    raise ValueError("online")


def keep_buttons(machine: Record, now: datetime) -> tuple[Button, ...]:
    """Cancel a pending deletion (vm_20); after soft deletion that starts the machine again (vm_21)."""
    deletion = read_deletion(machine.get("deletion"))
    if not deletion.is_pending:
        return ()
    label = _("Restore") if deletion.is_shut_down else _("Cancel deletion")
    return (Button(label=label, icon="calendar-off", going=_("Cancelling the deletion…")),)


def what_runs(machine: Record, context: Context) -> Values:
    """What runs still, of values waiting for a maintenance whose activities say "cores from 2 to 4" (mt_03, mt_04)."""
    waiting = [one for one in context.maintenances if is_open(one, context.now)]
    comments = [
        str(activity.get("comment"))
        for maintenance in waiting
        for activity in maintenance.get("activities") or ()
        if isinstance(activity, dict) and activity.get("ended") is not True
    ]
    steps = [step for comment in comments for step in STEP.findall(comment)]
    return {name: int(old) for name, old, new in steps if int(new) == machine.get(name) != int(old)}


def machine_effects(before: Record | None, wanted: Values, context: Context) -> list[Effect]:
    """What saving `wanted` (the fields that differ) will bring about. `before` is None for a new machine."""
    if before is None:
        return [Effect(_("The machine is installed as soon as the platform has accepted it."))]
    return [
        *_cancelled_deletion(before),
        *_hardware(before, wanted, context),
        *_addresses(before, wanted),
        *_backups(before, wanted),
    ]


def machine_lasting(before: Record | None, wanted: Values | None) -> list[Effect]:
    """What cannot be taken back: storage and data centre of a new machine, addresses, space given up, and data."""
    if wanted is None:
        return [Effect(_("The machine can be brought back until its data is deleted, three days after its date."))]
    if before is None:
        return [Effect(_("Storage, data centre and environment class are fixed once the machine exists."))]
    found = [effect for effect in _addresses(before, wanted) if effect.brief]
    if isinstance(wanted.get("disk"), int) and wanted["disk"] < (before.get("disk") or 0):
        found.append(Effect(_("A disk that was made smaller does not get back what was on the rest.")))
    return found


def heeded_roles(before: Record | None, wanted: Values, context: Context) -> tuple[Values, list[Effect]]:
    """Without what leaving out a role that stays would ask for: the platform ignores it (vm_06)."""
    if "classes" not in wanted:
        return wanted, []
    present = (before.get("classes") if before else None) or []
    left_out = [
        (role, text)
        for role, text in _staying_roles(before, context)
        if role not in wanted["classes"] and (before is None or role in present)
    ]
    roles = {*wanted["classes"], *(role for role, _text in left_out)}
    in_order = dict.fromkeys([*present, *(role for role, _text in left_out), *wanted["classes"]])
    heeded = {**wanted, "classes": [role for role in in_order if role in roles]}
    if before is not None and roles == set(present):
        del heeded["classes"]
    return heeded, [Effect(text, field="classes", level="warning") for _role, text in left_out]


def _staying_roles(before: Record | None, context: Context) -> Iterator[tuple[str, str]]:
    yield "role::generic", _("The role generic always stays: leaving it out has no effect.")
    group = context.group or (before.values if before else {})
    if group.get("production") is True:
        text = _("The role backupclient stays as long as the group is in production: leaving it out has no effect.")
        yield BACKED_UP, text


def _cancelled_deletion(before: Record) -> Iterator[Effect]:
    deletion = read_deletion(before.get("deletion"))
    if deletion.is_pending:
        day = deletion.deadline
        text = _("The deletion planned for %(day)s is cancelled.") if day else _("The planned deletion is cancelled.")
        yield Effect(text, {"day": day}, level="warning", brief=_("cancels the deletion"))


def _hardware(before: Record, wanted: Values, context: Context) -> Iterator[Effect]:
    """vm_09, vm_10: reboot in a window; vm_11: growing online, shrinking with a reboot."""
    window = _window(before, context)
    for name in ("cores", "memory", "disk"):
        if name not in wanted or not _differs(before, wanted, name):
            continue
        if name == "disk" and wanted[name] > (before.get("disk") or 0):
            yield Effect(_("The disk grows while the machine runs, within a few minutes."), field=name)
        else:
            text = _("Reboot in the next maintenance window: %(window)s")
            yield Effect(text, {"window": window}, field=name, brief=_("reboot %(window)s"))


def _addresses(before: Record, wanted: Values) -> Iterator[Effect]:
    """vm_14: more than the machine has allocates the difference, fewer takes nothing away."""
    for name, version in (("frontend_ips_v4", 4), ("frontend_ips_v6", 6)):
        if name not in wanted or not _differs(before, wanted, name):
            continue
        recorded = before.get(name) or 0
        listed = [one for one in addresses(before.get("interfaces")) if one.interface == PUBLIC]
        more = wanted[name] - max(recorded, sum(one.version == version for one in listed))
        if more > 0:
            text = _("%(more)s more will be allocated. They cannot be returned here.")
            yield Effect(text, {"more": more}, field=name, level="warning", brief=_("allocates addresses"))
        elif wanted[name] > recorded:
            yield Effect(_("The machine already has that many: none will be allocated."), field=name)
        else:
            text = _("The number is saved, but no address is removed. Ask %(support)s for that.")
            yield Effect(text, field=name, level="warning")


def _backups(before: Record, wanted: Values) -> Iterator[Effect]:
    """A machine with the role is backed up (vm_06)."""
    if "classes" not in wanted:
        return
    had, has = (
        isinstance(classes, list) and BACKED_UP in classes for classes in (before.get("classes"), wanted["classes"])
    )
    if has and not had:
        yield Effect(_("Backups of the machine begin."), field="classes")
    elif had and not has:
        yield Effect(_("Backups of the machine end."), field="classes", level="warning")


def _window(before: Record, context: Context) -> Window:
    """The first window that is planned for the machine already (mt_03), else the group's next one.

    Not the one that announces its deletion: saving cancels both (vm_19, vm_20).
    """
    group = context.group or {}
    announced = read_deletion(before.get("deletion")).shuts_down
    planned = []
    for one in context.maintenances:
        starts, ends = parse_moment(one.get("starts")), parse_moment(one.get("ends"))
        if starts and ends and context.now < starts < ends and starts != announced:
            planned.append(Window(starts, ends, zone(group.get("timezone"))))
    return min(planned, key=lambda window: window.starts) if planned else next_window(group, context.now)


def _differs(before: Record, wanted: Values, name: str) -> bool:
    old: Value = before.get(name)
    return bool(wanted[name] != old)
