"""Reads what conda says of one package that it installed: a file of ``conda-meta``."""

import json
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

ARCHIVES = ("conda", "tar.bz2")
BRACKET = re.compile(r"[\[\]{}]")

# What a package needs: `CHANNEL::NAME`, and behind it which versions and builds.
SPEC = re.compile(r"\s*(?:[^\s:]+::)?([A-Za-z0-9_][A-Za-z0-9_.-]*)")

# Deepest nesting of values, of which records have four levels. The parser calls itself for each,
# and a plugin whose stack overflows ends there and then, without an exception.
DEEPEST = 100

# Most brackets in a record, for half as many files. Millions of empty lists take all memory.
BRACKETS = 500_000

PLATFORMS = ("linux-", "osx-", "win-", "freebsd-", "emscripten-", "wasi-")


class Malformed(Exception):
    """The file is no such record; says why."""


@dataclass(frozen=True)
class Record:
    """An installed package. What is not told is empty."""

    name: str
    version: str
    build: str
    channel: str
    """where it came from, without host and platform: ``conda-forge``, ``main``"""
    subdir: str
    """its platform: ``linux-64``, ``noarch``"""
    archive: str
    """which of `ARCHIVES` it came in"""
    arch: str
    license: str
    depends: tuple[str, ...] | None
    """names of the packages that it needs; none where the record does not list them"""

    @property
    def purl(self) -> str:
        """Its package URL, with the qualifiers that the type ``conda`` has:
        https://github.com/package-url/purl-spec."""
        stated = {"build": self.build, "channel": self.channel, "subdir": self.subdir, "type": self.archive}
        qualifiers = "&".join(f"{key}={encoded(value)}" for key, value in stated.items() if value)
        return f"pkg:conda/{encoded(self.name)}@{encoded(self.version)}" + (f"?{qualifiers}" if qualifiers else "")


def read(data: bytes) -> Record:
    """Reads the record in the bytes of a file, or raises `Malformed`."""
    try:
        document = data.decode()
        check_shape(document)
        stated = json.loads(document)
    except UnicodeDecodeError:
        raise Malformed("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Malformed(str(error)) from None
    except ValueError:
        raise Malformed("holds a number of too many digits") from None
    if not isinstance(stated, dict):
        raise Malformed("is not an object")
    address = text(stated, "url")
    return Record(
        name=required(stated, "name"),
        version=required(stated, "version"),
        build=text(stated, "build"),
        channel=channel(text(stated, "channel") or address),
        subdir=text(stated, "subdir"),
        archive=archive(text(stated, "fn") or address),
        arch=text(stated, "arch"),
        license=text(stated, "license"),
        depends=depends(stated),
    )


def check_shape(document: str) -> None:
    """Counts brackets inside of texts as well, which have few."""
    depth = 0
    for count, bracket in enumerate(BRACKET.finditer(document), 1):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > DEEPEST:
            raise Malformed(f"nests values deeper than {DEEPEST}")
        if count > BRACKETS:
            raise Malformed(f"holds more than {BRACKETS} brackets")


def required(stated: dict, key: str) -> str:
    value = text(stated, key)
    if not value:
        raise Malformed(f"has no `{key}`")
    return value


def text(stated: dict, key: str) -> str:
    value = stated.get(key)
    # JSON can spell half a surrogate pair, for which there are no bytes.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def channel(stated: str) -> str:
    """conda writes a channel as its name, or as an address with the platform behind it or not."""
    address = "://" in stated
    folders = [folder for folder in (urlpath(stated) if address else stated).split("/") if folder]
    if folders and folders[-1].endswith(ARCHIVES):
        folders.pop()
    if folders and (folders[-1] == "noarch" or folders[-1].startswith(PLATFORMS)):
        folders.pop()
    # `/t/TOKEN/CHANNEL` holds the secret of whoever installed it.
    if address and folders[:1] == ["t"]:
        folders = folders[2:]
    # The channels of the default repository are in a folder that is not part of their names.
    if folders[:1] == ["pkgs"]:
        folders = folders[1:]
    return "/".join(folders)


def urlpath(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def archive(name: str) -> str:
    return next((archive for archive in ARCHIVES if name.endswith(f".{archive}")), "")


def depends(stated: dict) -> tuple[str, ...] | None:
    specs = stated.get("depends")
    if not isinstance(specs, list):
        return None
    names = (SPEC.match(spec) for spec in specs if isinstance(spec, str))
    # A virtual package (`__glibc`) is a fact of the machine.
    needed = (name[1].lower() for name in names if name and not name[1].startswith("__"))
    return tuple(dict.fromkeys(needed))


def encoded(value: str) -> str:
    return quote(value, safe=":")
