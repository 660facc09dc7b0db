"""The picture of where the megabytes go, as an SVG drawn from what is stored; knows no engine."""

from html import escape

from tests.integration.images.report import MB
from tests.integration.images.xray import Run

# The article that this project starts from: what it measured, and what its first sentence says.
ARTICLE_MB = 47.8
CLAIM_MB = 33
SCALE = 14
LEFT, BAR, GAP, TOP = 110, 30, 14, 34
COLOURS = ("#4c78a8", "#9c755f", "#f58518", "#54a24b", "#72b7b2", "#e45756", "#b279a2", "#9d9da1")
SMALLEST_SHOWN_MB = 0.1


def svg(run: Run) -> str:
    """Draw a bar for each slim image, part by part, under the article's."""
    slim = [image for image in run.images if not image.name.endswith("-plain")]
    colours = dict(zip(slim[0].parts_bytes, COLOURS, strict=True))
    marks = [_row(0, "the article", [("#bbb", ARTICLE_MB, f"{ARTICLE_MB} MB measured, from 895")])]
    for number, image in enumerate(slim, 1):
        shares = [
            (colours[part], size / MB, f"{size / MB:.1f}" if size > MB else "")
            for part, size in image.parts_bytes.items()
            if size / MB >= SMALLEST_SHOWN_MB
        ]
        marks.append(_row(number, image.name, shares, f"{image.size_bytes / MB:.1f} MB"))
    bottom = TOP + (len(slim) + 1) * (BAR + GAP)
    claim = LEFT + CLAIM_MB * SCALE
    marks.append(f'<path d="M{claim} {TOP - 6}V{bottom}" stroke="#000" stroke-dasharray="4 3"/>')
    marks.append(f'<text x="{claim}" y="{TOP - 12}" text-anchor="middle">{CLAIM_MB} MB, the claim</text>')
    shown = [
        part for part in colours if any(image.parts_bytes[part] / MB >= SMALLEST_SHOWN_MB for image in slim)
    ]
    for number, part in enumerate(shown):
        x, y = LEFT + number % 4 * 160, bottom + 18 + number // 4 * 20
        marks.append(f'<rect x="{x}" y="{y - 11}" width="12" height="12" fill="{colours[part]}"/>')
        marks.append(f'<text x="{x + 18}" y="{y}">{escape(part)}</text>')
    size = f'width="{LEFT + 50 * SCALE}" height="{bottom + 50}"'
    body = "\n".join(marks)
    style = "font: 13px sans-serif"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{style}; background: #fff">\n{body}\n</svg>\n'
    )


def _row(number: int, name: str, shares: list[tuple[str, float, str]], total: str = "") -> str:
    y, x = TOP + number * (BAR + GAP), float(LEFT)
    marks = [f'<text x="{LEFT - 8}" y="{y + 20}" text-anchor="end">{escape(name)}</text>']
    for colour, size_mb, text in shares:
        width = size_mb * SCALE
        marks.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
        marks.append(f'<text x="{x + width / 2:.1f}" y="{y + 20}" text-anchor="middle">{text}</text>')
        x += width
    marks.append(f'<text x="{LEFT + CLAIM_MB * SCALE + 8}" y="{y + 20}">{total}</text>')
    return "\n".join(marks)
