//! SPDX 2 in [tags and values](https://spdx.github.io/spdx-spec/v2.3/conformance/): a line for each field, a package from
//! its name on.

use limpid_plugin_sdk::Error;

use crate::relations::Relations;
use crate::spdx::{Found, depend, push};
use crate::{Component, Sink};

/// In which of its first lines a document says what it is.
const HEAD: usize = 100;

/// What ends a value of several lines, which begins with its counterpart.
const END_OF_TEXT: &str = "</text>";

pub(crate) fn is_document(text: &str) -> bool {
    !text.trim_start().starts_with(['{', '[', '<']) && version(text).is_some()
}

fn version(text: &str) -> Option<&str> {
    let mut lines = text.lines().take(HEAD);
    lines.find_map(|line| line.trim_start().strip_prefix("SPDXVersion:")).map(str::trim)
}

pub(crate) fn read(text: &str, sink: &mut Sink<impl FnMut(Component)>) -> Result<(), Error> {
    if !version(text).is_some_and(|version| version.starts_with("SPDX-2")) {
        return Err(Error::unsupported("the document is neither CycloneDX nor SPDX 2 or 3"));
    }
    let mut relations = Relations::default();
    for [from, kind, to] in relationships(text) {
        sink.depends(|all| depend(all, [from, kind, to]));
        relations.add(from, kind, to.to_owned())?;
    }
    if relations.leaves_out() {
        for [from, kind, to] in relationships(text) {
            relations.keep(from, kind, to);
        }
    }
    let mut package: Option<Found> = None;
    let mut fields = Fields::of(text);
    for Field { tag, value } in &mut fields {
        match (tag, &mut package) {
            ("PackageName", _) => {
                let named = Found { name: value.to_owned(), ..Found::default() };
                if let Some(before) = package.replace(named) {
                    push(before, &relations, sink)?;
                }
            }
            // What follows is of something else.
            ("FileName" | "SnippetSPDXID" | "LicenseID", _) => {
                if let Some(before) = package.take() {
                    push(before, &relations, sink)?;
                }
            }
            (_, Some(package)) => take(package, tag, value),
            (_, None) => {}
        }
    }
    if let Some(last) = package {
        push(last, &relations, sink)?;
    }
    if fields.odd > 0 {
        let why = format_args!("{} lines have no tag", fields.odd);
        sink.problem(Error::malformed(why));
    }
    Ok(())
}

fn take(package: &mut Found, tag: &str, value: &str) {
    let field = match tag {
        "SPDXID" => {
            value.clone_into(&mut package.id);
            return;
        }
        "ExternalRef" => {
            let mut words = value.split_ascii_whitespace().skip(1);
            let purl = words.next().filter(|kind| kind.eq_ignore_ascii_case("purl")).and(words.next());
            if package.purl.is_none() {
                package.purl = purl.map(str::to_owned);
            }
            return;
        }
        "PackageSourceInfo" => {
            package.details.add_text(value);
            return;
        }
        "PackageSummary" => {
            value.clone_into(&mut package.summary);
            return;
        }
        "PackageVersion" => &mut package.version,
        "PackageLicenseConcluded" => &mut package.concluded,
        "PackageLicenseDeclared" => &mut package.declared,
        "PrimaryPackagePurpose" => &mut package.purpose,
        _ => return,
    };
    *field = Some(value.to_owned());
}

/// `Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-a`
fn relationships(text: &str) -> impl Iterator<Item = [&str; 3]> {
    Fields::of(text).filter(|field| field.tag == "Relationship").filter_map(|field| {
        let mut words = field.value.split_ascii_whitespace();
        Some([words.next()?, words.next()?, words.next()?])
    })
}

struct Field<'a> {
    tag: &'a str,
    value: &'a str,
}

/// The fields in their order. Of a value of several lines, which is no name of anything, the first counts.
struct Fields<'a> {
    lines: std::str::Lines<'a>,
    /// How many lines have no tag.
    odd: u64,
}

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> Self {
        Self { lines: text.lines(), odd: 0 }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        loop {
            let line = self.lines.next()?.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((tag, value)) = line.split_once(':') else {
                self.odd += 1;
                continue;
            };
            let value = value.trim();
            let Some(first) = value.strip_prefix("<text>") else { return Some(Field { tag, value }) };
            if let Some((whole, _)) = first.split_once(END_OF_TEXT) {
                return Some(Field { tag, value: whole.trim() });
            }
            _ = self.lines.find(|line| line.contains(END_OF_TEXT));
            return Some(Field { tag, value: first.trim() });
        }
    }
}
