"""The colours of every picture, for a light and a dark page; the pair differs for colour-blind eyes, too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they mean, as #rrggbb."""

    ground: str
    card: str
    ink: str
    quiet: str
    line: str
    band: str
    control: str
    candidate: str


# Vermilion and blue of Okabe and Ito's set, darkened or lightened until text in them has a contrast of 4.5.
LIGHT = Palette(
    ground="#f6f7f8",
    card="#ffffff",
    ink="#1c2127",
    quiet="#59636e",
    line="#d5dbe1",
    band="#e4e8ec",
    control="#b34700",
    candidate="#0065a8",
)
DARK = Palette(
    ground="#101419",
    card="#191f26",
    ink="#e8edf2",
    quiet="#a0abb6",
    line="#37414c",
    band="#2b343e",
    control="#f2a33a",
    candidate="#5cb8f0",
)
