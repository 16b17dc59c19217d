"""The pictures in the documents are those of the code."""

import re

import pytest

from tests.documents.pictures import (
    PAGES,
    names_in,
    packages,
    pictures,
    with_pictures,
)

ARCHITECTURE = PAGES[0].read_text(encoding="utf-8")


def test_the_pictures_are_made_from_the_code() -> None:
    drawn, shown = pictures(), list[str]()
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        shown += names_in(text)
        assert with_pictures(text, drawn) == text
    assert sorted(shown) == sorted(drawn)


@pytest.mark.parametrize("root", ["primacy_model", "primacy_proofs"])
def test_every_package_that_is_drawn_is_explained(root: str) -> None:
    prose = re.sub(r"```.*?```", "", ARCHITECTURE, flags=re.DOTALL)
    assert [name for name in packages(root) if f"`{name}`" not in prose] == []
