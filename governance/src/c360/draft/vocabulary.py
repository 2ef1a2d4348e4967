"""What words in the names of columns mean, in English, German, French and Spanish: small letters, without accents.

One entry a meaning, the closer level first; the first that a name fits is the one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """`words` are whole words of a name, or two that stand side by side; `stems` stand anywhere in a word.

    `code` says that its digits are no quantity: they stay text.
    """

    level: str
    what: str
    words: frozenset[str]
    stems: tuple[str, ...] = ()
    code: bool = False


def _all(*lines: str) -> frozenset[str]:
    return frozenset(word for line in lines for word in line.split())


MEANINGS = (
    Meaning("pii_direct", "an e-mail address", _all("courriel correo"), ("mail",)),
    Meaning(
        "pii_direct", "a phone number",
        _all("tel mobile mobil handy handynummer fax telefax movil portable msisdn cellphone"),
        ("telef", "phone"), True,
    ),
    Meaning(
        "pii_direct", "a bank account", _all("iban bic kontonummer accountnumber accountno bankaccount clabe"),
        ("kontoverb", "bankverb"), True,
    ),
    Meaning(
        "pii_direct", "a card", _all("card pan creditcard kreditkarte karte kartennummer carte tarjeta cvv cvc"), (),
        True,
    ),
    Meaning(
        "pii_direct", "an id of the state",
        _all(
            "ssn ausweis dni nie nif nir steuernummer steuerid taxid taxno tin insee svnr curp nin nino nationalid",
            "healthinsuranceno insuranceno insurancenumber licence license permis permiso plate",
            "licenseplate kennzeichen",
        ),
        ("passport", "passeport", "pasaporte", "reisepass", "ausweisn", "versicher", "socialsec", "fuehrersch"), True,
    ),
    Meaning(
        "pii_direct", "a login",
        _all("user login utilisateur usuario password token"), ("username", "userid", "benutzer", "passwor", "secret"),
    ),
    Meaning(
        "pii_direct", "a person's name",
        _all("name names surname forename prenom nom nombre apellido apellidos maiden nickname alias", "initials"),
        ("firstname", "lastname", "fullname", "vorname", "nachname", "geburtsname", "familienname"),
    ),
    Meaning(
        "pii_direct", "an address",
        _all("addr street str rue calle housenumber houseno hausnummer hausnr domicile domicilio"),
        ("address", "anschrift", "adress", "direccion", "strasse"),
    ),
    Meaning("pii_direct", "a picture or a voice", _all("photo foto portrait unterschrift signature fingerprint voice")),
    Meaning("pii_indirect", "birth or age", _all("dob born age alter edad"), ("birth", "geburt", "naiss", "nacim")),
    Meaning(
        "pii_indirect", "a postcode", _all("zip zipcode postcode postalcode postal plz codepostal codigopostal cp"),
        ("postleit",), True,
    ),
    Meaning(
        "pii_indirect", "a place",
        _all("city town stadt ort wohnort ville ciudad latitude longitude lat lon lng geo location standort residence"),
    ),
    Meaning("pii_indirect", "gender", _all("gender sex geschlecht sexe genre sexo genero anrede salutation")),
    Meaning(
        "pii_indirect", "origin or belief",
        _all("race religion konfession marital maritalstatus familienstand etatcivil estadocivil origin herkunft"),
        ("nationali", "nacionali", "staatsang", "ethni"),
    ),
    Meaning(
        "pii_indirect", "health",
        _all("icd icd10 blood bloodtype blutgruppe disease krankheit maladie enfermedad disability pregnant smoker"),
        ("diagnos", "allerg", "medica", "therap", "treatment", "symptom"),
    ),
    Meaning("pii_indirect", "a device", _all("ip ipaddr ipaddress mac macaddress imei imsi cookie useragent deviceid")),
    Meaning(
        "confidential", "an identifier",
        _all("id ids key uuid guid nr no num number numero code ref reference kennung schluessel cle clave"),
        ("nummer",),
    ),
    Meaning(
        "confidential", "money",
        _all(
            "amount montant importe price prix precio salary lohn salaire salario income wage wages revenue",
            "umsatz cost",
            "costs kosten total sum summe balance saldo discount rabatt tax steuer vat mwst net gross netto brutto fee",
        ),
        ("gehalt", "betrag", "preis"),
    ),
    Meaning(
        "confidential", "free text",
        _all("note notes remark remarks notiz notizen text freitext observaciones nota remarque message subject"),
        ("comment", "bemerk", "kommentar", "descri", "beschreib"),
    ),
    Meaning(
        "confidential", "a person",
        _all("person people patient customer kunde kunden client cliente employee mitarbeiter employe empleado contact",
             "doctor arzt medecin medico driver fahrer chauffeur passenger guest gast owner student member mitglied"),
    ),
)  # fmt: skip

HARMLESS = _all(
    "status state type typ kind art category kategorie categorie categoria currency waehrung devise moneda unit units",
    "einheit unite unidad channel kanal canal priority prioritaet priorite prioridad level stufe class klasse active",
    "aktiv actif activo enabled version source loaded updated created modified at utc on ts timestamp time load is",
    "order orders bestellung commande pedido invoice rechnung facture factura shipment sendung delivery lieferung item",
    "product produkt produit producto sensor machine maschine payment method zahlung zahlungsart",
)
"""A name of nothing but these says nothing of anybody."""

THINGS = _all(
    "product produkt produit producto item artikel file datei sensor machine maschine device station table column host",
    "company firma firmen category kategorie channel brand marke model modell unit event service process",
    "warehouse lager",
    "depot project projekt plan route line linie ward department abteilung ip mac currency schema display field",
)
"""Whose name or address is not a person's."""

KEYS = _all("id key uuid guid nr no num nummer number numero code ref kennung schluessel sku ean isbn")
"""Last words of names of keys."""
