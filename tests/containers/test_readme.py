"""What the README shows of the images is the committed run of `make images`."""

from tests.containers.readme import PICTURE, README, picture, written


def test_readme_images_are_the_committed_run() -> None:
    """No number is typed; `make readme` draws them again."""
    text = README.read_text()

    assert "<!-- images -->" in text
    assert written(text) == text


def test_readme_picture_is_the_committed_run() -> None:
    """The picture comes from the same file as the table."""
    assert PICTURE.read_text() == picture()
