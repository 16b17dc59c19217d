"""A file that could not be written later is refused, and looking leaves nothing."""

from pathlib import Path

import pytest

from primacy_model.errors import UsageError, require_writable_file


def test_looking_whether_a_file_can_be_written_leaves_all_as_it_was(
    tmp_path: Path,
) -> None:
    there, link, dangling = (tmp_path / name for name in ("there", "link", "dangling"))
    there.write_text("as it was")
    link.symlink_to(there)
    dangling.symlink_to(tmp_path / "nowhere")
    for path in (there, link, dangling, tmp_path / "new"):
        require_writable_file(path)
    assert there.read_text() == link.read_text() == "as it was"
    assert dangling.is_symlink()
    assert not dangling.exists()
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "dangling",
        "link",
        "there",
    ]


@pytest.mark.parametrize("name", [".", "no/folder", "round"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "round").symlink_to(tmp_path / "round")
    with pytest.raises(UsageError, match="cannot be written"):
        require_writable_file(tmp_path / name)
