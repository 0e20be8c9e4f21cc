"""The schedule: calendar feeds, and what calendars have been told."""

from django.apps import AppConfig


class ScheduleConfig(AppConfig):
    name = "portal.schedule"
