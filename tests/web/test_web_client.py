"""What must hold of the web client before it is built: where its parts come from, and what the policy allows."""

import json
import re
from pathlib import Path
from typing import Any

WEB = Path(__file__).parents[2] / "hub" / "web"
PERMISSIVE = {"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "OFL-1.1", "Unlicense", "CC0-1.0"}


def lock() -> dict[str, dict[str, Any]]:
    return json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]


def test_lock_file_names_no_registry() -> None:
    for name, package in lock().items():
        assert "resolved" not in package, name


def test_lock_file_pins_every_package_by_hash() -> None:
    for name, package in lock().items():
        assert not name or "integrity" in package, name


def test_shipped_packages_are_permissive() -> None:
    """Development tools are not shipped: Vite's CSS compiler may stay under the MPL."""
    for name, package in lock().items():
        if not name or package.get("dev") or package.get("devOptional"):
            continue
        licences = set(re.split(r" OR | AND ", package["license"].strip("()")))
        assert licences & PERMISSIVE, f"{name}: {package['license']}"


def test_mantine_packages_have_one_version() -> None:
    versions = {package["version"] for name, package in lock().items() if name.startswith("node_modules/@mantine/")}
    assert len(versions) == 1, versions


def test_page_has_nothing_inline_and_nothing_from_elsewhere() -> None:
    page = (WEB / "index.html").read_text(encoding="utf-8")
    for tag in re.findall(r"<script\b[^>]*>", page):
        assert "src=" in tag, tag
    assert "<style" not in page
    assert not re.search(r"\son[a-z]+=", page)
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_source_makes_no_html_from_text() -> None:
    for path in sorted((WEB / "src").rglob("*.ts*")):
        text = path.read_text(encoding="utf-8")
        for forbidden in ("dangerouslySetInnerHTML", ".innerHTML", "insertAdjacentHTML", "eval(", "new Function"):
            assert forbidden not in text, f"{path.name}: {forbidden}"


def test_no_component_writes_a_style_element() -> None:
    """The content security policy knows no inline styles. Mantine's theme is adopted as a sheet (`app/styles.ts`),
    dialogs lock the page by a rule of ours, and of its components these write <style> elements of their own."""
    main, theme = [(WEB / "src" / name).read_text(encoding="utf-8") for name in ("main.tsx", "app/theme.ts")]
    assert "withCssVariables={false} withGlobalClasses={false}" in main
    assert "lockScroll: false" in theme
    for path in sorted((WEB / "src").rglob("*.tsx")):
        for names in re.findall(r"import \{([^}]*)\} from \"@mantine/core\"", path.read_text(encoding="utf-8")):
            written = {name.strip() for name in names.split(",")}
            assert not written & {"Grid", "SimpleGrid", "Flex", "AppShell"}, path.name
