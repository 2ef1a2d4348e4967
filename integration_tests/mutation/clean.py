"""Clean data: 100 rows a table that keep every clause, many of them exactly at a bound. Values as delivered."""

from datetime import datetime, timedelta

from c360.fake.changes import Row

NOW = datetime(2026, 3, 1, 12, 0)
"""The clock of every check, in UTC."""
ROWS = 100


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat(" ")


def cycle(number: int, *values: str | None) -> str | None:
    return values[number % len(values)]


def people(n: int) -> Row:
    return {"id": str(n), "mail": f"p{n}@example.com"}


def places(n: int) -> Row:
    return {"region": cycle(n, "north", "south"), "number": str(n)}


def texts(n: int) -> Row:
    return {
        "id": str(n),
        "status": cycle(n, "new", "it's", "Clothing, Shoes & Accessories", "back\\slash", "Ärger", "{{ braces }}"),
        "flag": cycle(n, "", "x", None, "5%"),
        "size": cycle(n, "1", "2", "3", None),
        "code": cycle(n, "AB123", "ZZ000", None),
        "path": cycle(n, "c:\\temp", "x\\y_1"),
        "loose": cycle(n, "abc", "--abc--", "a\nabc"),
        "word": cycle(n, "cat", "a cat sat", "cat-like"),
        "title": cycle(n, "ab", "abcde", "äöü日本", "  ", None),
    }


def dates(n: int) -> Row:
    return {
        "id": str(n),
        "day": cycle(n, "2024-02-29", "1999-12-31", None),
        "at": cycle(n, "2024-02-29 23:59:59.999", "2000-01-01 00:00:00.000", None),
        "at_iso": cycle(n, "2024-02-29T23:59:59Z", "2000-01-01T00:00:00Z"),
        "dmy": cycle(n, "29/02/2024", "31/12/1999", None),
    }


def formats(n: int) -> Row:
    return {
        "id": str(n),
        "u": cycle(n, "5f0c9b86-4c9d-4c02-8e9c-7e1d3f6a2b10", "5F0C9B86-4C9D-4C02-8E9C-7E1D3F6A2B10", None),
        "mail": cycle(n, f"p{n}@example.com", "o'neil+shop@mail.example.co.uk", "{x}@localhost", None),
        "host": cycle(n, "example.com", "a-1.b", "localhost", None),
        "v4": cycle(n, "0.0.0.0", "255.255.255.255", "127.0.0.1", None),  # noqa: S104
        "v6": cycle(n, "::", "2001:db8::8a2e:370:7334", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::"),
        "link": cycle(n, "https://example.com/a?b=%20#c", "mailto:a@b", "urn:isbn:1", None),
        "blob": cycle(n, "", "YQ==", "YWI=", "YWJj", None),
        "day": cycle(n, "2024-02-29", "1999-12-31", None),
        "clock": cycle(n, "23:59:59Z", "00:00:00.123+05:30", None),
        "stamp": cycle(n, "2024-02-29T23:59:59Z", "2024-02-29t00:00:00.5-11:00", None),
        "old": cycle(n, "29.02.2024", None),
        "tiny": cycle(n, "0", "255", None),
        "wide": cycle(n, "-9223372036854775808", "9223372036854775807", None),
    }


def late(n: int) -> Row:
    return {"id": str(n), "happened": cycle(n, ago(hours=5), None), "loaded": cycle(n, ago(hours=3) + "+00", None)}


def numbers(n: int) -> Row:
    return {
        "id": str(n),
        "whole": cycle(n, "1", "10", "5", None),
        "open": cycle(n, "1", "9", None),
        "large": cycle(n, "-9007199254740993", "9007199254740993", None),
        "price": cycle(n, "0", "0.05", "19.95", "9999999999.95", None),
        "exact": cycle(n, "-1", "1", "1.000", "0.99999999999999999999", None),
        "rate": cycle(n, "0.5", "99.5", None),
        "ratio": cycle(n, "5e-324", "0.9999999999999999", "0.5", None),
        "share": cycle(n, "0.1", "0.7", "0.5", None),
        "step": cycle(n, "0.3", "0.7", "-1.1", "0", "123456.7", None),
        "packs": cycle(n, "0", "6", "-12", "600", None),
    }


def moments(n: int) -> Row:
    return {
        "id": str(n),
        "born": cycle(n, "1900-01-01", "2026-02-28", None),
        "paid": cycle(n, "2020-01-02", "2025-12-31", None),
        "seen": cycle(n, "2020-01-01 00:00:00", "2026-02-28 23:59:59.999", None),
        "left": cycle(n, "2020-01-01 00:00:00.000001", "2025-12-31 23:59:59.999999", None),
        "touched": cycle(n, "2020-01-01 00:00:00+00", "2026-01-01 00:00:00+00", "2026-01-01 05:00:00+05", None),
        "kept": cycle(n, ago(days=365), ago(days=1), None),
        "loaded_at": cycle(n, ago(hours=23, minutes=59), ago(days=20)),
    }


def hours(n: int) -> Row:
    return {"id": str(n), "loaded_at": cycle(n, ago(hours=11, minutes=59) + "+00", ago(days=3) + "+00", None)}


def minutes(n: int) -> Row:
    return {"id": str(n), "loaded_at": cycle(n, ago(minutes=29, seconds=59), ago(days=3))}


def versions(n: int) -> Row:
    return {
        "id": str(n),
        "owner": cycle(n, "Ann", "Cem"),
        "note": cycle(n, "first", None),
        "due": cycle(n, "28/02/2026", "31/12/1999", None),
        "at": cycle(n, "2026-03-02", "2025-12-31", None),
        "seen": cycle(n, "2026-03-01 12:00:00+00", "2026-03-01 17:00:00+05", None),
        "loaded_at": ago(hours=3),
    }


def owners(n: int) -> Row:
    return {"id": str(n)}


def keys(n: int) -> Row:
    return {
        "region": cycle(n, "north", "south"),
        "number": str(n // 2),
        "serial": str(1000 + n) if n % 10 else None,
        "parent_serial": cycle(n, None, "1001", str(1000 + n - n % 10 + 3)),
        "owner_id": cycle(n, "5", None, str(n)),
        "person_id": cycle(n, str(n), None),
        "mail": cycle(n, f"p{n}@example.com", None),
        "place_region": cycle(n, "north", "south", "south", None),
        "place_number": cycle(n, "4", "9", None, "77"),
    }


def types(n: int) -> Row:
    return {
        "id": str(n), "v": cycle(n, "0123456789", ""), "n": cycle(n, "9999999999.99", "1.5"), "ts": ago(hours=n),
        "tz": ago(hours=n) + "+00", "i": str(n), "b": str(2**40 + n), "s": "7", "t": "any text", "c": "abc",
        "d": "2024-02-29", "f": "1.5", "r": "0.1", "bo": cycle(n, "true", "false"),
        "u": f"00000000-0000-4000-8000-{n:012d}", "j": '{"a": 1}', "tm": "23:59:59",
        "ts3": "2024-02-29 23:59:59.999", "by": "\\x00ff", "any": "1.23456789",
    }  # fmt: skip


def documents(n: int) -> Row:
    return {
        "id": str(n),
        "address": cycle(n, '{"city": "Perth", "kind": "O\'Brien\'s", "since": "2020-01-01"}',
                         '{"city": "Kalgoorli", "kind": "{{ braces }}", "more": [null]}', None),
        "lines": cycle(n, '[{"sku": "A1", "price": 0.01}, {"sku": "A1", "price": 0.02}]', '[null]', None),
        "words": cycle(n, "{ab,NULL}", "{}", None),
        "prices": cycle(n, '{"AUD": 0, "EUR": 3.0}', "{}", None),
    }  # fmt: skip


def open_types(n: int) -> Row:
    return {"id": str(n), "t": "any text"}


def counts(n: int) -> Row:
    return {"id": str(n)}


def metrics(n: int) -> Row:
    return {
        "id": str(n),
        "some": None if n < 4 else "here",
        "most": None if n < 5 else "here",
        "known": {0: None, 1: "N/A"}.get(n, "known"),
        "level": cycle(n, "0", "1"),
        "grade": cycle(n, "A", "B", None) if n > 1 else cycle(n, "it's", "a,b"),
        "mark": "x" if n < 2 else cycle(n, "1", "9", None),
        "once": None if n < 3 else f"value {n}",
        "seldom": "twice" if n < 2 else f"value {n}",
        "twin": "twice" if n < 5 else f"value {n}",
        "g1": str(n // 10),
        "g2": str(n % 10) if n else None,
        "g3": str(n % 10),
        "g4": str(n // 10),
    }


def rules(n: int) -> Row:
    return {
        "id": str(n),
        "total": cycle(n, "10.00", "9.00", "11.00"),
        "tax": cycle(n, "1.00", "9.00", None),
        "quantity": cycle(n, "1", "2", "3", "4", None),
        "note": cycle(n, "it's -- late", None),
        "person_id": cycle(n, str(n), None),
    }


def order_lines(n: int) -> Row:
    return {
        "Order Id": str(n),
        "select": "1",
        "MixedCase": cycle(n, "Yes", "No"),
        "Ref.No": f"R-{n}",
        "the amount": cycle(n, "0.50", "500.00", None),
        "größe": cycle(n, "groß", None),
        "user": cycle(n, str(n), None),
        "Parent Line": cycle(n, "0", None, str(n)),
        "say.so": str(n),
        "order": ago(hours=n + 1),
    }


def soft(n: int) -> Row:
    return {"id": str(n), "score": str(n + 1), "hint": None if n < 2 else "here"}


def summary(n: int) -> Row:
    return {
        "id": str(n),
        "label": "ab" if n == 0 else f"label{n}",
        "grade": cycle(n, "A", "B's", None),
        "score": cycle(n, "0", "100", "0.25", None),
        "weight": cycle(n, "5e-324", "1e300", None),
        "day": cycle(n, "2024-02-29", None),
        "loaded_at": ago(hours=23, minutes=59) if n == 0 else ago(days=29),
    }


def clean(dataset: str) -> list[Row]:
    make = globals()[dataset]
    return [make(n) for n in range(ROWS)]
