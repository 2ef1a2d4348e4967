"""What the linter sees instead of the package's macros: SQL of the right shape."""


def contract_enum(dataset, column):
    return [{"value": "Books", "id": "books", "label": "Books"}, {"value": "Toys", "id": "toys", "label": "Toys"}]


def reader_grants():
    return {}


def is_enabled(*parts):
    return True


def loaded_lately(loaded_at, known):
    return "1 = 1"


def inputs_changed(noted):
    return "1 = 1"


def row_digest(columns):
    return columns[0]


def first_day_changed(known, delivered, contacts):
    return "select null"


def text_literal(text):
    return f"'{text}'"


def contract_identity(dataset):
    return []


def deduplicated(relation, key, columns, identity, loaded_at):
    return f"select distinct id\nfrom {relation}"


def judged(relation, dataset, key):
    return f"select *, '' as clauses, id as delivered_key\nfrom {relation}"


def versions(relation, key, columns, identity, loaded_at):
    return f"select id, '' as breach\nfrom {relation}"


def _value(*arguments):
    return "null"


age_in_years = as_timestamp_utc = as_uuid = at_utc = utc_date = today_utc = now_utc = ratio = by_engine = _value
