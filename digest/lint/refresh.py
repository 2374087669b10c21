"""Derives ``data/clients.json`` from the npm package: ``python -m digest.lint.refresh caniemail.tgz``.

Fetch the package with ``npm pack caniemail``. Kept is what our check asks: for each feature of HTML and CSS
the big clients whose newest version does not support it.
"""

from __future__ import annotations

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
CLIENTS = {
    "apple-mail.ios": "Apple Mail (iOS)",
    "apple-mail.macos": "Apple Mail (macOS)",
    "gmail.android": "Gmail (Android)",
    "gmail.desktop-webmail": "Gmail (web)",
    "gmail.ios": "Gmail (iOS)",
    "gmail.mobile-webmail": "Gmail (mobile web)",
    "outlook.android": "Outlook (Android)",
    "outlook.ios": "Outlook (iOS)",
    "outlook.macos": "Outlook (macOS)",
    "outlook.outlook-com": "Outlook.com",
    "outlook.windows": "Outlook (Windows)",
    "samsung-email.android": "Samsung Email",
    "thunderbird.macos": "Thunderbird",
    "yahoo.desktop-webmail": "Yahoo (web)",
    "yahoo.android": "Yahoo (Android)",
}
# Titles that do not spell out what they are about.
_SPELT_OUT = {
    "left, right, top, bottom": ("property", ["left", "right", "top", "bottom"]),
    "gap, column-gap, row-gap": ("property", ["gap", "column-gap", "row-gap"]),
    "font shorthand": ("property", ["font"]),
    "@media (hover), @media (any-hover)": ("at", ["hover", "any-hover"]),
    "color-scheme CSS property": ("property", ["color-scheme"]),
    "CSS calc() function": ("function", ["calc"]),
    "CSS Variables (Custom Properties)": ("function", ["var"]),
    "lch(), oklch(), lab(), oklab()": ("function", ["lch", "oklch", "lab", "oklab"]),
    "HTML5 semantics": (
        "element",
        ["article", "aside", "details", "figcaption", "figure", "footer", "header", "main", "nav", "section"],
    ),
    "<ul>, <ol> and <dl>": ("element", ["ul", "ol", "dl"]),
    "<h1> to <h6> elements": ("element", ["h1", "h2", "h3", "h4", "h5", "h6"]),
    "Image maps": ("element", ["map"]),
    "Embedded <svg> image": ("element", ["svg"]),
    "srcset and sizes attributes": ("attribute", ["srcset", "sizes"]),
    "address": ("element", ["address"]),
    "Animated PNG image format": ("image", ["apng"]),
    "Video as Image Assets": ("image", ["mp4"]),
    "Child combinator": ("selector", [">"]),
    "Adjacent sibling combinator": ("selector", ["+"]),
    "General sibling combinator": ("selector", ["~"]),
    "Attribute selector": ("selector", ["["]),
    "Universal selector *": ("selector", ["*"]),
}


def main(package: Path, target: Path = DATA / "clients.json") -> None:
    """Write the data file anew from the package; raises KeyError for another one."""
    with tarfile.open(package) as archive:
        source = archive.extractfile("package/data/caniemail.json")
        about = archive.extractfile("package/package.json")
        assert source is not None and about is not None
        raw, version = json.load(source), json.load(about)["version"]
    features = sorted(_features(raw["data"]), key=lambda feature: feature["slug"])
    written = {
        "from": f"npm package caniemail {version}, data of {raw['last_update_date'][:10]}",
        "license": "MIT, see caniemail-LICENSE.txt",
        "clients": CLIENTS,
        "features": features,
    }
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False) for feature in features)
    head = json.dumps({**written, "features": []}, ensure_ascii=False, indent=1).removesuffix("[]\n}")
    target.write_text(f"{head}[\n{lines}\n]}}\n", "utf-8")


def _features(data: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for feature in data:
        kind, names = _SPELT_OUT.get(feature["title"]) or _kind(feature["title"], feature["category"])
        if names:
            yield {
                "slug": feature["slug"],
                "title": feature["title"],
                "kind": kind,
                "names": names,
                "lacking": sorted(client for client in CLIENTS if _lacks(feature["stats"], client)),
            }


def _kind(title: str, category: str) -> tuple[str, list[str]]:
    """Return what a title is about, and the names to look for; no names for what cannot be looked for."""
    patterns = {
        "css": (
            ("at", r"@(?:media \()?([a-z-]+)\)?"),
            ("pair", r"([a-z-]+: ?[a-z-]+)"),
            ("selector", r"(::?[a-z-]+)(?:\(\))?"),
            ("function", r"([a-z-]+)\(\)"),
            ("unit", r"([a-z]+) unit"),
            ("property", r"([a-z-]+)(?: shorthand| property)?"),
        ),
        "html": (
            ("element", r"<([a-z]+)>(?: element)?"),
            ("attribute", r"([a-z-]+) attribute"),
        ),
        "image": (("image", r"(\w+) image format"),),
    }
    for kind, pattern in patterns.get(category, ()):
        if found := re.fullmatch(pattern, title.strip()):
            name = found[1].replace(": ", ":")
            return kind, [name.lower() if kind == "image" else name]
    return "", []


def _lacks(stats: dict[str, Any], client: str) -> bool:
    family, platform = client.split(".")
    versions = stats.get(family, {}).get(platform)
    return bool(versions) and str(list(versions.values())[-1]).startswith("n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m digest.lint.refresh caniemail-VERSION.tgz  (from: npm pack caniemail)")
    main(Path(sys.argv[1]))
