from dataclasses import dataclass


@dataclass(frozen=True)
class Letter:
    to: str
    text: str
    urgent: bool = False


def parse(line: str) -> Letter:
    to, sign, text = line.partition(":")
    if not sign or not to.strip():
        raise ValueError(f"no address in {line!r}")
    urgent = text.strip().startswith("!")
    return Letter(to.strip(), text.strip().lstrip("!"), urgent)
