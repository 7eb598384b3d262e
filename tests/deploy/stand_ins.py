"""Stands in for images of a registry that is out of reach: made of packages, called the same."""

import hashlib
import os
import platform
import subprocess
import sys
import tarfile
from pathlib import Path

from deploy.docker_engine import PATH, Engine, cache

PYTHON_IMAGE = "python:3.12-slim"
_SUITE = "bookworm"
_PACKAGES = (
    "ca-certificates,libssl3,libffi8,libsqlite3-0,libreadline8,libbz2-1.0,liblzma5,zlib1g,"
    "libuuid1,libncursesw6,libexpat1,tzdata,netbase"
)
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_UNNEEDED = {"test", "tests", "__pycache__", "idlelib", "tkinter", "site-packages", "pkgconfig"}
_SETTINGS = (
    "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    # Registries may be reached through an authority of this machine's own.
    f"ENV SSL_CERT_FILE={_CERTIFICATES}",
    f"ENV PIP_CERT={_CERTIFICATES}",
    'CMD ["python3"]',
)


def import_base(engine: Engine) -> None:
    """Give the engine an image called as the Dockerfiles' base: Debian and this very Python."""
    base = _base()
    known = engine.docker("images", "--filter", f"label=made={base.stem}", "--quiet", PYTHON_IMAGE)
    if not known:
        lines = (*_SETTINGS, f"LABEL made={base.stem}")
        changes = [word for line in lines for word in ("-c", line)]
        engine.docker("import", *changes, str(base), PYTHON_IMAGE)


def python_prefix() -> Path:
    """Return the folder of the Python that the base has: IMAGES_PYTHON_PREFIX, or this one's."""
    return Path(os.environ.get("IMAGES_PYTHON_PREFIX", sys.base_prefix))


def _base() -> Path:
    """Return the base as an archive; made once for each Python."""
    prefix = python_prefix()
    assert prefix != Path("/usr"), (
        "the Python of the system cannot be copied: name the folder of another one "
        "(with bin/ and lib/) in IMAGES_PYTHON_PREFIX"
    )
    recipe = f"{prefix}{platform.machine()}{_SUITE}{_PACKAGES}{sorted(_UNNEEDED)}"
    made = cache() / f"base-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.tar"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        half = made.with_suffix(".half.tar")
        _bootstrap(prefix, half)
        half.rename(made)
    return made


def _bootstrap(prefix: Path, made: Path) -> None:
    python = made.with_suffix(".python.tar")
    with tarfile.open(python, "w") as archive:
        for part in ("bin", "include", "lib"):
            archive.add(prefix / part, part, filter=_needed)
    (version,) = (path.name for path in (prefix / "lib").glob("python3.*") if path.is_dir())
    hooks = (
        f"tar-in {python} /usr/local",
        f"copy-in {_CERTIFICATES} {_CERTIFICATES.parent}",
        'chroot "$1" ldconfig',
        f'chroot "$1" /usr/local/bin/{version} -m ensurepip',
        f'cd "$1/usr/local/bin" && ln -sf {version} python3 && ln -sf {version} python',
    )
    wanted = ["--variant=minbase", f"--include={_PACKAGES}"]
    unwanted = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in ("doc", "man", "locale")]
    subprocess.run(  # noqa: S603 - our own command
        [  # noqa: S607 - found on PATH
            "mmdebstrap",
            *wanted,
            *unwanted,
            *(f"--customize-hook={hook}" for hook in hooks),
            _SUITE,
            str(made),
        ],
        env={**os.environ, "PATH": PATH},
        check=True,
    )
    python.unlink()


def _needed(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    path = Path(member.name)
    return None if path.suffix == ".a" or _UNNEEDED & set(path.parts) else member
