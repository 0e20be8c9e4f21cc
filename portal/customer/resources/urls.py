"""The addresses where something is changed, and those of the changes themselves."""

from django.urls import path

from portal.customer.changes import pages
from portal.customer.resources import actions, delete, edit, permission_matrix, row_menu
from portal.customer.resources.many import pages as many

CUSTOMER = "c/<str:customer_no>/"
TYPE = f"{CUSTOMER}<str:type_name>/"
RECORD = f"{TYPE}<path:key>/-/"

urlpatterns = [
    path(f"{CUSTOMER}changes/", pages.change_list, name="changes"),
    path(f"{CUSTOMER}changes/<int:number>/", pages.change_detail, name="change"),
    path(f"{CUSTOMER}changes/<int:number>/-/<str:decision>", pages.decide, name="decide"),
    path(f"{CUSTOMER}resourcegroup/<path:key>/-/permissions", permission_matrix.matrix, name="permissions"),
    path(f"{TYPE}-/new", edit.create, name="create"),
    path(f"{TYPE}-/many", many.many, name="many"),
    path(f"{TYPE}-/keys", many.matching_keys, name="matching_keys"),
    path(f"{RECORD}edit", edit.edit, name="edit"),
    path(f"{RECORD}delete", delete.delete, name="delete"),
    path(f"{RECORD}menu", row_menu.row_menu, name="row_menu"),
    path(f"{RECORD}<str:action>", actions.act, name="act"),
]
