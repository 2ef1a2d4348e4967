"""What a delivery that cannot be read as the contract says looks like instead: told to its owner, never acted upon."""

import codecs
from collections.abc import Iterable

from c360.gate.form import Form

_MAGIC = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"SQLite format 3", "an SQLite database"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1", "an Arrow file"),
)
_DELIMITERS = {";": "`;`-separated", "\t": "tab-separated", "|": "`|`-separated", ",": "comma-separated"}


def looks_like(first: bytes, form: Form, columns: Iterable[str]) -> tuple[str, str] | None:
    """What the first bytes of a file look like, and the options that say so; None when like what `form` says.

    >>> looks_like("id;größe\\n1;2\\n".encode("cp1252"), Form(), ["id", "größe"])
    ('`;`-separated Windows-1252', "--delimiter ';' --encoding windows-1252")
    """
    for magic, name in _MAGIC:
        if first.startswith(magic):
            return name, ""
    encoding = encoding_of(first)
    text = first.decode(encoding, errors="replace")
    if text.lstrip("\ufeff \r\n\t")[:1] in ("{", "["):
        return "JSON", ""
    delimiter, same_case = _delimiter(text, form, list(columns))
    words, options = [], []
    if delimiter != form.delimiter:
        words.append(_DELIMITERS[delimiter])
        options.append(f"--delimiter {delimiter!r}")
    if codecs.lookup(encoding) != codecs.lookup(form.encoding):
        words.append({"windows-1252": "Windows-1252"}.get(encoding, encoding.upper()))
        options.append(f"--encoding {encoding}")
    if not same_case and not form.ignore_case:
        words.append("with names in another case" if words else "its names are in another case")
        options.append("--ignore-case")
    return (" ".join(words), " ".join(options)) if words else None


def encoding_of(first: bytes) -> str:
    """The encoding that these first bytes of a file look like."""
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, zeros in (("utf-16-le", first[1:200:2]), ("utf-16-be", first[0:200:2])):
        if len(zeros) > 2 and zeros.count(0) > len(zeros) * 0.8:
            return encoding
    try:
        codecs.getincrementaldecoder("utf-8")().decode(first)
        return "utf-8"
    except UnicodeDecodeError:
        return "windows-1252"  # every byte that ISO 8859-1 has is the same there, and it is what spreadsheets write


def _delimiter(text: str, form: Form, columns: list[str]) -> tuple[str, bool]:
    """Under which delimiter the header has most of the contract's names, and whether they are in the same case."""
    header = text.lstrip("\ufeff").splitlines()[0] if text.strip("\ufeff \r\n") else ""
    folded = {name.casefold() for name in columns}

    def names(delimiter: str) -> list[str]:
        return [name.strip(' "') for name in header.split(delimiter)]

    best = max((form.delimiter, *_DELIMITERS), key=lambda d: sum(name.casefold() in folded for name in names(d)))
    found = [name for name in names(best) if name.casefold() in folded]
    return best, not found or any(name in columns for name in found)
