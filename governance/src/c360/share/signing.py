"""Ed25519 signatures: what was published is ours, and nobody changed it on the way.

openssl pkeyutl -verify -pubin -inkey publisher.pem -rawin -in manifest.json -sigfile manifest.json.sig
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from c360.errors import Breach, CouldNotTell

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY = "signing.pem"
_AWAY = "Move it away; the next publication makes a new one."


def sign(content: bytes, home: Path, signature: Path, public: Path) -> None:
    """Write the signature of `content`, and the public key by which it is verified."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = _key(home / KEY)
    signature.write_bytes(key.sign(content))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def own_public(home: Path) -> "Ed25519PublicKey | None":
    """The public half of the key of this home; None where there is none."""
    return _key(home / KEY).public_key() if (home / KEY).is_file() else None


def public_key(path: Path) -> "Ed25519PublicKey":
    """Raises CouldNotTell when it cannot be read, or is of another kind."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CouldNotTell(
            f"{path} cannot be read as a public key.", "Name the publisher.pem that you trust."
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise CouldNotTell(f"{path} is no Ed25519 key.", "Name the publisher.pem that you trust.")
    return key


def fingerprint(key: "Ed25519PublicKey") -> str:
    """SHA-256 of the key, as `openssl pkey -pubin -in publisher.pem -outform DER | sha256sum` gives it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def verify(content: bytes, signature: Path, key: "Ed25519PublicKey") -> None:
    """Raises Breach when `content` is not what this key has signed, CouldNotTell when the signature cannot be read."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature.read_bytes(), content)
    except OSError as error:
        raise CouldNotTell(f"{signature} cannot be read.", "Fetch the bundle anew.") from error
    except InvalidSignature:
        raise Breach(
            f"{signature.parent} was not signed by the key {fingerprint(key)}, or was changed.", "Fetch it anew."
        ) from None


def _key(path: Path) -> "Ed25519PrivateKey":
    """The key of this home, readable by its owner alone; made when there is none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    try:
        if path.stat().st_mode & 0o077:
            raise CouldNotTell(f"{path} can be read by others.", f"Make it yours alone: chmod 600 {path}")
        key = load_pem_private_key(path.read_bytes(), password=None)
    except FileNotFoundError:
        key = Ed25519PrivateKey.generate()
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    except ValueError as error:
        raise CouldNotTell(f"{path} is no private key.", _AWAY) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CouldNotTell(f"{path} is no Ed25519 key.", _AWAY)
    return key
