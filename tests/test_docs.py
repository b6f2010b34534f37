"""The pages: their links lead somewhere, and they name nothing that is only on somebody's machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from scripts.update_reference import PAGE, reference

from .support import ROOT

_FENCED = re.compile(r"^```.*?^```$", re.M | re.S)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# Folders of machines, and hosts of package registries.
_FOREIGN = re.compile(r"/work/|/root/|/home/\w|/Users/|/tmp/|pypi\.org|npmjs|registry\.")


def pages() -> list[Path]:
    """Every Markdown page that is tracked; in a copy without history, every one at the top and in docs/."""
    listed = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    found = [ROOT / name for name in listed] or [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    return sorted(path for path in found if path.exists())


def anchor(heading: str) -> str:
    """The fragment that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def anchors(page: Path) -> set[str]:
    prose = _FENCED.sub("", page.read_text(encoding="utf-8"))
    return {anchor(heading) for heading in re.findall(r"^#+ (.*)$", prose, re.M)}


def each_page() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))


@each_page()
def test_links_lead_somewhere(page: Path) -> None:
    prose = _CODE.sub("", _FENCED.sub("", page.read_text(encoding="utf-8")))
    dead = []
    for link in _LINK.findall(prose):
        if "://" in link:
            continue
        name, _, fragment = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (fragment and fragment not in anchors(target)):
            dead.append(link)
    assert not dead


@each_page()
def test_files_that_are_named_are_there(page: Path) -> None:
    named = re.findall(
        r"`((?:wscli|tests|scripts|docs|bench|completions)/[\w./-]+)`", page.read_text("utf-8")
    )
    assert not [name for name in named if not (ROOT / name).exists()]


@each_page()
def test_a_page_names_no_machine_and_no_registry(page: Path) -> None:
    assert not _FOREIGN.findall(page.read_text(encoding="utf-8"))


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        links = _LINK.findall(page.read_text(encoding="utf-8"))
        ahead += [
            target
            for link in links
            if "://" not in link
            and (target := (page.parent / link.partition("#")[0]).resolve()).suffix == ".md"
        ]
    assert set(pages()) <= reached, "link it from README.md, or from a page that is linked there"


def test_the_reference_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run python -m scripts.update_reference"


def test_sections_of_the_contract_that_the_code_cites_are_there() -> None:
    there = set(re.findall(r"^## (\d+)\.", (ROOT / "docs/contract.md").read_text(encoding="utf-8"), re.M))
    cited = {
        section
        for source in (ROOT / "wscli").rglob("*.py")
        for section in re.findall(r"contract(?:'s)?,? \(?§(\d+)", source.read_text(encoding="utf-8"))
    }
    assert len(cited) > 3
    assert cited <= there
