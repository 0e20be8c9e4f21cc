"""The addresses of the console: for everybody but staff they don't exist."""

from django.urls import path

from portal.console import changes, factors, home, shell, trail
from portal.console.announcements import pages as announcement_pages
from portal.console.customers import admin as customer_admin
from portal.console.customers import notes, record_page
from portal.console.customers import page as customer_page
from portal.console.platform import checks, key_page
from portal.console.platform import page as platform_page
from portal.console.view_as import pages as view_as_pages

app_name = "console"
urlpatterns = [
    path("", home.home, name="home"),
    path("frame", shell.frame, name="frame"),
    path("c/<str:number>/", customer_page.customer, name="customer"),
    path("c/<str:number>/note", notes.write, name="note"),
    path("c/<str:number>/view-as", view_as_pages.begin, name="view_as"),
    path("c/<str:number>/trail/", trail.trail, name="trail"),
    path("c/<str:number>/changes/<int:change>/", changes.change, name="change"),
    path("c/<str:number>/manage", customer_admin.customer, name="manage"),
    path("c/<str:number>/manage/member", customer_admin.member, name="manage_member"),
    path("c/<str:number>/manage/key", customer_admin.key, name="manage_key"),
    path("c/<str:number>/<str:type_name>/<path:key>/", record_page.record, name="record"),
    path("notes/<int:pk>/<str:action>", notes.act, name="note_act"),
    path("view-as/write", view_as_pages.write, name="write"),
    path("view-as/end", view_as_pages.end, name="end"),
    path("changes/", changes.changes, name="changes"),
    path("changes/decide", changes.decide, name="decide"),
    path("changes/told", changes.told, name="told"),
    path("platform/", platform_page.health, name="health"),
    path("platform/keys/<str:group>/", key_page.key, name="key"),
    path("platform/checks/", checks.checks, name="checks"),
    path("platform/reset", platform_page.reset, name="reset"),
    path("announcements/", announcement_pages.announcements, name="announcements"),
    path("announcements/<int:pk>/end", announcement_pages.end, name="end_announcement"),
    path("staff/", customer_admin.staff, name="people"),
    path("trail/", trail.own, name="own_trail"),
    path("people/<int:pk>/second-factor", factors.reset, name="reset_factor"),
    path("customers/new", customer_admin.new_customer, name="new_customer"),
]
