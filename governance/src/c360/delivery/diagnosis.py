"""What a delivery that cannot be read as the contract says looks like instead: told to its owner, never acted upon."""

import codecs
import re
from collections.abc import Iterable

from c360.delivery.form import Form

_ONLY = "Deliver CSV or Parquet."
_UNPACK = "Unpack it; a CSV may be compressed by gzip or zstd."
_SAVE = "Save its sheet as CSV UTF-8, and deliver that."
_CONTAINERS = (
    (b"\x1f\x8b", "gzip data", "Unpack it once: one layer of gzip or zstd is read, and --compression none reads none."),
    (
        b"\x28\xb5\x2f\xfd",
        "zstd data",
        "Unpack it once: one layer of gzip or zstd is read, and --compression none reads none.",
    ),
    (b"PAR1", "Parquet", "Deliver the Parquet file itself: it is compressed inside."),
    (b"PARE", "an encrypted Parquet file", "Deliver it without encryption."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", _SAVE),
    (b"BZh", "bzip2 data", _UNPACK),
    (b"\xfd7zXZ\0", "xz data", _UNPACK),
    (b"\x04\x22\x4d\x18", "lz4 data", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!\x1a", "a RAR archive", _UNPACK),
    (b"\x1f\x9d", "data of compress", _UNPACK),
    (b"%PDF", "a PDF", _ONLY),
    (b"SQLite format 3", "an SQLite database", _ONLY),
    (b"ORC", "an ORC file", _ONLY),
    (b"Obj\x01", "an Avro file", _ONLY),
    (b"ARROW1", "an Arrow file", _ONLY),
    (b"\xff\xff\xff\xff", "an Arrow stream", _ONLY),
    (b"FEA1", "a Feather file", _ONLY),
    (b"\x89HDF", "an HDF5 file", _ONLY),
    (b"\x89PNG", "an image", _ONLY),
    (b"\xff\xd8\xff", "an image", _ONLY),
    (b"GIF8", "an image", _ONLY),
)
_DELIMITERS = {";": "`;`-separated", "\t": "tab-separated", "|": "`|`-separated", ",": "comma-separated"}
_JSON = re.compile(r"[\ufeff\s]*[\[{]\s*(?:[\"{}\[\]]|-?\d|\Z)")
_MARKUP = re.compile(r"[\ufeff\s]*<[?!a-zA-Z]")
_UNPRINTED = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a")) + b"\x7f"
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


def container(first: bytes) -> tuple[str, str] | None:
    """What a file with these first bytes is that is neither text nor a delivery, and what to do instead.

    >>> container(b"%PDF-1.7")
    ('a PDF', 'Deliver CSV or Parquet.')
    """
    if first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        if b"xl/" in first or b"[Content_Types].xml" in first or b"opendocument" in first:
            return "an Excel workbook or another office document", _SAVE
        return "a ZIP archive or an Excel workbook", "Unpack it, or save its sheet as CSV UTF-8, and deliver that."
    if first[257:262] == b"ustar":
        return "a tar archive", "Unpack it, and deliver the files in it."
    if first[8:12] == b"DUCK":
        return "a DuckDB database", _ONLY
    return next(((name, remedy) for magic, name, remedy in _CONTAINERS if first.startswith(magic)), None)


def looks_like(first: bytes, form: Form, columns: Iterable[str]) -> tuple[str, str] | None:
    """What the first bytes of a text look like, and the options that say so; None when like what `form` says, and for
    what is no text.

    >>> looks_like("id;größe\\n1;2\\n".encode("cp1252"), Form(), ["id", "größe"])
    ('`;`-separated Windows-1252', "--delimiter ';' --encoding windows-1252")
    """
    encoding = encoding_of(first)
    if not encoding:
        return None
    text = _decoded(first, encoding)
    if _JSON.match(text):
        return "JSON", ""
    if _MARKUP.match(text):
        return "XML or HTML", ""
    delimiter, same_case = _delimiter(text, form, list(columns))
    words, options = [], []
    if delimiter != form.delimiter:
        words.append(_DELIMITERS[delimiter])
        options.append(f"--delimiter {delimiter!r}")
    if text != _decoded(first, form.encoding):
        words.append({"windows-1252": "Windows-1252"}.get(encoding, encoding.upper()))
        options.append(f"--encoding {encoding}")
    if not same_case and not form.ignore_case:
        words.append("with names in another case" if words else "its names are in another case")
        options.append("--ignore-case")
    return (" ".join(words), " ".join(options)) if words else None


def encoding_of(first: bytes) -> str:
    """The encoding that these first bytes of a file look like; empty when they are no text in any."""
    for mark, encoding in _BOMS:
        if first.startswith(mark):
            return encoding
    for encoding, zeros in (("utf-16-le", first[1:200:2]), ("utf-16-be", first[0:200:2])):
        if len(zeros) > 2 and zeros.count(0) > len(zeros) * 0.8:
            return encoding
    read = codecs.getincrementaldecoder("utf-8")(errors="replace").decode(first)
    bad = read.count("\ufffd")
    letters = sum(not letter.isascii() for letter in read) - bad
    if letters >= bad:  # of another encoding, next to nothing reads as a letter of UTF-8
        return "utf-8"
    try:
        first.decode("windows-1252")  # what ISO 8859-1 has is the same there, and it is what spreadsheets write
    except UnicodeDecodeError:
        return ""
    return "" if any(byte in first for byte in _UNPRINTED) else "windows-1252"


def _decoded(first: bytes, encoding: str) -> str:
    """Without the letter that is cut at the end of the first bytes, and without the mark of the encoding."""
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(first).removeprefix("\ufeff")


def _delimiter(text: str, form: Form, columns: list[str]) -> tuple[str, bool]:
    """Under which delimiter the header has most of the contract's names, and whether they are in the same case."""
    header = text.splitlines()[0] if text.strip("\ufeff \r\n") else ""
    folded = {name.casefold() for name in columns}

    def names(delimiter: str) -> list[str]:
        return [name.strip(' "') for name in header.split(delimiter)]

    best = max((form.delimiter, *_DELIMITERS), key=lambda d: sum(name.casefold() in folded for name in names(d)))
    found = [name for name in names(best) if name.casefold() in folded]
    return best, not found or any(name in columns for name in found)
