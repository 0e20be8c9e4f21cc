"""The addresses where something is changed, and those of the changes themselves."""

from django.urls import path

from portal.customer import acting, change_pages, deleting, permissions, writing

CUSTOMER = "c/<str:customer_no>/"
TYPE = f"{CUSTOMER}<str:type_name>/"
RECORD = f"{TYPE}<path:key>/-/"

urlpatterns = [
    path(f"{CUSTOMER}changes/", change_pages.change_list, name="changes"),
    path(f"{CUSTOMER}changes/<int:number>/", change_pages.change_detail, name="change"),
    path(f"{CUSTOMER}changes/<int:number>/-/<str:decision>", change_pages.decide, name="decide"),
    path(f"{CUSTOMER}resourcegroup/<path:key>/-/permissions", permissions.matrix, name="permissions"),
    path(f"{TYPE}-/new", writing.create, name="create"),
    path(f"{RECORD}edit", writing.edit, name="edit"),
    path(f"{RECORD}delete", deleting.delete, name="delete"),
    path(f"{RECORD}<str:action>", acting.act, name="act"),
]
