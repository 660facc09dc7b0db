"""The README shows what is in the repository."""

import re
from urllib.parse import urlsplit

from tests.repo.readme import README, ROOT, written


def test_readme_table_is_the_committed_run() -> None:
    """No number is typed; `make readme` draws them again."""
    text = README.read_text()

    assert written(text) == text


def test_readme_handlers_are_the_real_ones() -> None:
    """Every Python block stands in one of the apps, to the letter."""
    routes = [(ROOT / app / "routes.py").read_text() for app in ("flask_app", "fastapi_app")]
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)

    assert len(blocks) == 2
    for block, code in zip(blocks, routes, strict=True):
        assert block in code


def test_readme_links_lead_somewhere() -> None:
    """Every file that is linked exists."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", README.read_text()) if not urlsplit(link).scheme]

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_readme_commands_are_in_the_makefile() -> None:
    """Every `make …` that is named is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"[`\n]make ([a-z-]+)", README.read_text()))

    assert named
    assert named <= targets
