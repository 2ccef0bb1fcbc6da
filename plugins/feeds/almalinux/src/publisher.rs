use limpid_plugin_sdk::Error;
use limpid_updateinfo::{Collection, Publisher, Update};

/// Where errata are shown, `9/ALSA-2022-4940.html`.
const PAGES: &str = "https://errata.almalinux.org/";

/// AlmaLinux.
pub(crate) struct Alsa<'a> {
    /// Names a release, unless somebody handed the document in by another name.
    pub(crate) source: &'a str,
}

impl Publisher for Alsa<'_> {
    fn namespace(&self, update: &Update, _collection: &Collection) -> Result<Option<String>, Error> {
        let page = update.references.iter().find_map(|linked| release_of_page(&linked.href));
        match page.or_else(|| Some(self.source).filter(|source| is_release(source))) {
            Some(release) => Ok(Some(format!("almalinux:{release}"))),
            None => Err(Error::malformed("no reference tells of which release it is")),
        }
    }

    fn rater(&self) -> &str {
        "almalinux"
    }
}

/// The release in the address of a page.
pub(crate) fn release_of_page(href: &str) -> Option<&str> {
    href.strip_prefix(PAGES)?.split('/').next().filter(|release| is_release(release))
}

fn is_release(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
