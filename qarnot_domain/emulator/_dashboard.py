"""A page to look at the emulated cloud with a browser.

The page itself is the same for everybody, and holds no data and no token. It asks for the token and
reads with it, so that another program of this machine sees no more by it than without it; the token
stays in the page's memory. It looks at `/_emulator/overview`, so it uses up no fault, and is not
among the requests on record.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from typing import Final

from qarnot_domain.emulator._http import HTML_TYPE, Request, Response

_PAGE: Final = files("qarnot_domain.emulator").joinpath("dashboard.html").read_bytes()


def is_for_people(request: Request) -> bool:
    """Whether a browser asks for the first page: a program that asks for it gets the API's 404."""
    accepted = request.headers.get("accept", "")
    types = [part.partition(";")[0].strip().lower() for part in accepted.split(",")]
    return request.method == "GET" and request.path == "/" and "text/html" in types


def page() -> Response:
    """The page. Its policy lets it run nothing but itself, and speak to nobody but the emulator."""
    policy = (
        f"default-src 'none'; connect-src 'self'; img-src data:; script-src {_hash('script')}; "
        f"style-src {_hash('style')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return Response(
        200,
        _PAGE,
        (
            ("content-type", HTML_TYPE),
            ("content-security-policy", policy),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ),
    )


def _hash(element: str) -> str:
    """What the policy calls the content of an element."""
    found = re.search(rf"<{element}>(.*?)</{element}>".encode(), _PAGE, re.DOTALL)
    content = found[1] if found else b""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"
