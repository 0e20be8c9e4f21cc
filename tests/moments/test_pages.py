"""Every page of a customer stands at any moment, and none shows an exception of time."""

from datetime import datetime

from tests.customer.conftest import Browse

PAGES = ["", "virtualmachine/", "maintenance/", "consumption/", "invoice/", "resourcegroup/"]


def test_pages_stand(browse: Browse, moment: datetime) -> None:
    client = browse("manager")
    for page in PAGES:
        answer = client.get(f"/c/10001/{page}")
        assert answer.status_code == 200, page
