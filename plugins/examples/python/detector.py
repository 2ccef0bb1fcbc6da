"""The plugin ``conda``: finds packages where conda says what it installed.

An export is a class named as the interface, with a method for each of the interface's functions. A
variant is a class for each of its cases. What a method raises other than the ``Err`` of its
signature traps, and the plugin is blamed.
"""

from wit_world import exports
from wit_world.exports.detector import Claim, Extent_Whole, Grouping, Pattern_Path, Report
from wit_world.imports.layer import File, View
from wit_world.imports.types import (
    Error_Malformed,
    Error_Unsupported,
    Evidence,
    Fact_Package,
    Finding,
    Package,
    Requirement,
    Scope_Namespace,
)

import conda_meta

# Bytes that one read asks for.
CHUNK = 1 << 20

# Largest file that is read, in bytes. A record names all files of its package; those with most have
# a few ten thousand, in some megabytes. Values take several times as much memory as their text.
LARGEST = 16 << 20


class Detector(exports.Detector):
    def claims(self) -> list[Claim]:
        return [
            Claim(
                pattern=Pattern_Path("**/conda-meta/*.json"),
                # Whatever such a file holds, and all of it.
                contains=[],
                extent=Extent_Whole(),
                grouping=Grouping.ALONE,
            )
        ]

    def detect(self, layer: View) -> Report:
        report = Report(findings=[], unread=[])
        for file in layer.files():
            with file:
                read(file, report)
        return report


def read(file: File, report: Report) -> None:
    """What is wrong with a file costs that file, and is told."""
    path, size = file.path(), file.size()
    if size > LARGEST:
        why = f"is {size} bytes, over the limit of {LARGEST}"
        report.unread.append((path, Error_Unsupported(why)))
        return
    # A read is short only where the file ends.
    data = b"".join(file.read(at, CHUNK) for at in range(0, size, CHUNK))
    try:
        record = conda_meta.read(data)
    except conda_meta.Malformed as why:
        report.unread.append((path, Error_Malformed(str(why))))
        return
    report.findings.append(Finding(path, None, Fact_Package(stated(record))))


def stated(record: conda_meta.Record) -> Package:
    """A record as the contract has it.

    Which paths it owns is not said, though it names them: no distribution's advisories judge what
    conda installed, and those for the Python packages in it would be lost.
    """
    return Package(
        name=record.name,
        version=record.version,
        scheme="conda",
        scope=Scope_Namespace("conda"),
        evidence=Evidence.INSTALLED,
        purl=record.purl,
        arch=record.arch or None,
        source=None,
        vendor=None,
        signer=None,
        reason=None,
        symbols=None,
        qualifiers=[],
        licenses=[record.license] if record.license else [],
        requires=None if record.depends is None else [Requirement(name, None) for name in record.depends],
    )
