"""The clients' data, derived from a package as small as it can be."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from digest.lint.refresh import main


def feature(slug: str, title: str, category: str, gmail: str) -> dict[str, object]:
    stats = {"gmail": {"ios": {"2019-01": "y", "2026-01": gmail}}}
    return {"slug": slug, "title": title, "category": category, "stats": stats}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    data = {
        "last_update_date": "2026-01-02 10:00:00",
        "data": [
            feature("css-display-flex", "display:flex", "css", "n #1"),
            feature("html-video", "<video> element", "html", "y"),
            feature("image-webp", "webP image format", "image", "n"),
            feature("amp", "AMP for Email", "others", "n"),
        ],
    }
    path = tmp_path / "caniemail.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, value in (("data/caniemail.json", data), ("package.json", {"version": "9.9.9"})):
            content = json.dumps(value).encode()
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_what_the_newest_version_of_a_client_lacks_is_kept(package: Path, tmp_path: Path) -> None:
    target = tmp_path / "clients.json"
    main(package, target)
    written = json.loads(target.read_text("utf-8"))
    assert written["from"] == "npm package caniemail 9.9.9, data of 2026-01-02"
    assert [(one["kind"], one["names"], one["lacking"]) for one in written["features"]] == [
        ("pair", ["display:flex"], ["gmail.ios"]),
        ("element", ["video"], []),
        ("image", ["webp"], ["gmail.ios"]),
    ]


def test_without_a_package_it_says_how_it_is_called() -> None:
    done = subprocess.run([sys.executable, "-m", "digest.lint.refresh"], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("usage: python -m digest.lint.refresh")
