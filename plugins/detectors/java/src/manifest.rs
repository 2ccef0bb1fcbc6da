//! Manifests ([JAR File Specification](https://docs.oracle.com/en/java/javase/21/docs/specs/jar/jar.html)).

use std::collections::BTreeMap;

use limpid_plugin_sdk::text::Lines;

/// The longest value that is kept, in bytes; those of interest are a few words.
const MAX_VALUE: usize = 4096;

/// How many attributes are kept.
const MAX_ATTRIBUTES: usize = 200;

/// The attributes of a manifest's main section, and of the first others that state the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// By their names in lower case, which are of either.
    main: BTreeMap<String, String>,
    /// Titles and versions of packages: what old archives state instead.
    packages: BTreeMap<String, String>,
}

impl Manifest {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let mut manifest = Self::default();
        let (mut attribute, mut in_main) = (None::<(String, Vec<u8>)>, true);
        let mut lines = Lines::new(bytes, MAX_VALUE);
        // Reading from memory does not fail.
        while let Ok(Some(line)) = lines.next() {
            if let Some((more, (_, value))) = line.bytes.strip_prefix(b" ").zip(attribute.as_mut()) {
                let room = MAX_VALUE.saturating_sub(value.len());
                value.extend_from_slice(more.get(..room).unwrap_or(more));
                continue;
            }
            manifest.keep(attribute.take(), in_main);
            if line.bytes.is_empty() {
                in_main = false;
            }
            attribute = line
                .split_once(b':')
                .map(|(name, value)| (String::from_utf8_lossy(name).to_lowercase(), value.to_vec()));
        }
        manifest.keep(attribute, in_main);
        manifest
    }

    fn keep(&mut self, attribute: Option<(String, Vec<u8>)>, in_main: bool) {
        let Some((name, value)) = attribute else { return };
        let value = String::from_utf8_lossy(&value).trim().to_owned();
        let is_of_package = name.starts_with("implementation-") || name.starts_with("specification-");
        let into = match in_main {
            true => &mut self.main,
            false if is_of_package => &mut self.packages,
            false => return,
        };
        if !value.is_empty() && into.len() < MAX_ATTRIBUTES {
            into.entry(name).or_insert(value);
        }
    }

    /// An attribute of the main section; the name is in lower case.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.main.get(name).map(String::as_str)
    }

    /// An attribute of the main section, or of the first other section that has it.
    pub(crate) fn get_anywhere(&self, name: &str) -> Option<&str> {
        self.get(name).or_else(|| self.packages.get(name).map(String::as_str))
    }

    /// Whether it calls the archive by this name.
    pub(crate) fn names(&self, artifact: &str) -> bool {
        let bundle = self.get("bundle-symbolicname").and_then(|bundle| bundle.split(';').next());
        self.get("implementation-title") == Some(artifact)
            || bundle.is_some_and(|bundle| bundle.trim().ends_with(artifact))
    }

    /// Whether the archive is a part of the Java runtime.
    pub(crate) fn is_of_runtime(&self) -> bool {
        self.get("implementation-title") == Some("Java Runtime Environment")
            || self.get("specification-title") == Some("Java Platform API Specification")
    }

    /// The licences, as OSGi has them: separated by commas, each perhaps with attributes. Names hold commas as well,
    /// and then the value is one.
    pub(crate) fn licenses(&self) -> Vec<String> {
        let Some(value) = self.get("bundle-license") else { return Vec::new() };
        let clauses: Vec<_> = value
            .split(',')
            .map(|clause| clause.split(';').next().unwrap_or_default().trim().trim_matches('"'))
            .filter(|name| !name.is_empty())
            .collect();
        let is_list = clauses.iter().all(|name| !name.contains(' '));
        match is_list {
            true => clauses.into_iter().map(str::to_owned).collect(),
            false => {
                let end = value.find(";link").or_else(|| value.find(";description")).unwrap_or(value.len());
                vec![value.get(..end).unwrap_or_default().trim().trim_matches('"').to_owned()]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_go_on_in_lines_that_begin_with_a_space() {
        let text = "Manifest-Version: 1.0\r\nBundle-SymbolicName: org.a\r\n .b.c\r\nIMPLEMENTATION-VERSION:1.0\r\n\
                    Empty: \r\nno attribute\r\n\r\nName: org/a/\r\nImplementation-Title: t\r\nSealed: true\r\n\
                    Implementation-Version: 9\r\n\r\nName: org/b/\r\nImplementation-Title: u";
        let manifest = Manifest::read(text.as_bytes());
        assert_eq!(manifest.get("bundle-symbolicname"), Some("org.a.b.c"));
        assert_eq!(manifest.get_anywhere("implementation-version"), Some("1.0"));
        assert_eq!((manifest.get("empty"), manifest.get("sealed")), (None, None));
        assert_eq!(manifest.get("implementation-title"), None);
        assert_eq!(manifest.get_anywhere("implementation-title"), Some("t"));
    }

    #[test]
    fn licences_are_one_or_several() {
        let check = |value: &str, expected: &[&str]| {
            let manifest = Manifest::read(format!("Bundle-License: {value}\n").as_bytes());
            assert_eq!(manifest.licenses(), expected, "{value}");
        };
        check(
            "https://www.apache.org/licenses/LICENSE-2.0.txt",
            &["https://www.apache.org/licenses/LICENSE-2.0.txt"],
        );
        check("Apache-2.0;link=\"https://example.test\"", &["Apache-2.0"]);
        check("EPL-1.0, \"LGPL-2.1\";link=x", &["EPL-1.0", "LGPL-2.1"]);
        check("\"Apache License, Version 2.0\";link=\"x\"", &["Apache License, Version 2.0"]);
        check(";link=x", &[]);
    }

    #[test]
    fn the_runtime_says_that_it_is_one() {
        let is_of_runtime = |text: &str| Manifest::read(text.as_bytes()).is_of_runtime();
        assert!(is_of_runtime("Implementation-Title: Java Runtime Environment\n"));
        assert!(!is_of_runtime("Implementation-Title: a\n"));
    }
}
