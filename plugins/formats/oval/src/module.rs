//! Streams of modules, which are asked for as what `dnf` writes when one is enabled.

/// `virt` of `/etc/dnf/modules.d/virt.module`.
pub(crate) fn name(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/etc/dnf/modules.d/")?.strip_suffix(".module")?;
    Some(name).filter(|name| is_word(name))
}

/// `kvm_utils` of `\nstream\s*=\s*kvm_utils\b[\w\W]*...`; none where several streams are named.
pub(crate) fn stream(pattern: &str) -> Option<String> {
    const BEFORE: &str = r"stream\s*=\s*";
    let mut found = None;
    for (at, _) in pattern.match_indices(BEFORE) {
        let rest = pattern.get(at + BEFORE.len()..)?;
        let stream = rest.get(..rest.find(r"\b")?)?.replace(r"\.", ".").replace(r"\-", "-");
        if !is_word(&stream) || found.as_ref().is_some_and(|found| *found != stream) {
            return None;
        }
        found = Some(stream);
    }
    found
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_and_its_stream_are_found() {
        assert_eq!(name("/etc/dnf/modules.d/virt.module"), Some("virt"));
        assert_eq!(name("/etc/dnf/modules.d/.*"), None);
        let check = |pattern: &str, expected: Option<&str>| {
            assert_eq!(stream(pattern).as_deref(), expected, "{pattern}");
        };
        let both = r"\nstream\s*=\s*kvm_utils\b[\w\W]*\nstate\s*=\s*(enabled|1|true)|\nstate\s*=\s*(enabled|1|true)[\w\W]*\nstream\s*=\s*kvm_utils\b";
        check(both, Some("kvm_utils"));
        check(r"\nstream\s*=\s*8\.0\b", Some("8.0"));
        check(r"stream\s*=\s*a\b|stream\s*=\s*b\b", None);
        check(r"stream\s*=\s*(a|b)\b", None);
        check(r"stream\s*=\s*a", None);
        check("", None);
    }
}
