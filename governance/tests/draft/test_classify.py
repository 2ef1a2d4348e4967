"""What names of columns say in four languages, and what looks like personal data whatever it is called."""

import pyarrow as pa
import pytest

from c360.draft.classify import classify, names_a_key, split_name
from c360.draft.profile import Profiler


@pytest.mark.parametrize(
    ("level", "names"),
    [
        (
            "pii_direct",
            "email EMail_Address correo courriel mail_2 telefon Telefonnummer phoneNumber mobile first_name Vorname NOM"
            " prénom apellidos customer_name kundenname FullName street Straße adresse_livraison dirección iban"
            " bank_account card_no cardNumber passport_no SSN tax_id steuerId numero_passeport username userLogin"
            " password customer patient Kunde signature licence_plate",
        ),
        (
            "pii_indirect",
            "birthdate date_of_birth Geburtsdatum date_naissance fecha_nacimiento age gender Geschlecht sexe zip PLZ"
            " code_postal city Wohnort latitude nationality religion marital_status diagnosis icd10 blood_type"
            " ip_address mac_address user_agent device_id allergies",
        ),
        (
            "confidential",
            "id order_id customerId Kundennummer réf amount Betrag total_price Gehalt salaire notes Bemerkung"
            " customer_segment description order_no",
        ),
        ("internal", "colour width reading product_name file_name x1 größe hired_on quantity"),
        ("public", "status order_status category currency unit_type created_at loaded_at _loaded_at_utc is_active"),
    ],
)
def test_names(level: str, names: str) -> None:
    found = {name: classify(name, "", False).level for name in names.split()}
    assert found == dict.fromkeys(found, level)


@pytest.mark.parametrize("name", ["", "1", "ü", "日本", "__", "A" * 500])
def test_a_name_that_says_nothing_is_not_public(name: str) -> None:
    assert classify(name, "", False).level == "internal"


def test_long_texts_can_hold_anything() -> None:
    assert classify("status", "", True).level == "confidential"


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("e-mail", "jane.citizen@example.org"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("iban", "FR1420041010050500013M02606"),
        ("phone", "+49 (0)30 1234567"),
        ("phone", "030 1234567"),
        ("ip", "192.168.0.1"),
        ("card", "4111 1111 1111 1111"),
        ("national id", "078-05-1120"),
        ("national id", "12345678Z"),
        ("national id", "1 85 05 78 006 084 36"),
    ],
)
def test_what_looks_personal_is_closed_whatever_its_name(what: str, value: str) -> None:
    profiler = Profiler("status")
    profiler.add(pa.array([value] * 3 + ["x", None]))
    assert profiler.profile.likely == what
    assert classify("status", what, False).level == ("pii_indirect" if what == "ip" else "pii_direct")


@pytest.mark.parametrize(
    "value", ["2024-01-01", "1700000000000", "12.50", "AB-1234", "00000000-0000-4000-8000-000000000000"]
)
def test_what_does_not_look_personal(value: str) -> None:
    profiler = Profiler("x")
    profiler.add(pa.array([value]))
    assert profiler.profile.likely == ""


def test_words() -> None:
    assert split_name("Straße_HausNr2") == ["strasse", "haus", "nr", "2"]
    assert split_name("HTTPServerÉtat") == ["http", "server", "etat"]


def test_names_of_keys() -> None:
    assert all(map(names_a_key, ["id", "order_no", "Kundennummer", "orderUUID", "ean", "id_client"]))
    assert not any(map(names_a_key, ["idea", "note", "november", "", "valid"]))
