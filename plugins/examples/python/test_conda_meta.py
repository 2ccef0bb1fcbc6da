"""The reader is a plain module, so that its tests need no WebAssembly: ``python3 -m unittest``."""

import json
import unittest

import conda_meta

RECORD = {
    "name": "absl-py",
    "version": "0.4.1",
    "build": "py36h06a4308_0",
    "channel": "https://repo.anaconda.com/pkgs/main/linux-64",
    "subdir": "linux-64",
    "fn": "absl-py-0.4.1-py36h06a4308_0.tar.bz2",
    "arch": "x86_64",
    "license": "Apache-2.0",
    "files": ["lib/python3.6/site-packages/absl/__init__.py"],
}


def read(**stated) -> conda_meta.Record:
    return conda_meta.read(json.dumps({**RECORD, **stated}).encode())


class CondaMeta(unittest.TestCase):
    def test_a_record_gives_a_package(self):
        record = read()
        self.assertEqual((record.name, record.version, record.license), ("absl-py", "0.4.1", "Apache-2.0"))
        self.assertEqual(
            record.purl,
            # an example of the specification
            "pkg:conda/absl-py@0.4.1?build=py36h06a4308_0&channel=main&subdir=linux-64&type=tar.bz2",
        )

    def test_what_is_not_told_is_left_out(self):
        record = conda_meta.read(b'{"name": "a", "version": "1!2.0+x", "license": null}')
        self.assertEqual(record.purl, "pkg:conda/a@1%212.0%2Bx")
        self.assertEqual((record.arch, record.license), ("", ""))

    def test_a_channel_is_a_name_whether_it_is_written_as_one_or_as_an_address(self):
        for stated, expected in {
            "conda-forge": "conda-forge",
            "pkgs/main": "main",
            "conda-forge/linux-64": "conda-forge",
            "https://conda.anaconda.org/conda-forge/noarch": "conda-forge",
            "https://conda.anaconda.org/conda-forge/label/dev/osx-arm64": "conda-forge/label/dev",
            "https://conda.anaconda.org/t/tk-secret/company/linux-64": "company",
            "https://example.org/": "",
            "https://[broken": "",
        }.items():
            with self.subTest(stated):
                self.assertEqual(read(channel=stated).channel, expected)

    def test_the_address_of_the_archive_tells_what_the_record_does_not(self):
        address = "https://conda.anaconda.org/bioconda/linux-64/a-1-0.conda"
        record = read(channel=None, fn=None, url=address)
        self.assertEqual((record.channel, record.archive), ("bioconda", "conda"))

    def test_what_it_needs_is_named_without_versions(self):
        for stated, expected in {
            None: None,
            (): (),
            ("python >=3.6,<3.7.0a0", "six"): ("python", "six"),
            ("conda-forge::libcblas=3.9", "libcblas", "__glibc >=2.17"): ("libcblas",),
            ("_openmp_mutex[version='>=4.5']", "R.Base 4.*"): ("_openmp_mutex", "r.base"),
            (1, "", "*"): (),
        }.items():
            with self.subTest(stated):
                self.assertEqual(read(depends=stated).depends, expected)

    def test_half_a_surrogate_pair_is_replaced(self):
        self.assertEqual(read(name="a\ud800").name, "a?")

    def test_what_is_no_record_is_malformed(self):
        for data, expected in {
            b"\xff": "is not UTF-8",
            b"[]": "is not an object",
            b"9" * 10_000: "holds a number of too many digits",
            b"{": "Expecting property name",
            b"[" * 1_000_000: "nests values deeper than 100",
            b'{"a":' * 1_000_000: "nests values deeper than 100",
            b'{"a": [' + b"[]," * 1_000_000: "holds more than 500000 brackets",
            b'{"version": "1"}': "has no `name`",
            b'{"name": "a", "version": 1}': "has no `version`",
        }.items():
            with self.subTest(data[:20]), self.assertRaises(conda_meta.Malformed) as raised:
                conda_meta.read(data)
            self.assertIn(expected, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
