"""On which line of a TOML text each key stands: tomllib gives values and no places.

The text has been parsed by tomllib before, so nothing is validated here: this only walks over what is known to be
valid. A place is a tuple of keys and of indices (from 0) into arrays and arrays of tables.
"""

from __future__ import annotations

Place = tuple[str | int, ...]

_BARE_END = frozenset(" \t\r\n,]}#=.")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def locate(text: str) -> dict[Place, int]:
    """Place of each key, table and array element -> its line, counted from 1; ``text`` is valid TOML."""
    return _Walk(text.replace("\r\n", "\n")).run()


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.lines: dict[Place, int] = {}
        self.tables: dict[Place, int] = {}  # arrays of tables: how many elements so far
        self._counted = (0, 1)  # offset and the line there

    def run(self) -> dict[Place, int]:
        table: Place = ()
        while self._skip(" \t\n"):
            if self.text.startswith("[[", self.at):
                table = self._array_header()
            elif self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _line(self) -> int:
        offset, line = self._counted
        line += self.text.count("\n", offset, self.at)
        self._counted = (self.at, line)
        return line

    def _note(self, place: Place, line: int) -> None:
        self.lines.setdefault(place, line)

    def _skip(self, blanks: str) -> bool:
        """Go over blanks and comments; False at the end of the text."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in blanks:
                self.at += 1
            else:
                return True
        return False

    def _inside(self, keys: list[str]) -> Place:
        """The place of a table's name, each array of tables on the way standing for its latest element."""
        place: Place = ()
        for key in keys:
            place = (*place, key)
            if place in self.tables:
                place = (*place, self.tables[place] - 1)
        return place

    def _header(self) -> Place:
        line = self._line()
        self.at += 1
        keys = self._keys("]")
        self.at += 1
        place = self._inside(keys)
        for length in range(1, len(place) + 1):
            self._note(place[:length], line)
        return place

    def _array_header(self) -> Place:
        line = self._line()
        self.at += 2
        keys = self._keys("]")
        self.at += 2
        array = (*self._inside(keys[:-1]), keys[-1])
        index = self.tables.get(array, 0)
        self.tables[array] = index + 1
        self._note(array, line)
        place = (*array, index)
        self._note(place, line)
        return place

    def _pair(self, table: Place) -> None:
        line = self._line()
        keys = self._keys("=")
        self.at += 1
        place = table
        for key in keys:
            place = (*place, key)
            self._note(place, line)
        self._skip(" \t")
        self._value(place)

    def _keys(self, end: str) -> list[str]:
        keys = []
        while True:
            self._skip(" \t")
            if self.text[self.at] in "\"'":
                keys.append(self._string())
            else:
                begin = self.at
                while self.text[self.at] not in _BARE_END:
                    self.at += 1
                keys.append(self.text[begin : self.at])
            self._skip(" \t")
            if self.text[self.at] == end:
                return keys
            self.at += 1  # the dot

    def _value(self, place: Place) -> None:
        sign = self.text[self.at]
        if sign in "\"'":
            self._string()
        elif sign == "[":
            self._array(place)
        elif sign == "{":
            self._inline_table(place)
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _array(self, place: Place) -> None:
        self.at += 1
        index = 0
        while self._skip(" \t\n,") and self.text[self.at] != "]":
            self._note((*place, index), self._line())
            self._value((*place, index))
            index += 1
        self.at += 1

    def _inline_table(self, place: Place) -> None:
        self.at += 1
        while self._skip(" \t\n,") and self.text[self.at] != "}":
            self._pair(place)
        self.at += 1

    def _string(self) -> str:
        """Go over a string of any kind; its text, which matters for quoted keys only."""
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            self.at += 3
            self._to_end_of_long_string(quote)
            return ""
        self.at += 1
        parts: list[str] = []
        while self.text[self.at] != quote:
            if quote == '"' and self.text[self.at] == "\\":
                parts.append(self._escape())
            else:
                parts.append(self.text[self.at])
                self.at += 1
        self.at += 1
        return "".join(parts)

    def _escape(self) -> str:
        kind = self.text[self.at + 1]
        digits = {"u": 4, "U": 8}.get(kind, 0)
        begin = self.at + 2
        self.at = begin + digits
        return chr(int(self.text[begin : self.at], 16)) if digits else _ESCAPES.get(kind, "")

    def _to_end_of_long_string(self, quote: str) -> None:
        while not self.text.startswith(quote * 3, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += 3
        while self.text.startswith(quote, self.at):  # up to two quotes may end the text itself
            self.at += 1
