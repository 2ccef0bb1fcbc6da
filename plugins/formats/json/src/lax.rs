/// JSON of text that also has comments and commas before a closing bracket, as Bun writes and TypeScript's settings
/// have it: what JSON does not know becomes spaces, so that errors name the same place. Other text stays as it is.
pub fn lax(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    // The last comma that nothing but spaces and comments follow.
    let mut comma = None;
    while let Some(&byte) = bytes.get(at) {
        let end = match (byte, bytes.get(at + 1)) {
            (b'"', _) => end_of_string(&bytes, at),
            (b'/', Some(b'/')) => blank(&mut bytes, at, |rest| memchr(rest, b"\n").unwrap_or(rest.len())),
            (b'/', Some(b'*')) => blank(&mut bytes, at, |rest| {
                let after = rest.get(2..).unwrap_or_default();
                memchr(after, b"*/").map_or(rest.len(), |length| length + 4)
            }),
            _ => at + 1,
        };
        match byte {
            b',' => comma = Some(at),
            b'}' | b']' => {
                if let Some(comma) = comma.take().and_then(|at| bytes.get_mut(at)) {
                    *comma = b' ';
                }
            }
            b' ' | b'\t' | b'\r' | b'\n' | b'/' => {}
            _ => comma = None,
        }
        at = end;
    }
    // What was changed was ASCII, or in a comment whole.
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Where a string ends that begins at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Turns a comment that begins at `start` into spaces, but for its line breaks; where it ends.
fn blank(bytes: &mut [u8], start: usize, length: impl Fn(&[u8]) -> usize) -> usize {
    let end = start + length(bytes.get(start..).unwrap_or_default());
    for byte in bytes.get_mut(start..end).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
    end
}

/// Where one of these texts of one or two bytes is first.
fn memchr(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn comments_and_trailing_commas_become_spaces() {
        let check = |text: &str, expected: &str| assert_eq!(lax(text), expected, "{text:?}");
        check(r#"{"a": [1, 2,], }"#, r#"{"a": [1, 2 ]  }"#);
        check("[1, // one\n2, /* two\n*/ ]", "[1,       \n2        \n   ]");
        check(r#"["a//b", "c,]", "\"/*"]"#, r#"["a//b", "c,]", "\"/*"]"#);
        check("[1,,]", "[1, ]");
        check("[1] // ä", "[1]      ");
        check("\"open", "\"open");
        check("/* open", "       ");
        check("/", "/");
    }

    proptest! {
        #[test]
        fn json_stays_as_it_is(text in "(\\[|\\{|\"[a,\\]/*]{0,5}\"|[0-9]){0,20}") {
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert_eq!(lax(&text), text);
            }
        }

        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(\\PC|[\\[\\]{},/*\"\\\\\n ]){0,60}") {
            prop_assert_eq!(lax(&text).len(), text.len());
        }
    }
}
