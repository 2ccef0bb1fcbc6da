"""The order of versions by rpm itself, and packages as `rpm -qa` writes them."""

import collections
import functools
import subprocess

Package = collections.namedtuple("Package", "name version arch source source_version module")

# An argument of a program has at most 128 KiB.
AT_ONCE = 1000


def packages(path):
    """All packages but keys, by lines of name, epoch, version and release, architecture, source package and module."""
    rows = [line.rstrip("\n").split("\t") for line in open(path)]
    rows = [row for row in rows if row[0] != "gpg-pubkey"]
    with_epoch = lambda epoch, version: version if epoch == "0" else f"{epoch}:{version}"
    # The name of a source package's file has no epoch. It is that of the package of the same name and version, or
    # of another one of the same version, or that of the package itself.
    epochs = {}
    for is_main in (False, True):
        for name, epoch, version, _, file, _ in rows:
            source, _, _ = split(file)
            if file == f"{source}-{version}.src.rpm" and (name == source) == is_main:
                epochs[file] = epoch
    found = []
    for name, epoch, version, arch, file, module in rows:
        source, source_version, source_release = split(file)
        source_version = with_epoch(epochs.get(file, epoch), f"{source_version}-{source_release}")
        module = ":".join(module.split(":")[:2]) if module != "(none)" else None
        found.append(Package(name, with_epoch(epoch, version), arch, source, source_version, module))
    return found


def split(file):
    return file.removesuffix(".src.rpm").rsplit("-", 2)


class Order:
    """Collects pairs first and answers afterwards: each call of rpm takes many of them."""

    def __init__(self):
        self.answers = {}

    def ask(self, pairs):
        pairs = sorted(set(pairs) - set(self.answers))
        for start in range(0, len(pairs), AT_ONCE):
            chunk = pairs[start : start + AT_ONCE]
            for pair in chunk:
                assert not any(character in text for text in pair for character in "%{}[]\n"), pair
            listed = ",".join(f"{{[[{a}]],[[{b}]]}}" for a, b in chunk)
            script = (
                f"%{{lua:local pairs = {{{listed}}} "
                "for _, pair in ipairs(pairs) do print(rpm.vercmp(pair[1], pair[2]) .. ' ') end}"
            )
            output = subprocess.run(["rpm", "--eval", script], check=True, capture_output=True, text=True).stdout
            numbers = [int(number) for number in output.split()]
            assert len(numbers) == len(chunk), output
            self.answers.update(zip(chunk, numbers))

    def __call__(self, a, b):
        return self.answers[a, b] if a != b else 0

    def highest(self, versions):
        """The highest of some versions, all pairs of which were asked for."""
        return max(versions, key=functools.cmp_to_key(self))


def write(order, rows):
    """Writes rows of vulnerability, package, status, fixed version and kind, each vulnerability of a package once: where
    several versions fix it, or one and then another one, only the last leaves nothing of it."""
    found = collections.defaultdict(list)
    for vulnerability, package, status, fix, kind in rows:
        found[vulnerability, package, status].append((fix, kind))
    order.ask((a, b) for stated in found.values() for a, _ in stated for b, _ in stated if a != b and "-" not in (a, b))
    for (vulnerability, package, status), stated in found.items():
        fixes = {fix for fix, _ in stated}
        # What one statement knows no fix of may be fixed by another.
        fix = order.highest(fixes - {"-"}) if fixes != {"-"} else "-"
        kinds = sorted({kind for _, kind in stated} | ({"several fixes"} if len(fixes) > 1 else set()))
        print(vulnerability, package.name, package.version, status, fix, ", ".join(kinds), sep="\t")
