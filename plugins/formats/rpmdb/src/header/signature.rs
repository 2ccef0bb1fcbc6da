//! Who signed a package: the key's id in a signature of OpenPGP.

use std::fmt::Write as _;

/// Subpackets that name the key: by its id, and by its fingerprint.
const ISSUER: u8 = 16;
const ISSUER_FINGERPRINT: u8 = 33;

/// The id of the key that made a signature ([RFC 9580](https://www.rfc-editor.org/rfc/rfc9580#section-5.2)), or, of a
/// version 3 signature, RFC 4880; none where it names none.
pub(super) fn signer(packet: &[u8]) -> Option<String> {
    let body = body(packet)?;
    match body.first()? {
        // Version, length of what is hashed, type, time, and then the key.
        3 => body.get(7..15).map(hexadecimal),
        4 | 5 => {
            let (hashed, rest) = area(body.get(4..)?)?;
            let (unhashed, _) = area(rest)?;
            issuer(hashed).or_else(|| issuer(unhashed))
        }
        _ => None,
    }
}

/// The content of a packet that is a signature.
fn body(packet: &[u8]) -> Option<&[u8]> {
    let (&first, rest) = packet.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    let (kind, length) = match first & 0x40 {
        0 => (
            first >> 2 & 0xf,
            match first & 3 {
                0 => 1,
                1 => 2,
                2 => 4,
                _ => 0,
            },
        ),
        _ => (
            first & 0x3f,
            match rest.first()? {
                0..192 => 1,
                192..224 => 2,
                255 => 5,
                _ => return None,
            },
        ),
    };
    (kind == 2).then(|| rest.get(length..)).flatten()
}

/// What follows a length of two bytes, in two parts.
fn area(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn issuer(mut subpackets: &[u8]) -> Option<String> {
    while let Some((&first, rest)) = subpackets.split_first() {
        let (length, rest) = match (first, rest) {
            (0..192, _) => (usize::from(first), rest),
            (192..255, [second, rest @ ..]) => {
                ((usize::from(first) - 192) * 256 + usize::from(*second) + 192, rest)
            }
            (255, [a, b, c, d, rest @ ..]) => (u32::from_be_bytes([*a, *b, *c, *d]) as usize, rest),
            _ => return None,
        };
        let (subpacket, after) = rest.split_at_checked(length)?;
        subpackets = after;
        match subpacket {
            // The highest bit says that it must be understood.
            [kind, id @ ..] if kind & 0x7f == ISSUER && id.len() == 8 => return Some(hexadecimal(id)),
            // The id is the end of a fingerprint of version 4.
            [kind, 4, fingerprint @ ..] if kind & 0x7f == ISSUER_FINGERPRINT && fingerprint.len() == 20 => {
                return fingerprint.get(12..).map(hexadecimal);
            }
            _ => {}
        }
    }
    None
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_named_in_all_forms_of_a_signature() {
        let id = [0x19, 0x9e, 0x2f, 0x91, 0xfd, 0x43, 0x1d, 0x51];
        let expected = Some("199e2f91fd431d51".to_owned());
        let old = [&[0x89, 0, 20, 3, 5, 0, 1, 2, 3, 4][..], &id, &[1, 8]].concat();
        assert_eq!(signer(&old), expected);
        let unhashed = [&[0x89, 0, 30, 4, 0, 1, 8, 0, 6, 5, 2, 1, 2, 3, 4, 0, 10, 9, 16][..], &id].concat();
        assert_eq!(signer(&unhashed), expected);
        let fingerprint = [&[0xc2, 40, 4, 0, 1, 8, 0, 23, 22, 33, 4][..], &[7; 12], &id, &[0, 0]].concat();
        assert_eq!(signer(&fingerprint), expected);
        let critical = [&[0xc2, 40, 4, 0, 1, 8, 0, 10, 9, 0x90][..], &id, &[0, 0]].concat();
        assert_eq!(signer(&critical), expected);
        for end in 0..unhashed.len() {
            assert_eq!(signer(&unhashed[..end]), None, "{end}");
        }
    }
}
