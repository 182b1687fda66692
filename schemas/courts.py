"""District and bankruptcy courts of the United States (28 U.S.C. 81-131) by the courts' own abbreviations."""

_DISTRICTS = {
    "": "District of {}",
    "n": "Northern District of {}",
    "s": "Southern District of {}",
    "e": "Eastern District of {}",
    "w": "Western District of {}",
    "m": "Middle District of {}",
    "c": "Central District of {}",
}

_STATES = {
    "al": "Alabama", "ak": "Alaska", "az": "Arizona", "ar": "Arkansas", "ca": "California", "co": "Colorado",
    "ct": "Connecticut", "de": "Delaware", "dc": "Columbia", "fl": "Florida", "ga": "Georgia", "gu": "Guam",
    "hi": "Hawaii", "id": "Idaho", "il": "Illinois", "in": "Indiana", "ia": "Iowa", "ks": "Kansas", "ky": "Kentucky",
    "la": "Louisiana", "me": "Maine", "md": "Maryland", "ma": "Massachusetts", "mi": "Michigan", "mn": "Minnesota",
    "ms": "Mississippi", "mo": "Missouri", "mt": "Montana", "ne": "Nebraska", "nv": "Nevada", "nh": "New Hampshire",
    "nj": "New Jersey", "nm": "New Mexico", "ny": "New York", "nc": "North Carolina", "nd": "North Dakota",
    "nmi": "the Northern Mariana Islands", "oh": "Ohio", "ok": "Oklahoma", "or": "Oregon", "pa": "Pennsylvania",
    "pr": "Puerto Rico", "ri": "Rhode Island", "sc": "South Carolina", "sd": "South Dakota", "tn": "Tennessee",
    "tx": "Texas", "ut": "Utah", "vt": "Vermont", "vi": "the Virgin Islands", "va": "Virginia", "wa": "Washington",
    "wv": "West Virginia", "wi": "Wisconsin", "wy": "Wyoming",
}  # fmt: skip

_KINDS = {"d": "U.S. District Court", "b": "U.S. Bankruptcy Court"}


def name(court: str) -> str:
    """`nysd` → `U.S. District Court, Southern District of New York (nysd)`; what is not known stays as it is."""
    place, kind = court[:-1], _KINDS.get(court[-1:])
    for letter, district in _DISTRICTS.items():
        state = _STATES.get(place.removesuffix(letter) if letter else place)
        if kind and state and place.endswith(letter):
            return f"{kind}, {district.format(state)} ({court})"
    return court
