"""Nested values of Arrow (struct, list, map) as JSON text, for columns of type json and jsonb; nothing is rounded.

Decimals and integers are numbers with all their digits, times are ISO 8601 (an instant in UTC, with Z), bytes are
base64 (RFC 4648), keys of a map are texts. What JSON has no value for, such as NaN, is written as it is called: that is
no JSON, so the row of it does not cast.
"""

from base64 import b64encode
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE = ("smallint", "integer", "bigint")


def is_nested(kind: "pa.DataType") -> bool:
    """Whether a value of this type has values in it."""
    from pyarrow import types as t

    return bool(t.is_nested(kind))


def has_json(kind: Any) -> bool:
    """Whether every value of the type, and every value in it, has a JSON text (or says what it is instead)."""
    import pyarrow as pa
    from pyarrow import types as t

    if isinstance(kind, pa.BaseExtensionType):
        return has_json(kind.storage_type)
    if t.is_dictionary(kind):
        return has_json(kind.value_type)
    if t.is_struct(kind):
        return all(has_json(kind.field(i).type) for i in range(kind.num_fields))
    if t.is_map(kind):
        return not is_nested(kind.key_type) and has_json(kind.key_type) and has_json(kind.item_type)
    if _is_list(kind):
        return has_json(kind.value_type)
    return not (is_nested(kind) or t.is_duration(kind) or t.is_interval(kind))


def texts(array: "pa.Array") -> list[str]:
    """The JSON text of each value; null is `null`."""
    import pyarrow as pa
    from pyarrow import types as t

    kind = array.type
    if isinstance(kind, pa.BaseExtensionType):
        return _uuids(array.storage) if kind.extension_name == "arrow.uuid" else texts(array.storage)
    if t.is_dictionary(kind):
        return texts(array.dictionary_decode())
    if t.is_struct(kind):
        names = [f"{_quoted(kind.field(i).name)}: " for i in range(kind.num_fields)]
        members = [texts(member) for member in array.flatten()]
        rows = zip(*members, strict=True) if members else ((),) * len(array)
        there = array.is_valid().to_pylist()
        return [
            "{" + ", ".join(map(str.__add__, names, row)) + "}" if valid else "null"
            for valid, row in zip(there, rows, strict=True)
        ]
    if t.is_map(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        keys = (_as_key(key) for key in texts(array.keys[first:last]))
        pairs = [f"{key}: {item}" for key, item in zip(keys, texts(array.items[first:last]), strict=True)]
        return _parted(array, pairs, "{}")
    if t.is_fixed_size_list(kind):
        return _parted(array, texts(array.flatten()), "[]")
    if _is_list(kind):
        first, last = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return _parted(array, texts(array.values[first:last]), "[]")
    return ["null" if text is None else text for text in _leaves(array)]


def _is_list(kind: Any) -> bool:
    from pyarrow import types as t

    return bool(t.is_list(kind) or t.is_large_list(kind) or t.is_fixed_size_list(kind))


def _parted(array: "pa.Array", items: list[str], brackets: str) -> list[str]:
    """The items of all values, one behind the other, as the list or the object of each."""
    from pyarrow import types as t

    there = array.is_valid().to_pylist()
    if t.is_fixed_size_list(array.type):  # what is null has no items in its flat form
        size, at, ends = array.type.list_size, 0, [0]
        for valid in there:
            at += size if valid else 0
            ends.append(at)
    else:
        ends = array.offsets.to_pylist()
    start, opened, closed = ends[0], brackets[0], brackets[1]
    return [
        f"{opened}{', '.join(items[begin - start : end - start])}{closed}" if valid else "null"
        for valid, begin, end in zip(there, ends, ends[1:], strict=False)
    ]


def _leaves(array: "pa.Array") -> list[str | None]:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types as t

    kind = array.type
    if any(test(kind) for test in (t.is_string, t.is_large_string, t.is_string_view)):
        found = array.cast(pa.large_binary()).to_pylist()
        return [None if value is None else _quoted(value.decode("utf-8", "surrogateescape")) for value in found]
    if any(test(kind) for test in (t.is_binary, t.is_large_binary, t.is_binary_view, t.is_fixed_size_binary)):
        return [None if value is None else f'"{b64encode(value).decode()}"' for value in array.to_pylist()]
    if t.is_decimal(kind):
        return [None if value is None else f"{value:f}" for value in array.to_pylist()]
    if t.is_floating(kind):
        return list(floats(array, "numeric").to_pylist())
    if t.is_temporal(kind):
        zoned = t.is_timestamp(kind) and kind.tz
        column = array.cast(pa.timestamp(kind.unit)) if zoned else array
        spelled = pc.replace_substring(column.cast(pa.string()), " ", "T")
        return [None if text is None else f'"{text}{"Z" if zoned else ""}"' for text in spelled.to_pylist()]
    plain: list[str | None] = array.cast(pa.string()).to_pylist()  # numbers, true and false, null
    return plain


def _uuids(array: "pa.Array") -> list[str]:
    from uuid import UUID

    return ["null" if value is None else f'"{UUID(bytes=value)}"' for value in array.to_pylist()]


def _as_key(text: str) -> str:
    return text if text.startswith('"') else f'"{text}"'


def _quoted(text: str) -> str:
    """As a JSON string. NUL stays as it is: no text of Postgres holds one, so its row is set aside."""
    return f'"{text}"' if "\0" in text else encode_basestring(text)


def floats(column: "pa.Array", wanted: str) -> "pa.Array":
    """The shortest text that reads as the same float in the wanted type (canonical). That of a large whole one is
    not its exact value, which a decimal or an integer would take, and may lie half-way to the next: then all its
    digits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    doubles = column.cast(pa.float64())
    texts = (doubles if wanted == "double precision" else column).cast(pa.string())
    if wanted == "real":
        singles = column.cast(pa.float32(), safe=False)
        texts = pc.if_else(pc.equal(singles.cast(pa.float64()), doubles), singles.cast(pa.string()), texts)
    for spelled, meant in (("nan", "NaN"), ("inf", "Infinity"), ("-inf", "-Infinity")):
        texts = pc.if_else(pc.equal(texts, spelled), meant, texts)
    exact = wanted in WHOLE or wanted.startswith("numeric")
    least, most = (2.0**53 if wanted == "double precision" else 2.0**24), (float("inf") if exact else 9e18)
    large = pc.and_(pc.greater_equal(pc.abs(doubles), least), pc.less(pc.abs(doubles), most))
    if not pc.any(large).as_py():
        return texts
    digits = [f"{value:.0f}" for value in doubles.filter(pc.fill_null(large, False)).to_pylist() if value.is_integer()]
    whole = pc.and_(large, pc.equal(pc.floor(doubles), doubles))
    return pc.replace_with_mask(texts, pc.fill_null(whole, False), pa.array(digits, pa.string()))
