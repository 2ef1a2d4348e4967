"""Texts that look like what a column says it holds: names, streets, companies, by its name and classification.

Faker is slow, so that it only fills pools. Mails and hosts lie in domains that are reserved for examples (RFC 2606),
telephone numbers and addresses of machines are those that are kept free for fiction and documentation.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from c360.model import Column

SIZE = 400
_HEX = "^[0-9a-f]{32}$"
BY_FORMAT = {
    "hostname": r"^(www|api|shop|mail)[1-9]?\d?\.example\.(com|net|org)$",
    "ipv4": r"^(192\.0\.2|198\.51\.100|203\.0\.113)\.([1-9]\d?|1\d\d|2[0-4]\d)$",
    "ipv6": "^2001:db8(:[0-9a-f]{4}){6}$", "byte": "^([A-Za-z0-9+/]{4}){2,6}$",
    "uri": r"^https://www\.example\.(com|net|org)/[a-z]{3,9}/[1-9]\d{0,5}$",
}  # fmt: skip
"""Patterns of formats that ODCS names."""
BY_TYPE = {
    "inet": BY_FORMAT["ipv4"], "cidr": r"^198\.51\.100\.\d/32$", "macaddr": "^00:00:5e:00:53:[0-9a-f]{2}$",
    "bytea": r"^\\x([0-9a-f]{2}){4,12}$", "interval": r"^P[1-9]DT([1-9]|1\d)H$", "xml": "^<item>[a-z]{3,9}</item>$",
    "point": r"^\([1-9],[1-9]\)$", "int4range": r"^\[[1-4],[5-9]\)$", "int8range": r"^\[[1-4],[5-9]\)$",
    "numrange": r"^\[[1-4]\.5,[5-9]\.5\)$", "daterange": r"^\[2024-0[1-9]-01,2025-0[1-9]-01\)$",
    "tsrange": r'^\["2024-0[1-9]-01 00:00:00","2025-0[1-9]-01 00:00:00"\)$',
    "tstzrange": r'^\["2024-0[1-9]-01 00:00:00\+00","2025-0[1-9]-01 00:00:00\+00"\)$',
    "time with time zone": r"^(0\d|1\d):[0-5]\d:[0-5]\dZ$", "tsvector": "^'[a-z]{3,9}'$", "boolean": "^(true|false)$",
    "json": r'^\{"[a-z]{2,6}": [1-9]\d?\}$', "jsonb": r'^\{"[a-z]{2,6}": [1-9]\d?\}$',
}  # fmt: skip
"""Patterns of types that Postgres has of its own."""
_BY_WORD: tuple[tuple[str, str], ...] = (
    (r"user_?agent", "user_agent"), (r"e?_?mail", "mail"), (r"user_?name|login|nick|handle", "user"),
    (r"(first|given|fore)_?name", "first_name"), (r"(last|family)_?name|surname", "last_name"),
    (r"phone|mobile|telefax|\bfax\b", r"^\+1-202-555-01\d\d$"), (r"iban", "iban"), (r"\b(bic|swift)", "swift"),
    (r"company|employer|organi[sz]ation|vendor|supplier|merchant|brand|manufacturer", "company"),
    (r"street", "street_address"), (r"post_?(al_?)?code|\bzip|\bplz", "postcode"), (r"city|town|suburb", "city"),
    (r"address", "address"), (r"country_?(code|iso)|(code|iso)_?country", "country_code"),
    (r"country|nation", "country"), (r"domain|host", BY_FORMAT["hostname"]),
    (r"\bstate\b|province", "state"), (r"currency", "currency_code"), (r"\blang", "language_code"),
    (r"locale", "locale"), (r"url|\buri|link|website|homepage", BY_FORMAT["uri"]),
    (r"\bip\b|ip_addr", BY_FORMAT["ipv4"]), (r"gender|\bsex\b", "^(F|M|X)$"), (r"occupation|profession|\bjob", "job"),
    (r"colou?r", "color_name"), (r"time_?zone", "timezone"), (r"mime|content_?type", "mime_type"),
    (r"hash|sha\d|md5|digest|token|fingerprint", _HEX), (r"file", "file_name"), (r"uuid|guid", "uuid4"),
    (r"description|comment|note|remark|text|message|summary|review", "sentence"), (r"title|subject|headline", "bs"),
    (r"\bname\b", "name"), (r"sku|code|reference|number|\bno\b|\bid\b|_id\b|key", r"^[A-Z]{2}\d{6}$"),
)  # fmt: skip
"""By a pattern of a column's name: what of Faker's fills its pool, or a pattern of our own."""
_YEAR = 365 * 86_400_000_000
_USUAL: tuple[tuple[str, Any], ...] = (
    (r"birth|\bdob\b", (16 * _YEAR, 95 * _YEAR)), (r"\bage\b", (18, 90)), (r"year", (2000, 2025)),
    (r"percent|\bpct\b|score", (0, 100)), (r"quantity|\bqty\b|count|items", (1, 9)), (r"latitude|\blat\b", (-60, 70)),
    (r"longitude|\blon\b|\blng\b", (-180, 180)), (r"rating|stars", (1, 5)),
    (r"amount|price|cost|total|fee|tax", (1, 500)),
)  # fmt: skip
_DOMAINS = ("example.com", "example.net", "example.org")
_PUBLIC = ("", "public", "internal")


def usual(column: Column) -> Any:
    """The first and last number that people expect in a column, or ages in microseconds; None where its name tells
    nothing."""
    return next((span for words, span in _USUAL if re.search(words, _words(column))), None)


def known(column: Column) -> str:
    """What fills the column: the name of a pool, or a pattern (which begins with ^); empty where nothing tells."""
    found = next((what for words, what in _BY_WORD if re.search(words, _words(column))), "")
    return "bs" if found == "name" and column.classification in _PUBLIC else found


@cache
def pool(what: str, seed: int) -> tuple[str, ...]:
    """Different texts: those of the pool of that name, or plain words of that name's length for an unknown one."""
    from faker import Faker

    fake = Faker("en_AU")
    fake.seed_instance(f"{seed} {what}")
    made = _MADE.get(what)
    draw = made(fake) if made else getattr(fake, what)
    return tuple(dict.fromkeys(" ".join(str(draw()).split()) for _ in range(SIZE)))


def _mail(fake: Any) -> Callable[[], str]:
    return lambda: f"{_user(fake)()}@{fake.random_element(_DOMAINS)}"


def _user(fake: Any) -> Callable[[], str]:
    return lambda: re.sub("[^a-z.]", "", f"{fake.first_name()}.{fake.last_name()}".lower())


_MADE: dict[str, Callable[[Any], Callable[[], str]]] = {
    "mail": _mail,
    "user": _user,
    "name": lambda fake: lambda: f"{fake.first_name()} {fake.last_name()}",
    "address": lambda fake: lambda: fake.address().replace("\n", ", "),
    "words": lambda fake: lambda: " ".join(fake.words(2)),
}


def numbered(text: str, number: int) -> str:
    """The same text made another by a number: before the @ of a mail, else at its end."""
    name, at, host = text.partition("@")
    return f"{name}{number}@{host}" if at else f"{text} {number}" if " " in text else f"{text}{number}"


def _words(column: Column) -> str:
    """`customerEmail_2` as `customer_email_2`, and once more with blanks, so that words have edges."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name).lower().replace("-", "_").replace(" ", "_")
    return f"{snake} {snake.replace('_', ' ')}"
