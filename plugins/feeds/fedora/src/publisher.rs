use limpid_plugin_sdk::Error;
use limpid_updateinfo::{Collection, Publisher, Update, text};

use crate::tree::{self, Family, Release};

/// Bodhi, which publishes updates of both.
pub(crate) struct Bodhi<'a> {
    /// Names a repository, and by that a release.
    pub(crate) source: &'a str,
}

impl Publisher for Bodhi<'_> {
    fn namespace(&self, update: &Update, collection: &Collection) -> Result<Option<String>, Error> {
        let stated = [&update.release, &collection.name];
        let release = stated.into_iter().find_map(|text| named(text)).or_else(|| tree::release(self.source));
        match release {
            Some(Release { family: Family::Fedora, number }) => Ok(Some(format!("fedora:{number}"))),
            Some(Release { family: Family::Epel, number }) => Ok(Some(format!("epel:{number}"))),
            None => {
                let named = text::shown(&update.release);
                Err(Error::malformed(format_args!("it names no release of Fedora or EPEL: `{named}`")))
            }
        }
    }

    fn rater(&self) -> &str {
        "fedora"
    }

    fn page(&self, id: &str) -> Option<String> {
        id.starts_with("FEDORA-").then(|| format!("https://bodhi.fedoraproject.org/updates/{id}"))
    }
}

/// The release that is called `Fedora 40`, `Fedora 38 Modular`, `Fedora EPEL 9`, `Fedora EPEL 10.1`.
fn named(text: &str) -> Option<Release<'_>> {
    let mut words = text.split_whitespace();
    let family = match words.next()? {
        "Fedora" => Family::Fedora,
        _ => return None,
    };
    let (family, number) = match words.next()? {
        "EPEL" => (Family::Epel, words.next()?),
        number => (family, number),
    };
    let number = number.split('.').next().unwrap_or(number);
    tree::is_number(number).then_some(Release { family, number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_the_update_or_else_of_its_repository() {
        let check = |release: &str, name: &str, source: &str, expected: Option<&str>| {
            let update = Update { release: release.to_owned(), ..Update::default() };
            let collection = Collection { name: name.to_owned(), ..Collection::default() };
            let namespace = Bodhi { source }.namespace(&update, &collection).ok().flatten();
            assert_eq!(namespace.as_deref(), expected, "{release} {name} {source}");
        };
        let of_40 = "fedora/linux/updates/40/Everything/x86_64";
        check("Fedora 38", "Fedora 39", of_40, Some("fedora:38"));
        check("Fedora 38 Modular", "", of_40, Some("fedora:38"));
        check("", "Fedora 39", of_40, Some("fedora:39"));
        check("", "", of_40, Some("fedora:40"));
        check("Fedora EPEL 9", "", "handed-in.xml", Some("epel:9"));
        check("Fedora EPEL 10.1", "", "handed-in.xml", Some("epel:10"));
        check("Fedora ELN", "", "handed-in.xml", None);
        check("", "", "handed-in.xml", None);
    }
}
