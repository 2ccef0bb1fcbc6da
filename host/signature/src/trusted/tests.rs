use serde_json::json;

use super::*;
use crate::Envelope;

// The key of the example of DSSE's
// [protocol](https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#test-vectors).
const OF_EXAMPLE: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZ805D3eqNZywjCI19lInBJOp7YMr\n\
CrzAH3CVTAOQ0jgMeCvVTiaRJaRPRDOv8UMs6U4SvKc6pnrIDOoSYI3fdA==\n\
-----END PUBLIC KEY-----\n\
";

/// Its signature.
const EXAMPLE: &str =
    "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==";

// Keys of `openssl genpkey`, and their signatures of the example by `openssl dgst` and `openssl pkeyutl`.
const OF_P256: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEhzhmX7SNf0GViT14maJggC6yy6m1\n\
0Cvj9GYxaucNMHwM/ka+2lhIqdU+w2umQHfmftqMDTQdhUB84PPyUfMjag==\n\
-----END PUBLIC KEY-----\n\
";
const BY_P256: &str = "\
    MEUCIGNg5o2vx8ELWEPT2WZHeYQZJD1+WuNs5iYqjJj0KTIMAiEAxbiSRG2bJwdgipSnaTM1aPVKwzSRawDAH3IJ\
    A8cZPTA=\
    ";

const OF_P384: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEUX3U5JwdbVr6e5L08ZRkUltqlmrOuhLO\n\
a8YbhNoPEj4doamZaWiNGHMTDv7rEK3g7zR7kEGTTDSKGUuVhfeo6ApR5IfFwNfX\n\
YzUNefPquOb4rTWeemk0llX/9WxyCjD0\n\
-----END PUBLIC KEY-----\n\
";
const BY_P384: &str = "\
    MGUCMQCqLfO1lyPbBy7WfOG3wyVtTKz1satDIYH7+hjlBcboV5HnO1bUtxOfP9i4ryZILUQCMDe2+2xfbpmnX/3X\
    wLKXOpg5U464gRQWO0RHAyMFeGnMcF3/l+ku72U5LxWbPwUTBA==\
    ";

const OF_ED25519: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MCowBQYDK2VwAyEArJXBBNXmQyGPpldSNZVT7u+YMwC6rRQGHIfOsVuZL3M=\n\
-----END PUBLIC KEY-----\n\
";
const BY_ED25519: &str = "\
    1TYp4PG4Tz8xZCKiM7MozrT8BMhZ9saWAtOjCN8dKMxAQOZfcXJZkRI4LTkXxatw+irIdGs3bWv+RvqMBSy9AQ==\
    ";

const OF_RSA: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAnf+nOeLDsSMiWfWoQEXo\n\
ITPvIbJg1AJjh48SEAS5O4U2xm711l4zdSz3qeU8Fyeaz5xrOZvfM0NEICX+Tnr1\n\
k3Ujkvy2by4ovdA1PdsEbMkxmSv0Zdq9pYV/CepRtR5ssDEKYbnnSezuOqsVepvI\n\
vwgVJgp8YaTzyc/q2UTEvrG5agYyl9jJZEEl9hUmyXZ/gQpHxNRNP+vkCvFOAeys\n\
qqBxii3aEBbSJz3d1pWK6bBMd4LoxerAUR39mWdTAmPNPLeuA/ggoGk87GqI5Syj\n\
nEIKGWFww5CEJYXaMEec3mEbBtUtkTqZz6xn40WiRyCL+XH2K//bQY0iPf9tZEuG\n\
lQIDAQAB\n\
-----END PUBLIC KEY-----\n\
";
const BY_RSA: &str = "\
    lkfpvvWs7+kYg3gyrDzP6+9ZXYjBDXjnQ9v2/WtSCVSCOG0OWtrVaxqv+DWYchtZ7wBdQN0SAJ0CLAjNy9EgmjqK\
    SXZAxi996wStadh1UdJD0kekwrznjzMB5iKRUmvdaBcLrEXb2nuSuWrWBL3cjk4EIgbZ22zNBty1u9Uj/i4VpycM\
    IaA9YcoQXoLbmQ1GjUNK1ip0nNmTGfHFk7RPUeoSLrtn3tEcnITG74kbibMPmy/2ewKFjhxNWLpL4bhEoaMbMMzG\
    sbodGZXii0vWQZVHD4lIFD/pVQq4rmwuNvPuH0vJQfdVPFgz9zsCctwGW7ejgNdbj17NL6BxLUkCjQ==\
    ";

const OF_P521: &str = "\
-----BEGIN PUBLIC KEY-----\n\
MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBYnDbCenu/ZtdR2y3V4plv2YblDk+\n\
p2oyCaIM/o2hDhOWCw7czRD15nWKjSlJFbJ85LlCw0PwUhOEcZXw9Gjok7YAX0NN\n\
YAQtTB8pluVXHQByK+f8ReaWVhsQCnVNsGxLYZxKZLO7fQq5jqhaobJuDlTlT5jc\n\
mHWbBvTUf2ZrLHVQEfE=\n\
-----END PUBLIC KEY-----\n\
";

fn keys(pem: &str) -> TrustedKeys {
    let mut keys = TrustedKeys::default();
    keys.add("a.pub", pem).unwrap();
    keys
}

/// The example, with other signatures.
fn envelope(payload: &str, signatures: &[&str]) -> Envelope {
    let signatures: Vec<_> = signatures.iter().map(|sig| json!({"keyid": "whoever", "sig": sig})).collect();
    let payload = BASE64.encode(payload);
    let envelope =
        json!({"payload": payload, "payloadType": "http://example.com/HelloWorld", "signatures": signatures});
    serde_json::from_value(envelope).unwrap()
}

#[test]
fn what_a_key_of_any_kind_has_signed_is_verified_by_that_key_alone() {
    let all = [
        (OF_EXAMPLE, EXAMPLE),
        (OF_P256, BY_P256),
        (OF_P384, BY_P384),
        (OF_ED25519, BY_ED25519),
        (OF_RSA, BY_RSA),
    ];
    for (place, (pem, signature)) in all.iter().enumerate() {
        let keys = keys(pem);
        let signed = envelope("hello world", &["AAAA", signature]);
        let key = signed.verified(&keys).unwrap();
        assert_eq!((key.name(), keys.find(key.fingerprint())), ("a.pub", Some(key)));
        assert!(envelope("hello worlds", &[signature]).verified(&keys).is_none());
        assert!(envelope("hello world", &[]).verified(&keys).is_none());
        let others: Vec<_> = all.iter().enumerate().filter(|(other, _)| *other != place).collect();
        let others: Vec<_> = others.iter().map(|(_, (_, signature))| *signature).collect();
        assert!(envelope("hello world", &others).verified(&keys).is_none());
    }
}

#[test]
fn a_file_may_hold_several_keys_and_each_is_told_by_its_fingerprint() {
    let mut keys = keys(&format!("# of the team\n{OF_P256}{OF_ED25519}"));
    keys.add("b.pub", &OF_RSA.replace('\n', "\r\n")).unwrap();
    let names: Vec<_> = keys.iter().map(TrustedKey::name).collect();
    assert_eq!(names, ["a.pub", "a.pub", "b.pub"]);
    let fingerprints: Vec<_> = keys.iter().map(TrustedKey::fingerprint).collect();
    assert!(fingerprints.iter().all(|it| it.len() == 7 + 64 && it.starts_with("sha256:")));
    assert_eq!(keys.find(fingerprints[2]).unwrap().name(), "b.pub");
    assert_eq!(keys.find("sha256:"), None);
}

#[test]
fn what_is_no_key_is_told() {
    let check = |pem: &str, expected: TrustedKeysError| {
        assert_eq!(TrustedKeys::default().add("a", pem).unwrap_err(), expected, "{pem}");
    };
    check("", TrustedKeysError::None);
    check(&OF_P256.replace("PUBLIC", "PRIVATE"), TrustedKeysError::None);
    check(BEGIN, TrustedKeysError::Damaged);
    check(&format!("{BEGIN}{END}"), TrustedKeysError::Damaged);
    check(&format!("{BEGIN}{}{END}", "A".repeat(KEY_TEXT + 1)), TrustedKeysError::Damaged);
    check(OF_P521, TrustedKeysError::Unsupported);
    let cut = |pem: &str| {
        let lines: Vec<_> = pem.lines().collect();
        let (first, last) = (&lines[..lines.len() - 2], lines[lines.len() - 1]);
        format!("{}\n{last}", first.join("\n"))
    };
    check(&cut(OF_P256), TrustedKeysError::Damaged);
    // The neutral element, by which anybody can sign anything.
    let weak = [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0, 1][..], &[0; 31]].concat();
    check(&format!("{BEGIN}{}{END}", BASE64.encode(weak)), TrustedKeysError::Weak);
    check(&OF_P256.repeat(KEYS + 1), TrustedKeysError::Many);
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_too_odd_to_be_no_key(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let pem = format!("{BEGIN}{}{END}", BASE64.encode(&bytes));
        let _outcome = TrustedKeys::default().add("a", &pem);
        let mut info = vec![0x30];
        info.extend(bytes);
        let _parts = subject_public_key_info(&info);
    }
}
