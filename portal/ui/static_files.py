"""Static files: the few that we serve of npm packages, and how all of them are stored for serving."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

FILES = {
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/htmx-ptag.js": "htmx.org/dist/ext/hx-ptag.min.js",
}


class PackageStorage(FileSystemStorage):
    """Reads the files under their public names from where npm put them."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(Path(settings.NODE_MODULES) / FILES[name])


class PackageFinder(BaseFinder):
    """Finds the files listed in `FILES`."""

    storage = PackageStorage()

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [self.storage.path(path)] if path in FILES and Path(self.storage.path(path)).is_file() else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, PackageStorage]]:
        for name in FILES:
            yield name, self.storage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Names with a hash of the content, compressed files beside them. Source maps are not served, so not looked for."""

    patterns = tuple(
        (glob, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for glob, patterns in CompressedManifestStaticFilesStorage.patterns
    )
