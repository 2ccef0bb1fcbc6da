#!/bin/sh
# The specification of DSSE, the envelope of in-toto's statements, ends with an example of an envelope, its public key and
# its signature (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md, "Test Vectors"). The Python library of
# the same authors, securesystemslib 1.6.0, refuses it: the example's signature is the 64 bytes of r and s, one after the
# other, and the library reads the ASN.1 form of two numbers only, which the specification does not name. The very same
# numbers in that form verify. Whoever writes a verifier by the specification's example refuses what signers write today,
# and the other way round. Seen (form of the signature, whether it verifies):
SEEN='as in the specification: no
as ASN.1: yes'
#
# Needs Python 3 with pip. Ends with 0 where this is still so.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv tools
tools/bin/pip install --quiet --disable-pip-version-check 'securesystemslib[crypto]==1.6.0' cryptography==50.0.2
seen=$(tools/bin/python - <<'PYTHON'
import base64
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey, Signature

# The example.
X = 46950820868899156662930047687818585632848591499744589407958293238635476079160
Y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
SIGNATURE = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="

public = ec.EllipticCurvePublicNumbers(X, Y, ec.SECP256R1()).public_key()
pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
key = SSlibKey("example", "ecdsa", "ecdsa-sha2-nistp256", {"public": pem})
raw = base64.b64decode(SIGNATURE)
asn1 = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
for name, signature in [("as in the specification", raw), ("as ASN.1", asn1)]:
    signatures = {key.keyid: Signature(key.keyid, signature.hex())}
    envelope = Envelope(b"hello world", "http://example.com/HelloWorld", signatures)
    try:
        envelope.verify([key], 1)
        print(name + ": yes")
    except VerificationError:
        print(name + ": no")
PYTHON
)
echo "$seen"
[ "$seen" = "$SEEN" ]
