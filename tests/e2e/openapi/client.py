"""Asks a service by the client that is generated from its OpenAPI document."""

import sys

from limpid_client import Client
from limpid_client.api.images import list_images, report
from limpid_client.models import Problem, Report

address, image = sys.argv[1:]
with Client(base_url=address) as client:
    images = list_images.sync(client=client).images
    found = report.sync(image, client=client)
    none = report.sync("sha256:" + "0" * 64, client=client)

assert isinstance(found, Report) and isinstance(none, Problem)
assert [known.digest for known in images] == [image] and found.image.digest == image
print(f"{len(images)} image, {len(found.findings)} findings, first {found.findings[0].vulnerability}; {none.code}")
