"""Cookies that open nothing, and good ones that come from where they may not."""

from typing import NamedTuple


class Cookie(NamedTuple):
    """`header` is the whole value of `Cookie`, `{good}` a session that is good; `headers` is what comes with it."""

    name: str
    header: str
    headers: dict[str, str] = {}


OURS = "http://localhost:8000"

# Nobody's: 401 over HTTP; the socket closes with 4501.
NOBODYS = [
    Cookie("made up", "casewire=" + "x" * 43),
    Cookie("empty", "casewire="),
    Cookie("no value", "casewire"),
    Cookie("another name", "session={good}"),
    Cookie("name in capitals", "CASEWIRE={good}"),
    Cookie("a prefix too many", "__Secure-casewire={good}"),
    Cookie("the name of production, in development", "__Host-casewire={good}"),
    Cookie("the cookie of a device", "casewire-device={good}"),
    Cookie("cut", "casewire={cut}"),
    Cookie("doubled", "casewire={good}{good}"),
    Cookie("with a scheme", "casewire=Bearer {good}"),
    Cookie("percent-encoded", "casewire=%7B{good}%7D"),
    Cookie("its hash", "casewire={hash}"),
    Cookie("an ended session", "casewire={ended}"),
    Cookie("a session that is over", "casewire={over}"),
    Cookie("behind a comma", "a=b,casewire={good}"),
    Cookie("inside another", "a=casewire={good}"),
    Cookie("5 KiB", "casewire=" + "x" * 5000),
    Cookie("300 cookies", "; ".join(f"a{n}=b" for n in range(300))),
    Cookie("the bad one last", "casewire={good}; casewire=" + "x" * 43),
    Cookie("a reserved word", "casewire={good}x; expires=never; path=/"),
]
# A good cookie, asked for by a page of somebody else: 403 for what writes, and for the socket.
FORGED = [
    Cookie("no origin", "casewire={good}"),
    Cookie("another origin", "casewire={good}", {"origin": "https://evil.test"}),
    Cookie("null origin", "casewire={good}", {"origin": "null"}),
    Cookie("empty origin", "casewire={good}", {"origin": ""}),
    Cookie("another port", "casewire={good}", {"origin": "http://localhost:8001"}),
    Cookie("another scheme", "casewire={good}", {"origin": "https://localhost:8000"}),
    Cookie("a longer host", "casewire={good}", {"origin": OURS + ".evil.test"}),
    Cookie("a user before the host", "casewire={good}", {"origin": "http://localhost:8000@evil.test"}),
    Cookie("with a path", "casewire={good}", {"origin": OURS + "/"}),
    Cookie("two in one", "casewire={good}", {"origin": OURS + ", https://evil.test"}),
    Cookie("in capitals", "casewire={good}", {"origin": "HTTP://LOCALHOST:8000"}),
    Cookie("with a dot at its end", "casewire={good}", {"origin": "http://localhost.:8000"}),
    Cookie("another address of this machine", "casewire={good}", {"origin": "http://127.1:8000"}),
    Cookie("the files' origin", "casewire={good}", {"origin": "http://localhost:8002"}),
]
# Over HTTP a browser also says from which site: another one is refused even with our own Origin.
FORGED_SITE = [
    Cookie(f"from {site}", "casewire={good}", {"origin": OURS, "sec-fetch-site": site})
    for site in ("cross-site", "same-site", "CROSS-SITE", "nonsense", "same-origin, cross-site")
]
COOKIES = [*NOBODYS, *FORGED, *FORGED_SITE]
