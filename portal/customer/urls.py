"""The customer's addresses (design.md, Fixed names)."""

from django.urls import path

from portal.customer import overview

app_name = "customer"
urlpatterns = [
    path("", overview.home, name="home"),
    path("c/<str:customer_no>/", overview.overview, name="overview"),
]
