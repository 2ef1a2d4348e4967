"""The kinds of defect: what each does to a row, and which clauses the result breaks.

They are independent of the gate's code on purpose: what they promise is checked against it. Left out is what
reasonable gates may judge differently (a UUID in braces, 24:00:00, NaN).
"""

from collections.abc import Callable

Row = dict[str, str | None]
Planted = list[tuple[Row, list[str]]]
"""What takes a row's place, and rows to add elsewhere in the file; each with the clauses that it breaks."""
Kind = Callable[[Row, int], Planted]


def _change(*clauses: str, **columns) -> Kind:
    """A kind that sets columns to a value, to the result of a function of the row, or to one of a tuple."""

    def kind(row: Row, turn: int) -> Planted:
        return [(_changed(row, turn, columns), sorted(clauses))]

    return kind


def _conflict(key: str, *clauses: str, **columns) -> Kind:
    """A kind that adds a row with the same key and other contents, which also breaks `clauses`."""

    def kind(row: Row, turn: int) -> Planted:
        return [(row, [key]), (_changed(row, turn, columns), sorted([key, *clauses]))]

    return kind


def _duplicate(copies: int) -> Kind:
    return lambda row, turn: [(row, [])] * (1 + copies)


def _changed(row: Row, turn: int, columns: dict) -> Row:
    def value(of):
        of = of[turn % len(of)] if isinstance(of, tuple) else of
        return of(row) if callable(of) else of

    return {**row, **{column: value(of) for column, of in columns.items()}}


def _no_uuid(column: str) -> Callable[[Row], str]:
    return lambda row: f"{row[column]}"[:-1] + "z"


NOT_A_TIME = ("2025-13-01 00:00:00", "2025-06-31 12:00:00", "some time ago")
CONTACTS: dict[str, Kind] = {
    "id missing": _change("contacts.id.required", id=None),
    "id no uuid": _change("contacts.id.physicalType", id=_no_uuid("id")),
    "username missing": _change("contacts.username.required", username=None),
    "username too long": _change("contacts.username.maxLength", username=lambda row: row["username"].ljust(101, "x")),
    "name missing": _change("contacts.name.required", name=None),
    "mail missing": _change("contacts.mail.required", mail=None),
    "mail malformed": _change(
        "contacts.mail.pattern",
        mail=(
            lambda row: row["mail"].replace("@", "."),
            lambda row: row["username"] + "@localhost",
            lambda row: "the " + row["mail"],
            lambda row: "@" + row["mail"],
        ),
    ),
    "birthdate missing": _change("contacts.birthdate.required", birthdate=None),
    "birthdate no date": _change("contacts.birthdate.physicalType", birthdate="unknown"),
    "birthdate on no calendar": _change(
        "contacts.birthdate.physicalType", birthdate=("1990-02-30", "2023-02-29", "1985-13-01")
    ),
    "birthdate before 1900": _change("contacts.birthdate.minimum", birthdate=("1899-12-31", "0985-07-01")),
    "birthdate in the future": _change("contacts.birthdate.not_in_future", birthdate="2999-01-01"),
    "load time missing": _change("contacts._loaded_at_utc.required", _loaded_at_utc=None),
    "load time no time": _change("contacts._loaded_at_utc.physicalType", _loaded_at_utc=NOT_A_TIME),
    "several clauses": _change(
        "contacts.name.required",
        "contacts.mail.pattern",
        "contacts.birthdate.physicalType",
        name=None,
        mail="none",
        birthdate="1990-02-30",
    ),
    "one id, two people": _conflict(
        "contacts.id.primaryKey",
        username=lambda row: "other." + row["username"],
        name="Another Person",
        mail=lambda row: "other." + row["mail"],
    ),
    "one id, two people, one malformed": _conflict(
        "contacts.id.primaryKey", "contacts.mail.pattern", mail="nobody at all"
    ),
    "exact duplicate": _duplicate(1),
    "delivered three times": _duplicate(2),
}
TRANSACTIONS: dict[str, Kind] = {
    "id missing": _change("transactions.id.required", id=None),
    "id no uuid": _change("transactions.id.physicalType", id=_no_uuid("id")),
    "customer missing": _change("transactions.contact_id.required", contact_id=None),
    "customer no uuid": _change("transactions.contact_id.physicalType", contact_id=_no_uuid("contact_id")),
    # The purchase's own id is a well-formed one that no customer has.
    "customer unknown": _change("transactions.contact_id.relationship", contact_id=lambda row: row["id"]),
    "date missing": _change("transactions.transaction_date.required", transaction_date=None),
    "date on no calendar": _change(
        "transactions.transaction_date.format",
        transaction_date=("2025-02-30 10:00:00.000", "2025-13-01 10:00:00.000"),
    ),
    "time on no clock": _change(
        "transactions.transaction_date.format",
        transaction_date=("2025-03-01 25:00:00.000", "2025-03-01 10:61:00.000"),
    ),
    "date in another format": _change(
        "transactions.transaction_date.format",
        transaction_date=(
            lambda row: row["transaction_date"].replace(" ", "T") + "Z",
            lambda row: row["transaction_date"][:19],
            lambda row: row["transaction_date"][:10],
            lambda row: row["transaction_date"] + "000",
            "01/03/2025 10:00",
        ),
    ),
    "amount missing": _change("transactions.amount.required", amount=None),
    "amount no number": _change("transactions.amount.physicalType", amount=("twelve", "12,50", "$12.50")),
    "amount with three decimals": _change("transactions.amount.physicalType", amount="12.345"),
    "amount too large": _change("transactions.amount.physicalType", amount="10000000000.00"),
    "amount negative": _change("transactions.amount.minimum", amount=("-0.01", "-25.00")),
    "item count missing": _change("transactions.item_count.required", item_count=None),
    "item count no integer": _change("transactions.item_count.physicalType", item_count=("12.0", "1.5", "two")),
    "item count too large": _change("transactions.item_count.physicalType", item_count="2147483648"),
    "item count below one": _change("transactions.item_count.minimum", item_count=("0", "-1")),
    "category missing": _change("transactions.category.required", category=None),
    "category unknown": _change("transactions.category.enum", category="Garden"),
    "category in another case": _change(
        "transactions.category.enum", category=(lambda row: row["category"].lower(), "BOOKS")
    ),
    "category with a blank": _change(
        "transactions.category.enum", category=(lambda row: row["category"] + " ", " Books")
    ),
    "load time missing": _change("transactions._loaded_at_utc.required", _loaded_at_utc=None),
    "load time no time": _change("transactions._loaded_at_utc.physicalType", _loaded_at_utc=NOT_A_TIME),
    "several clauses": _change(
        "transactions.contact_id.relationship",
        "transactions.transaction_date.format",
        "transactions.amount.physicalType",
        "transactions.item_count.minimum",
        "transactions.category.enum",
        contact_id=lambda row: row["id"],
        transaction_date="2025-02-30 10:00:00.000",
        amount="free",
        item_count="0",
        category="Unknown",
    ),
    "one id, two purchases": _conflict("transactions.id.primaryKey", amount="1234.56", item_count="9"),
    "one id, two purchases, one malformed": _conflict(
        "transactions.id.primaryKey", "transactions.category.enum", category="Garden"
    ),
    "exact duplicate": _duplicate(1),
    "delivered three times": _duplicate(2),
}
