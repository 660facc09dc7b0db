"""Where the megabytes of an image go; knows paths, not what is written there."""

import re
from collections import Counter

from tests.integration.images.image import Image

# The first that matches a file's path counts; what matches none belongs to the distribution.
PARTS = {
    "app": r"app/.*",
    "records": r".*\.dist-info/.*|var/lib/dpkg/.*|usr/share/doc/.*",
    "dependencies": r".*/(site|dist)-packages/.*",
    "interpreter": r".*/bin/python[0-9.]*|.*/lib-dynload/.*|.*/libpython[^/]*",
    "standard library": r".*/lib/python3[^/]*(/.*|\.zip)",
    "OpenSSL": r".*/lib(ssl|crypto|zstd)\.so[^/]*",
    "C libraries": r".*/(ld-linux-[^/]*|lib(c|m|dl|pthread|rt|gcc_s|z|expat)\.so[^/]*|libc-[^/]*)",
}
REST = "distribution"


def part(path: str) -> str:
    """Name the part that a file belongs to, by its path without a leading slash."""
    return next((name for name, pattern in PARTS.items() if re.fullmatch(pattern, path)), REST)


def parts(image: Image) -> dict[str, int]:
    """Return the bytes of each part, in the order above; they add up to the size of the image."""
    sizes = Counter[str]()
    for path, file in image.files().items():
        sizes[part(path)] += file.size
    return {name: sizes[name] for name in (*PARTS, REST)}
