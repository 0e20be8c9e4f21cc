"""The schedule's addresses."""

from django.urls import path

from portal.customer.schedule import calendar_file, calendars, pages

SCHEDULE = "c/<str:customer_no>/schedule/"
urlpatterns = [
    path(SCHEDULE, pages.schedule, name="schedule"),
    path(f"{SCHEDULE}calendar/", calendars.calendars, name="calendars"),
    path(f"{SCHEDULE}calendar/<str:pk>/-/<str:verb>", calendars.act, name="calendar_verb"),
    path("calendar/<str:token>.ics", calendar_file.calendar, name="calendar"),
]
