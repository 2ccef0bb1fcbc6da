use limpid_plugin_sdk::Error;
use limpid_updateinfo::{Collection, Publisher, Update, text};

use crate::tree;

/// Rocky Linux, whose updates name their release.
pub(crate) struct Rlsa<'a> {
    /// Names a repository, and by that a release.
    pub(crate) source: &'a str,
}

impl Publisher for Rlsa<'_> {
    fn namespace(&self, update: &Update, collection: &Collection) -> Result<Option<String>, Error> {
        let stated =
            [update.release.strip_prefix("Rocky Linux "), collection.short.strip_prefix("rocky-linux-")];
        let release = stated.into_iter().flatten().find_map(major).or_else(|| tree::release(self.source));
        match release {
            Some(release) => Ok(Some(format!("rocky:{release}"))),
            None => {
                let named = text::shown(&update.release);
                Err(Error::malformed(format_args!("it names no release of Rocky Linux: `{named}`")))
            }
        }
    }

    fn rater(&self) -> &str {
        "rocky"
    }
}

/// `9` of `9`, `9.2` and `9-x86-64-baseos-rpms`.
fn major(text: &str) -> Option<&str> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.get(..end).filter(|major| (1..=3).contains(&major.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_the_update_or_else_of_its_repository() {
        let check = |release: &str, short: &str, source: &str, expected: Option<&str>| {
            let update = Update { release: release.to_owned(), ..Update::default() };
            let collection = Collection { short: short.to_owned(), ..Collection::default() };
            let namespace = Rlsa { source }.namespace(&update, &collection).ok().flatten();
            assert_eq!(namespace.as_deref(), expected, "{release} {short} {source}");
        };
        check("Rocky Linux 9", "rocky-linux-8-x86-64-baseos-rpms", "10.1/BaseOS/x86_64/os", Some("rocky:9"));
        check("", "rocky-linux-8-x86-64-baseos-rpms", "10.1/BaseOS/x86_64/os", Some("rocky:8"));
        check("", "", "10.1/BaseOS/x86_64/os", Some("rocky:10"));
        check("Rocky Linux", "x", "handed-in.xml", None);
    }
}
