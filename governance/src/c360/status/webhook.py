"""One JSON document to one webhook: a time limit, new tries, and no word of the address, whose path is a secret."""

import json
import time
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from c360.errors import CouldNotTell

_SECONDS = 10
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""HTTP states that may pass; any other refusal is final."""


class _Stay(HTTPRedirectHandler):
    """Following a redirect would take the document to a place that nobody chose."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def post(
    url: str,
    document: dict[str, Any],
    pauses: tuple[float, ...],
    seconds: float = _SECONDS,
    variable: str = "C360_WEBHOOK_URL",
) -> None:
    """POST it as JSON. After a failure that may pass it tries again, `pauses[n]` seconds after try n. `variable`
    holds the address.

    Raises CouldNotTell naming the host alone, when the last try fails or the address is no http(s) URL.
    """
    remedy = f"Check {variable}, then run c360 alert again: nothing is lost."
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        parts, host = None, None
    if parts is None or parts.scheme not in ("http", "https") or not host:
        raise CouldNotTell(f"{variable} is no http(s) URL.", remedy)
    opener = build_opener(_Stay)
    body = json.dumps(document).encode()
    why = ""
    for pause in (*pauses, None):
        try:
            request = Request(  # noqa: S310 (the scheme was checked)
                url, data=body, headers={"Content-Type": "application/json", "User-Agent": "c360"}, method="POST"
            )
            with opener.open(request, timeout=seconds):
                return
        except HTTPError as error:
            why = f"answered {error.code}"
            error.close()
            if error.code not in _AGAIN:
                break
        except (URLError, TimeoutError, OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            why = "did not answer in time" if isinstance(reason, TimeoutError) else "cannot be reached"
        if pause is not None:
            time.sleep(pause)
    raise CouldNotTell(f"The webhook at {host} {why}; the alert stays due.", remedy) from None
