"""Network addresses of cameras, as far as they may be shown or stored."""

import re

_LOGIN = re.compile(r"(?<=://)[^/\s]*@")
_SECRET = re.compile(
    r"(?i)[?#].*|\b(user(name)?|usr|login|pass\w*|pwd|psw|\w*token|\w*key|\w*auth|secret|sig\w*)[=:].*"
)


def redacted(name: str) -> str:
    """The name of a source without what an address tells of logins: user, password, query; other names as they are.

    Everything from the first such word on is cut off, so that no part of a password with odd characters stays.
    """
    scheme, separator, rest = name.partition("://")
    if not separator:
        return name
    bare = _LOGIN.sub("", f"://{rest}").removeprefix("://")
    host, slash, path = bare.partition("/") if "/" in bare else (bare, "", "")
    return f"{scheme}://{_SECRET.sub('…', host)}{slash}{_SECRET.sub('…', path)}"
