"""What the image is made of, a line for each package. That it is whole is seen where it is made: `make image`."""

import pytest

from scripts.bill_of_materials import UNKNOWN, licences


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([{"license": {"id": "MIT"}}], "MIT"),
        ([{"expression": "MIT AND OFL-1.1"}], "MIT AND OFL-1.1"),
        ([{"license": {"id": "MPL-2.0"}}, {"license": {"name": "License :: OSI Approved :: MPL"}}], "MPL-2.0"),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], "BSD License"),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "0BSD"}}, {"license": {"id": "MIT"}}], "MIT; 0BSD"),
        ([], UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_package_is_told_with_its_licences(said: list[dict[str, object]] | None, told: str) -> None:
    package = {"name": "thing", "version": "1.2"} | ({} if said is None else {"licenses": said})
    assert list(licences({"components": [package]})) == [f"thing 1.2: {told}"]
