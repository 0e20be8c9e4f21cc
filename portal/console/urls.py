"""The addresses of the console: for everybody but staff they don't exist."""

from django.urls import path

from portal.console import (
    announcing,
    changes,
    customer_page,
    factors,
    home,
    keys_page,
    managing,
    notes,
    platform,
    record_page,
    shell,
    trail,
    viewing,
)

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("frame", shell.frame, name="frame"),
    path("c/<str:number>/", customer_page.customer, name="customer"),
    path("c/<str:number>/note", notes.write, name="note"),
    path("c/<str:number>/view-as", viewing.begin, name="view_as"),
    path("c/<str:number>/trail/", trail.trail, name="trail"),
    path("c/<str:number>/changes/<int:change>/", changes.change, name="change"),
    path("c/<str:number>/manage", managing.customer, name="manage"),
    path("c/<str:number>/manage/member", managing.member, name="manage_member"),
    path("c/<str:number>/manage/key", managing.key, name="manage_key"),
    path("c/<str:number>/<str:type_name>/<path:key>/", record_page.record, name="record"),
    path("notes/<int:pk>/<str:action>", notes.act, name="note_act"),
    path("view-as/write", viewing.write, name="write"),
    path("view-as/end", viewing.end, name="end"),
    path("changes/", changes.changes, name="changes"),
    path("changes/decide", changes.decide, name="decide"),
    path("changes/told", changes.told, name="told"),
    path("platform/", platform.health, name="health"),
    path("platform/keys/<str:group>/", keys_page.key, name="key"),
    path("platform/reset", platform.reset, name="reset"),
    path("announcements/", announcing.announcements, name="announcements"),
    path("announcements/<int:pk>/end", announcing.end, name="end_announcement"),
    path("staff/", managing.staff, name="people"),
    path("trail/", trail.own, name="own_trail"),
    path("people/<int:pk>/second-factor", factors.reset, name="reset_factor"),
    path("customers/new", managing.new_customer, name="new_customer"),
]
