"""The headers of every HTTP answer, whoever gives it: what a browser may not do with it. Pure."""

NOTHING_RUNS = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PERMISSIONS = (
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
TRANSPORT_S = 63_072_000  # two years, as browsers ask of those who are to be reached over TLS alone


def answer_headers(*, secure: bool) -> dict[str, str]:
    """For data: nothing in it runs, nobody frames it, nobody keeps it, no other site reads it. `secure`: people reach
    us over TLS, and from now on no other way."""
    headers = {
        "content-security-policy": NOTHING_RUNS,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": PERMISSIONS,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cache-control": "no-store",
    }
    if secure:
        headers["strict-transport-security"] = f"max-age={TRANSPORT_S}; includeSubDomains"
    return headers
