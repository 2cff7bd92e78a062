"""A server that answers as production does: static files compressed and kept by the browser, pages compressed."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.core.files.storage import storages
from django.test import override_settings
from django.test.testcases import LiveServerThread
from whitenoise import WhiteNoise

PORTAL = Path(settings.BASE_DIR) / "schools" / "static"


def _of_the_portal() -> list[str]:
    """What the portal's pages load; the office's files would take a quarter of a minute to compress."""
    ours = [str(file.relative_to(PORTAL)) for file in (PORTAL / "portal").rglob("*") if file.is_file()]
    return ["css/bootstrap-reboot.min.css", *ours]


@contextmanager
def as_in_production(folder: Path) -> Generator[str]:
    """Serve the project with whitenoise and compressed pages; the address of it."""
    changes: dict[str, Any] = {
        "STATIC_ROOT": folder,
        "STATICFILES_DIRS": [],
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        },
        "MIDDLEWARE": ["django.middleware.gzip.GZipMiddleware", *settings.MIDDLEWARE],
        "ALLOWED_HOSTS": ["127.0.0.1"],
    }
    found = {name: Path(str(find(name))) for name in _of_the_portal()}
    with override_settings(**changes):
        storage: Any = storages["staticfiles"]
        storage.manifest_strict = False
        paths = {}
        for name, source in found.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            paths[name] = (storage, name)
        for _ in storage.post_process(paths):
            pass

        def with_files(application: Callable[..., Any]) -> WhiteNoise:
            return WhiteNoise(application, root=folder, prefix="static/", max_age=60, immutable_file_test=_is_named_by_content)

        thread = LiveServerThread("127.0.0.1", static_handler=with_files)  # type: ignore[arg-type]  # any maker of an application does
        thread.daemon = True
        thread.start()
        thread.is_ready.wait()
        if thread.error:
            raise thread.error
        try:
            yield f"http://127.0.0.1:{thread.port}"
        finally:
            thread.terminate()


def _is_named_by_content(path: str, url: str) -> bool:
    """Whether the file's name holds a hash of its content, so that it is kept for ever."""
    return len(Path(path).name.split(".")) > 2 and "min" not in Path(path).name.split(".")[-2]
