"""Where a request comes from when reverse proxies stand in between. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
FORWARDED_MAX = 20  # addresses of one header that are looked at, from the right


@lru_cache(maxsize=8)
def networks(text: str) -> tuple[Network, ...]:
    """The networks in a comma-separated list; `ValueError` for anything else."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """The address that asked: `peer`, unless that is a trusted proxy; then the last one that is none.

    `forwarded` holds the values of X-Forwarded-For. Each proxy appends whom it heard, so only what stands to the right,
    written by proxies that are trusted, is worth something: whatever a client wrote itself stands to the left of that.
    """
    address = _parsed(peer)
    if address is None:
        return ""
    heard = [part.strip() for value in forwarded for part in value.split(",")]
    for text in reversed(heard[-FORWARDED_MAX:]):
        if not _within(address, trusted):
            break
        before = _parsed(text)
        if before is None:
            break
        address = before
    return str(address)


@lru_cache(maxsize=4096)
def neighbourhood(address: str) -> str:
    """What is counted as one: an IPv4 address, or the /64 that a household or a server has of IPv6."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed or "")


def site(address: str) -> str:
    """The /48 around an address of IPv6, which a provider gives to one customer; "" for others."""
    parsed = _parsed(address)
    return str(ip_network((parsed, 48), strict=False)) if isinstance(parsed, IPv6Address) else ""


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _within(address: IPv4Address | IPv6Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
