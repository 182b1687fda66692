"""A tiny writer of records, for tests and their attackers: what is said in deploy/verify/README.md, in other words."""

import base64
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "casewire.test"
LOG = "0192c0de-0000-7000-8000-000000000001"
OTHER = "0192c0de-0000-7000-8000-000000000002"
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


class Signer:
    def __init__(self, seed: bytes = b"\x07" * 32, name: str = NAME) -> None:
        self.name = name
        self.private = Ed25519PrivateKey.from_private_bytes(seed)
        public = b"\x01" + self.private.public_key().public_bytes_raw()
        self.id = sha256(name.encode() + b"\n" + public).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(public).decode()}"

    def sign(self, text: str) -> str:
        signature = base64.b64encode(self.id + self.private.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n"


def mth(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash by the recursion of RFC 6962, 2.1."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def checkpoint(signer: Signer, log: str, leaves: list[bytes], at: datetime) -> str:
    top = base64.b64encode(mth(leaves)).decode()
    when = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return signer.sign(f"{signer.name}/audit/{log}\n{len(leaves)}\n{top}\ntime {when}\n")


def uuid(rng: random.Random) -> str:
    return str(UUID(int=rng.getrandbits(128)))


def bare(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def committed(salt: bytes, *values: bytes) -> str:
    return sha256(salt + b"".join(len(v).to_bytes(8, "big") + v for v in values)).hexdigest()


class Record:
    """Entries of a small office, its checkpoints, and what its witness kept."""

    def __init__(self, count: int = 40, seed: int = 1, log: str = LOG, signer: Signer | None = None) -> None:
        self.rng = random.Random(seed)
        self.log, self.signer = log, signer or Signer()
        self.cases = [uuid(self.rng) for _ in range(3)]
        self.people = [uuid(self.rng) for _ in range(4)]
        self.heads = {case: self.rng.randrange(5) for case in self.cases}
        self.private: dict[int, tuple[bytes, str]] = {}
        self.entries = [self._entry(n) for n in range(count)]
        step = max(1, count // 6)
        self.sizes = [*range(step, count, step), count]
        self.notes = [self.note(size) for size in self.sizes]

    def at(self, n: int) -> datetime:
        return START + timedelta(seconds=n)

    def note(self, size: int) -> str:
        return checkpoint(self.signer, self.log, self.entries[:size], self.at(size))

    def _entry(self, n: int) -> bytes:
        rng, case = self.rng, self.rng.choice(self.cases)
        salt, address = rng.randbytes(16), f"10.0.0.{rng.randrange(250)}"
        self.private[n] = salt, address
        entry: dict[str, object] = {
            "act": "message.posted",
            "at": self.at(n).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "by": {"kind": "browser", "person": rng.choice(self.people), "session": uuid(rng)},
            "case": case,
            "from": committed(salt, address.encode()),
            "id": uuid(rng),
            "log": self.log,
            "outcome": "done",
            "rule": 'post_message: staff — "Žofie"',
            "thing": uuid(rng),
        }
        if rng.random() < 0.3:
            entry |= {"act": "document.read", "of": {
                "document": uuid(rng), "n": 3, "sha256": rng.randbytes(32).hex(), "version": uuid(rng)
            }}  # fmt: skip
        elif rng.random() < 0.2:
            entry |= {"outcome": "refused", "rule": "forbidden"}
        else:
            first, self.heads[case] = self.heads[case] + 1, self.heads[case] + rng.randrange(1, 3)
            data = committed(sha256(salt + b"data").digest(), *(b"{}" for _ in range(first, self.heads[case] + 1)))
            entry["spans"] = [{"data": data, "first": first, "last": self.heads[case], "stream": case}]
        return bare(entry)

    def sign_again(self) -> None:
        """Make every checkpoint anew over what the entries are now."""
        self.sizes = [size for size in self.sizes if size < len(self.entries)] + [len(self.entries)]
        self.notes = [self.note(size) for size in self.sizes]

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "entries.jsonl").write_bytes(b"".join(entry + b"\n" for entry in self.entries))
        (folder / "checkpoints.txt").write_text("---\n".join(self.notes))
        (folder / "key.txt").write_text(self.signer.vkey + "\n")
        (folder / "private.jsonl").write_text(
            "".join(
                bare({"n": n, "salt": salt.hex(), "address": address}).decode() + "\n"
                for n, (salt, address) in sorted(self.private.items())
            )
        )
        return folder


def edited(entry: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    value = json.loads(entry)
    change(value)
    return bare(value)
