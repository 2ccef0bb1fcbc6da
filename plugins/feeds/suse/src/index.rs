//! The index of the folder in which the documents are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Sink, Source};

/// Where the documents are, and where the index stands.
pub(crate) const FOLDER: &str = "https://ftp.suse.com/pub/projects/security/oval/";

/// What the source of the index is called.
pub(crate) const SOURCE: &str = "index";

/// The largest index, in bytes; it has 100 KB.
const MAX_INDEX: u64 = 8 << 20;

/// Documents that one index may name.
const MAX_DOCUMENTS: usize = 256;

/// The forms of a document, the smallest one first.
const FORMS: [&str; 3] = [".xml.bz2", ".xml.gz", ".xml"];

/// Asks for the documents of all products that images are made of.
///
/// # Errors
///
/// [`Error::Malformed`] where the page names none, as that of a proxy or of an error does, or too many.
pub(crate) fn follow(page: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut bytes = Vec::new();
    page.take(MAX_INDEX).read_to_end(&mut bytes)?;
    let page = String::from_utf8_lossy(&bytes);
    let documents = documents(&page);
    if documents.is_empty() || documents.len() > MAX_DOCUMENTS {
        return Err(Error::malformed(format_args!(
            "the index names {} documents of products, not 1 to {MAX_DOCUMENTS}",
            documents.len()
        )));
    }
    for (name, file) in documents {
        sink.follow(Source::whole(name, format!("{FOLDER}{file}")));
    }
    Ok(())
}

/// The best file of each product, by what its source is called.
fn documents(page: &str) -> BTreeMap<String, String> {
    let files: BTreeSet<&str> = links(page).collect();
    let has = |name: &str| {
        FORMS.into_iter().map(|form| format!("{name}{form}")).find(|file| files.contains(file.as_str()))
    };
    let mut products = BTreeSet::new();
    for file in &files {
        let Some(name) = FORMS.iter().find_map(|form| file.strip_suffix(form)) else { continue };
        let product = name.strip_suffix("-affected").unwrap_or(name);
        if is_of_images(product) {
            products.insert(product);
        }
    }
    let is_covered = |product: &str| {
        let major = product.strip_prefix("suse.linux.enterprise.server.");
        major.is_some_and(|major| products.contains(format!("suse.linux.enterprise.{major}").as_str()))
    };
    let products = products.iter().filter(|product| !is_covered(product));
    products
        .filter_map(|product| {
            let affected = format!("{product}-affected");
            let (name, file) = match has(&affected) {
                Some(file) => (affected, file),
                None => ((*product).to_owned(), has(product)?),
            };
            Some((name, file))
        })
        .collect()
}

/// Whether images are made of a product, and no other document has it.
fn is_of_images(product: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_release = |text: &str| text.split_once('.').is_some_and(|(a, b)| is_number(a) && is_number(b));
    let numbered = |prefix: &str, is: &dyn Fn(&str) -> bool| product.strip_prefix(prefix).is_some_and(is);
    product == "opensuse.tumbleweed"
        || numbered("opensuse.", &is_release)
        || numbered("opensuse.leap.", &is_release)
        || numbered("opensuse.leap.micro.", &is_release)
        || numbered("suse.linux.enterprise.", &is_number)
        || numbered("suse.linux.enterprise.server.", &is_number)
        || numbered("suse.linux.enterprise.micro.", &is_number)
        || numbered("suse.linux.micro.", &is_number)
}

/// What the source of a file is called: its name without what says its form.
pub(crate) fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.find(".xml").and_then(|end| name.get(..end)).filter(|stem| !stem.is_empty()).unwrap_or(file)
}

/// The files that links of the page lead to.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.match_indices("href").filter_map(|(at, found)| {
        let value = page.get(at + found.len()..)?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''))?;
        let link = value.get(1..)?.split(quote).next()?;
        let file = link.strip_prefix(FOLDER).or_else(|| link.strip_prefix("./")).unwrap_or(link);
        let is_file = file.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        Some(file).filter(|_| is_file)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_product_has_its_best_document() {
        let files = [
            "../",
            "?C=M;O=D",
            "SHA256SUMS",
            "opensuse.13.2.xml.gz",
            "opensuse.leap.15.2-affected.xml",
            "opensuse.leap.15.2-affected.xml.gz",
            "opensuse.leap.15.2-patch.xml.gz",
            "opensuse.leap.15.2.xml.gz",
            "opensuse.leap.micro.5.2.xml.gz",
            "opensuse.tumbleweed-affected.xml.gz",
            "suse.caasp.4.0-affected.xml.gz",
            "suse.linux.enterprise.15-affected.xml.gz",
            "suse.linux.enterprise.15-sp1-affected.xml.gz",
            "suse.linux.enterprise.15.xml.gz",
            "suse.linux.enterprise.micro.5-affected.xml.bz2",
            "suse.linux.enterprise.micro.5-affected.xml.gz",
            "suse.linux.enterprise.micro.5.0-affected.xml.gz",
            "suse.linux.enterprise.server.10.xml.gz",
            "suse.linux.enterprise.server.15-affected.xml.gz",
            "suse.linux.micro.6-affected.xml.gz",
            "suse.manager.4.3-affected.xml.gz",
        ];
        let page: String = files.iter().map(|file| format!("<a href=\"{file}\">{file}</a>\n")).collect();
        let found: Vec<_> = documents(&page).into_values().collect();
        let expected = [
            "opensuse.13.2.xml.gz",
            "opensuse.leap.15.2-affected.xml.gz",
            "opensuse.leap.micro.5.2.xml.gz",
            "opensuse.tumbleweed-affected.xml.gz",
            "suse.linux.enterprise.15-affected.xml.gz",
            "suse.linux.enterprise.micro.5-affected.xml.bz2",
            "suse.linux.enterprise.server.10.xml.gz",
            "suse.linux.micro.6-affected.xml.gz",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_page_that_names_no_document_is_refused() {
        let mut sink = limpid_plugin_sdk::testing::Collected::default();
        for page in ["", "<html>proxy</html>", "<a href='SHA256SUMS'>"] {
            assert!(follow(page.as_bytes(), &mut sink).is_err(), "{page}");
        }
        assert_eq!(sink.followed, []);
    }
}
