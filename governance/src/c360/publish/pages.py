"""An HTML page for each contract and an index, by datacontract-cli's exporter, with nothing from outside."""

import contextlib
import html
import importlib.resources
import io
import logging
import re
from functools import cache
from pathlib import Path
from typing import Any

from c360.folders import replacing
from c360.model import Contract
from c360.pages import policy, with_policy
from c360.printable import file_stem

_OUTSIDE = re.compile(
    r"""<link\b[^>]*\bhref=["'](?:https?:)?//[^>]*>"""
    r"""|<script\b[^>]*\bsrc=[^>]*>\s*</script>"""
    r"""|<script\b[^>]*\btype=["']module["'][^>]*>.*?</script>"""
    r"""|<section\b[^>]*\bid=["']diagram["'].*?</section>"""
    r"""|</?object\b[^>]*>""",  # icons of other sites, the addresses of some out of the contract; what they hold stays
    re.IGNORECASE | re.DOTALL,
)
"""What a page would load from elsewhere, and the diagram that only such a script can draw: these pages work from a
file and tell nobody that they are read."""

_HREF = re.compile(r'href="([^"]*)"', re.IGNORECASE)


def page_name(contract: Contract) -> str:
    """The file name of a contract's page."""
    return f"{file_stem(contract.name)}-{contract.version}.html"


def write_pages(contracts: Any, folder: Path) -> int:
    """Render into a fresh folder beside `folder` and swap it in, so that no half of a site is ever seen."""
    from datacontract.catalog.catalog import DataContractView, create_index_html
    from datacontract.data_contract import DataContract
    from datacontract.export.exporter import ExportFormat
    from open_data_contract_standard.model import OpenDataContractStandard

    logging.getLogger("datacontract").setLevel(logging.CRITICAL)
    with replacing(folder) as fresh:
        views = []
        for contract in contracts:
            name = page_name(contract)
            document = OpenDataContractStandard(**contract.document)
            page = DataContract(data_contract=document, inline_references=False).export(ExportFormat.html)
            (fresh / name).write_text(_sealed(str(page)), encoding="utf-8")
            views.append(DataContractView(html_filepath=fresh / name, html_link=Path(name), odcs=document))
        with contextlib.redirect_stdout(io.StringIO()):  # it says where it wrote, which is not where the page will be
            create_index_html(views, fresh)
        index = fresh / "index.html"
        index.write_text(_sealed(index.read_text(encoding="utf-8")), encoding="utf-8")
    return len(views)


def _sealed(page: str) -> str:
    """The page without what is outside, with addresses that do no more than lead somewhere, and with a policy by which
    nothing else can be loaded or run: a contract is not trusted.

    So the scripts that may run are those of datacontract-cli's templates, not those that stand in the page.
    """
    scripts, handlers = _scripts()
    bare = _HREF.sub(lambda found: found[0] if _leads_somewhere(found[1]) else 'href="#"', _OUTSIDE.sub("", page))
    return with_policy(bare, policy(scripts, handlers))


def _leads_somewhere(address: str) -> bool:
    bare = re.sub(r"[\x00-\x20\x7f]", "", html.unescape(address))  # browsers skip these in a scheme
    scheme = re.match(r"([^/?#:]*):", bare)
    return scheme is None or scheme[1].lower() in ("http", "https", "mailto")


@cache
def _scripts() -> tuple[list[str], list[str]]:
    templates = importlib.resources.files("datacontract") / "templates"
    texts = [(templates / name).read_text(encoding="utf-8") for name in ("index.html", "datacontract_odcs.html")]
    texts += [file.read_text(encoding="utf-8") for file in (templates / "partials_odcs").iterdir() if file.is_file()]
    text = "\n".join(texts)
    return re.findall(r"<script>(.*?)</script>", text, re.DOTALL), sorted(set(re.findall(r'\bonclick="(.*?)"', text)))
