"""What a partner is sent: contract and page, data, an example, changes, how the promise was kept; summed and signed.

customers/
  customers.odcs.yaml  index.html  customers-….html  CHANGES.md  sla.json
  customers.csv  customers.parquet  sample.csv  SHA256SUMS  manifest.json  manifest.json.sig  publisher.pem
"""

import csv
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from c360.clause.dialect import POSTGRES
from c360.compat.diff import diff
from c360.compat.render import markdown, verdict
from c360.contract.document import read_document
from c360.contract.load import load_contract
from c360.errors import Breach, CouldNotTell
from c360.folders import replacing
from c360.model import Contract
from c360.publish.pages import write_pages
from c360.settings import Settings
from c360.share import budget, signing
from c360.share.contract import IN_THIS, Address, address_of, contract_of
from c360.share.models import LEVEL, partner_columns
from c360.share.policy import Policy
from c360.share.serial import following, put_down
from c360.share.window import Release
from c360.yaml_writer import to_yaml

if TYPE_CHECKING:
    from datetime import datetime

    from psycopg import Connection, Cursor

SAMPLE, _DATA = "sample.csv", (".csv", ".parquet")
SUMS, MANIFEST, SIGNATURE, PUBLIC = "SHA256SUMS", "manifest.json", "manifest.json.sig", "publisher.pem"
quote = POSTGRES.quote


def write(
    release: Release,
    database: "Connection",
    folder: Path,
    settings: Settings,
    levels: list[str],
    kept: list[dict[str, Any]],
    now: "datetime",
) -> Path:
    """Write the bundle of one product into a fresh folder, and swap it in; `database` is the transformer's, `kept` how
    the promises of its sources were.

    Raises as `changes_since` does.
    """
    name = release.policy.dataset.model
    address = address_of(release.policy, settings)
    text = to_yaml(contract_of(release.policy, release.schema, address, release.told))
    contract = _parsed(name, text)
    changes = changes_since(release.policy, release.schema, address, folder, levels, now)
    with replacing(folder) as fresh:
        write_pages([replace(contract, layer="partners")], fresh)
        (fresh / f"{name}.odcs.yaml").write_text(text, encoding="utf-8")
        (fresh / "CHANGES.md").write_text(f"{changes}{release.told}\n", encoding="utf-8")
        (fresh / "sla.json").write_text(json.dumps(kept, indent=2, default=str) + "\n", encoding="utf-8")
        _data(release, database, fresh / name)
        _sample(release, database, fresh / SAMPLE)
        _signed(fresh, settings.home, release, database, now)
    return folder


def changes_since(
    policy: Policy, schema: str | None, address: Address, folder: Path, levels: list[str], now: "datetime"
) -> str:
    """What changes of the contract since the bundle in `folder`, as Markdown; `schema` is the view's, None: as before.

    Raises Breach when the contract breaks what was published there without a major step.
    """
    before = folder / f"{policy.dataset.model}.odcs.yaml"
    if not before.is_file():
        return "First publication.\n"
    document = read_document(before)
    document["description"]["limitations"] = document["description"]["limitations"].partition(IN_THIS)[0]
    old = load_contract(before, None, document)
    text = to_yaml(contract_of(policy, schema or old.datasets[0].schema, address))
    step = diff(old, _parsed(policy.dataset.model, text), levels, now.date())
    if not step.enough:
        raise Breach(
            f"What {policy.partner} was promised changes: {verdict(step)}",
            f"Write contract_version: {step.lowest} in {policy.path.name}, or leave out what changes.",
        )
    return markdown(step) if step.changes else "Nothing changes.\n"


def _parsed(name: str, text: str) -> Contract:
    return load_contract(Path(f"{name}.odcs.yaml"), None, read_document(Path(f"{name}.odcs.yaml"), text))


@dataclass(frozen=True)
class Checked:
    """A bundle that is as it was signed. `trusted` says whether by a key that the reader named, or has."""

    files: int
    about: dict[str, Any]
    """What the manifest says."""
    fingerprint: str
    trusted: bool


def check(folder: Path, key: Path | None, home: Path | None) -> Checked:
    """Whether a bundle is what was signed by `key`; in silence by that of `home`, or else by the one that lies in the
    bundle, which tells nothing of who signed it.

    Raises Breach for a file that is not, and for another key; CouldNotTell without a bundle.
    """
    if not (folder / MANIFEST).is_file():
        raise CouldNotTell(f"{folder} holds no {MANIFEST}.", "Name the folder of a bundle: c360 publish --check DIR")
    content = (folder / MANIFEST).read_bytes()
    trusted = signing.public_key(key) if key else home and signing.own_public(home)
    public = trusted or signing.public_key(folder / PUBLIC)
    signing.verify(content, folder / SIGNATURE, public)
    about = _manifest(folder / MANIFEST, content)
    listed = about.pop("files")
    there = {path.name for path in folder.iterdir()} - {MANIFEST, SIGNATURE, PUBLIC}
    for name in sorted(there ^ set(listed)):
        raise Breach(f"{folder / name} is {'missing' if name in listed else 'not of the bundle'}.", "Fetch it anew.")
    for name, digest in listed.items():
        if _sha256(folder / name) != digest:
            raise Breach(f"{folder / name} is not what was published.", "Fetch the bundle anew.")
    return Checked(len(listed), about, signing.fingerprint(public), bool(trusted))


def _manifest(path: Path, content: bytes) -> dict[str, Any]:
    try:
        about = json.loads(content)
        if isinstance(about["files"], dict):
            return dict(about)
    except (ValueError, TypeError, LookupError):
        pass
    raise CouldNotTell(f"{path} is no manifest of a bundle.", "Fetch the bundle anew.")


def signed_with(path: Path) -> set[Path]:
    """Of the bundle that a file lies in, what goes with it: data, and what was signed; nothing where it is no bundle's.
    The contract stays, since the next publication is compared with it."""
    if not (path.parent / MANIFEST).is_file() or not (path.parent / SIGNATURE).is_file():
        return set()
    data = (file for file in path.parent.iterdir() if file.suffix in _DATA and file.name != SAMPLE)
    signed = (path.parent / name for name in (SUMS, MANIFEST, SIGNATURE))
    return {*data, *(file for file in signed if file.is_file())}


def _signed(folder: Path, home: Path, release: Release, database: "Connection", now: "datetime") -> None:
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir())}
    (folder / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in files.items()), encoding="utf-8")
    with database.cursor() as cursor:
        serial, previous = following(cursor, release.policy)
        about = {
            "partner": release.policy.partner,
            "product": release.policy.dataset.name,
            "version": release.policy.version,
            "serial": serial,
            "previous": previous,
            "published": f"{now:%Y-%m-%dT%H:%M:%SZ}",
            "rows": release.rows,
            **_protection(release, cursor),
            "files": files | {SUMS: _sha256(folder / SUMS)},
        }
        content = json.dumps(about, indent=2).encode() + b"\n"
        (folder / MANIFEST).write_bytes(content)
        signing.sign(content, home, folder / SIGNATURE, folder / PUBLIC)
        put_down(cursor, release.policy, serial, _sha256(folder / MANIFEST), now)


def _protection(release: Release, cursor: "Cursor") -> dict[str, Any]:
    policy = release.policy
    if policy.totals:
        each, total, used = policy.totals.each, policy.totals.total, budget.spent(cursor, policy)
        return {"epsilon": {"each": float(each), "total": float(total), "spent": float(used)}}
    return {
        "k": policy.k,
        "pseudonyms": {"releases": policy.window} if policy.linked else "release",
        "held_back": {"persons": release.held, "longest_releases": release.oldest},
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _data(release: Release, database: "Connection", path: Path) -> None:
    """CSV by COPY, ordered by pseudonym: the order of the table would tell who came when. Parquet from that."""
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    columns = ", ".join(quote(one.name) for one in partner_columns(release.policy))
    select = f"select {columns} from {quote(release.schema)}.{quote(release.view)} order by 1"
    copied = f"copy ({select}) to stdout with (format csv, header)"
    with path.with_suffix(".csv").open("wb") as file, database.cursor() as cursor, cursor.copy(copied) as copy:
        file.writelines(copy)
    types = {one.name: _arrow(one.physical_type) for one in partner_columns(release.policy)}
    options = arrow_csv.ConvertOptions(column_types=types, strings_can_be_null=True, quoted_strings_can_be_null=False)
    table = arrow_csv.read_csv(path.with_suffix(".csv"), convert_options=options)
    parquet.write_table(table, path.with_suffix(".parquet"))


def _arrow(physical: str) -> Any:
    import pyarrow as pa

    if physical.startswith("numeric(38,"):
        return pa.decimal128(38, int(physical[len("numeric(38,") : -1]))
    return {"bigint": pa.int64(), "integer": pa.int32(), "date": pa.date32()}.get(physical, pa.string())


def _sample(release: Release, database: "Connection", path: Path) -> None:
    """Ten rows of nobody: what the ladders make of invented values."""
    with path.open("w", newline="", encoding="utf-8") as file, database.cursor() as cursor:
        writer = csv.writer(file)
        writer.writerow([one.name for one in partner_columns(release.policy)])
        if totals := release.policy.totals:
            writer.writerows([*cell, n, *(n * 10 for _ in totals.sums)] for n, cell in enumerate(totals.cells[:10], 1))
            return
        cursor.execute(f"select {', '.join(_invented(release))} from generate_series(1, 10) as n")
        writer.writerows(cursor.fetchall())


def _invented(release: Release) -> Iterator[str]:
    for one in partner_columns(release.policy):
        shared = one.shared
        kind = shared.column.logical_type if shared else ""
        value = {"integer": "(18 + n * 7)", "number": "(n * 137.5)"}.get(
            kind, "(timestamp '2025-01-15' + n * interval '40 days')"
        )
        if shared and shared.how == "pseudonym":
            yield "encode(sha256(('sample ' || n)::bytea), 'hex')" if one.required else "null::text"
        elif shared and shared.ladder and kind != "string":
            zoned = "timestamptz" in shared.column.physical_type
            label = shared.ladder.fine(POSTGRES, f"({value} at time zone 'UTC')" if zoned else value)
            yield f"cast({shared.ladder.shown(f'({label})', '1')} as {one.physical_type})"
        else:
            yield "1" if one.name == LEVEL else "null::text"
