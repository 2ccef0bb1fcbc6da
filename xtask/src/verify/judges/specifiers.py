"""Reads lines of an installed version, an operator and a version; writes whether the one satisfies the other."""

import sys

from packaging.specifiers import Specifier
from packaging.version import Version

for line in sys.stdin:
    installed, operator, version = line.rstrip("\n").split("\t")
    one, other = Version(installed), Version(version)
    if operator == "<":
        # An end that says where a vulnerability is fixed goes by the order alone, and holds
        # pre-releases of that version, which the specifier leaves out.
        answer = one < other
        leaves_out = one.is_prerelease and not other.is_prerelease and one.base_version == other.base_version
        if not leaves_out:
            assert Specifier("<" + version.split("+")[0]).contains(one, prereleases=True) == (
                one < Version(other.public)
            ), line
    elif other.local and operator != "==":
        # No specifier has an order with a local version.
        answer = one <= other if operator == "<=" else one >= other
    else:
        answer = Specifier(operator + version).contains(one, prereleases=True)
    print("yes" if answer else "no")
