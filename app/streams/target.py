"""Where a stream is sent to."""

from dataclasses import dataclass

from ppnet.errors import UserError

HERE = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Target:
    """A host and a port."""

    host: str
    port: int

    @classmethod
    def parsed(cls, text: str, option: str) -> "Target":
        """PORT on this machine, or HOST:PORT. UserError when it is neither."""
        host, _, port = text.rpartition(":")
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise UserError(f"{option} is PORT or HOST:PORT, such as {HERE}:9000, not {text!r}.")
        return cls(host.strip("[]") or HERE, int(port))
