"""Static files: the few that we serve of npm packages, the file of icons made of one, and how all are stored."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from portal.ui.format import icons

FILES = {
    "vendor/htmx.js": "htmx.org/dist/htmx.min.js",
    "vendor/htmx-ptag.js": "htmx.org/dist/ext/hx-ptag.min.js",
}
NAMES = (*FILES, icons.SPRITE)


class PackageStorage(FileSystemStorage):
    """Reads the files under their public names from where npm put them; that of the icons is put together first."""

    prefix = ""

    def path(self, name: str) -> str:
        return str(_icons() if name == icons.SPRITE else Path(settings.NODE_MODULES) / FILES[name])


def _icons() -> Path:
    """The file of the icons, written anew only where they have changed: collectstatic goes by a file's age."""
    file, text = Path(settings.BASE_DIR) / "var" / "icons.svg", icons.sprite()
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return file


class PackageFinder(BaseFinder):
    """Finds the files listed in `FILES`, and the icons."""

    storage = PackageStorage()

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [self.storage.path(path)] if path in NAMES and Path(self.storage.path(path)).is_file() else []
        return found if find_all else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, PackageStorage]]:
        for name in NAMES:
            yield name, self.storage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Names with a hash of the content, compressed files beside them. Source maps are not served, so not looked for."""

    patterns = tuple(
        (glob, tuple(pattern for pattern in patterns if "sourceMappingURL" not in str(pattern)))
        for glob, patterns in CompressedManifestStaticFilesStorage.patterns
    )
