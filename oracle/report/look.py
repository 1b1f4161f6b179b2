"""How a report looks on the terminal it goes to: how wide, and whether in colour. Colour only ever repeats what words say."""

from __future__ import annotations

from dataclasses import dataclass

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"


@dataclass(frozen=True, slots=True)
class Look:
    """Width in columns, and whether to colour."""

    width: int = 120
    colour: bool = False

    def paint(self, text: str, *codes: str) -> str:
        """The text in these colours, if there are any."""
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m" if self.colour and text else text

    def heading(self, text: str) -> str:
        """A heading."""
        return self.paint(text, BOLD)

    def quiet(self, text: str) -> str:
        """What a reader may skip."""
        return self.paint(text, DIM)

    def good(self, text: str) -> str:
        """What went as expected."""
        return self.paint(text, GREEN)

    def bad(self, text: str) -> str:
        """What did not go as expected."""
        return self.paint(text, BOLD, RED)

    def note(self, text: str) -> str:
        """What deserves a look and is no failure."""
        return self.paint(text, YELLOW)

    def name(self, text: str) -> str:
        """The name of a thing: a path, a flavor."""
        return self.paint(text, CYAN)
