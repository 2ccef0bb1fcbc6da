//! The `Link` header: where the next page of a list is.

/// Longest header that is looked at, in bytes.
const HEADER_BYTES: usize = 8 << 10;

/// The target of the first link whose relation is `next`. The grammar is that of
/// [RFC 8288, section 3](https://www.rfc-editor.org/rfc/rfc8288#section-3).
pub(crate) fn next(header: &str) -> Option<&str> {
    let mut rest = header.get(..header.floor_char_boundary(HEADER_BYTES))?;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (target, after) = rest.strip_prefix('<')?.split_once('>')?;
        let (is_next, after) = parameters(after);
        if is_next {
            return Some(target);
        }
        rest = after;
    }
}

/// Whether one of the parameters of a link says that it is the next page, and what follows them.
fn parameters(text: &str) -> (bool, &str) {
    let (mut rest, mut is_next) = (text, false);
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        let Some(parameter) = rest.strip_prefix(';') else { return (is_next, rest) };
        let parameter = parameter.trim_start_matches([' ', '\t']);
        let end = parameter.find(['=', ';', ',']).unwrap_or(parameter.len());
        let (name, after) = parameter.split_at(end);
        let (value, after) = after.strip_prefix('=').map_or(("", after), value);
        let relations = || value.split_ascii_whitespace();
        if name.trim_end().eq_ignore_ascii_case("rel") {
            is_next |= relations().any(|relation| relation.eq_ignore_ascii_case("next"));
        }
        rest = after;
    }
}

/// A word or a quoted text, and what follows it. Escapes are left in: no relation has any.
fn value(text: &str) -> (&str, &str) {
    let text = text.trim_start_matches([' ', '\t']);
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split_at(text.find([' ', '\t', ';', ',']).unwrap_or(text.len()));
    };
    let mut escaped = false;
    let end = quoted.find(|character| {
        let ends = character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        ends
    });
    match end {
        Some(end) => (&quoted[..end], quoted[end..].strip_prefix('"').unwrap_or_default()),
        None => (quoted, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_read_as_registries_name_it() {
        let check = |header: &str, expected: Option<&str>| assert_eq!(next(header), expected, "{header}");
        check(r#"</v2/_catalog?last=b&n=100>; rel="next""#, Some("/v2/_catalog?last=b&n=100"));
        check(
            "<https://r.example/v2/a/tags/list?n=1>;rel=next",
            Some("https://r.example/v2/a/tags/list?n=1"),
        );
        check(r#"</a>; rel="prev", </b>; title="x, <y>"; REL="last next""#, Some("/b"));
        check(r#"</a;b,c>; rel="next""#, Some("/a;b,c"));
        check(r#"</a>; title="\"; rel=next"; rel=prev"#, None);
        check(r#"</a>; rel="prev""#, None);
        check("</a>", None);
    }

    #[test]
    fn a_header_that_makes_no_sense_names_no_page() {
        for header in
            ["", ",,", "<", "<>", "rel=next", "</a>; rel=\"", "</a>; =next", "</a> rel=next", "</a>;;;"]
        {
            assert_eq!(next(header), None, "{header}");
        }
        assert_eq!(next(&"</a>;".repeat(100_000)), None);
        assert_eq!(next(&"\u{e9}".repeat(HEADER_BYTES)), None);
    }
}
