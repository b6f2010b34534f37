"""Credentials that the user has in files: the cookies of --cookie-jar, the logins of --netrc."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..config import Url

if TYPE_CHECKING:
    from ..credentials.netrc import Login


def stored_cookies(path: str, url: Url) -> tuple[Callable[[Url], str], list[str]]:
    """What gives the value of Cookie for a URL out of the file at `path`, empty for none; what to warn of.

    `url` is the first that will be asked for. Raises: InputFailed, UsageError.
    """
    from ..credentials.cookies import cookie_header, parse_cookies
    from ..credentials.files import expanded, exposure, read_secret_file

    file = expanded(path)
    cookies = parse_cookies(read_secret_file("--cookie-jar", file), f"--cookie-jar: {path!r}")
    warnings = [exposure(file)]

    def for_url(asked: Url) -> str:
        # The file's bytes, as headers are: seen as ISO-8859-1.
        header = cookie_header(cookies, asked, time.time()).strip()
        return header.encode("utf-8", "surrogateescape").decode("latin-1")

    if not for_url(url):
        warnings.append(f"--cookie-jar: of {len(cookies)} cookies in {path!r} none is for {url.host}")
    return for_url, list(filter(None, warnings))


def stored_login(environ: Mapping[str, str], url: Url) -> tuple[Login | None, list[str]]:
    """The login for the URL's host out of .netrc, if there is one; and what to warn of.

    Raises: InputFailed, UsageError.
    """
    from ..credentials.files import exposure
    from ..credentials.netrc import find_login, netrc_path

    path = netrc_path(environ)
    login = find_login(path, url.host)
    warnings = [exposure(path)]
    if login is None:
        warnings.append(f"--netrc: {str(path)!r} has no entry for {url.host}")
    return login, list(filter(None, warnings))
