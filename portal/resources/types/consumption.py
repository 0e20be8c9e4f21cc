"""Consumption: what a customer used in a month, per group, machine or contract. Read-only, outlives them (co_04)."""

from portal.resources.labels import mark as _
from portal.resources.spec import Choice, Field, Kind, ResourceType, Section

CONSUMPTION = ResourceType(
    name="consumption",
    label=_("Consumption"),
    plural=_("Consumption"),
    icon="chart-bar",
    key=("period", "type", "type_id"),
    sections=(
        Section(name="main", label=_("Consumption"), icon="chart-bar"),
        Section(name="parameters", label=_("Measured"), icon="ruler-2"),
    ),
    fields=(
        Field(name="period", label=_("Month"), kind=Kind.DATE, filterable=True),
        Field(
            name="type",
            label=_("Type"),
            kind=Kind.CHOICE,
            filterable=True,
            choices=(
                Choice(value="virtualmachine", label=_("Machine")),
                Choice(value="traffic", label=_("Traffic")),
                Choice(value="contract", label=_("Contract")),
            ),
        ),
        Field(name="type_id", label=_("Item"), filterable=True),
        Field(name="customer_no", label=_("Customer"), default="", filterable=True),
        Field(name="parameters", label=_("Measured"), kind=Kind.STRUCT, section="parameters", default={}),
    ),
    columns=("period", "type", "type_id", "parameters"),
    card=("type_id", "parameters"),
    sort="-period",
    search=("type_id", "type", "period"),
    fresh_for=15 * 60,
    money=True,
    group=lambda values: values.get("type_id") if values.get("type") == "traffic" else None,
    machine=lambda values: values.get("type_id") if values.get("type") == "virtualmachine" else None,
    title=lambda values: f"{values.get('type_id', '')}",
)
