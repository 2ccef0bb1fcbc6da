use limpid_plugin_sdk::Error;
use limpid_updateinfo::{Collection, Package, Publisher, Update, text};

/// What collections are called, before the release: `amazon-linux-2023`, `amazon-linux-2---kernel-5.15`.
const COLLECTION: &str = "amazon-linux-";

/// Between the release and the repository in the name of a collection.
const REPOSITORY: &str = "---";

/// The Amazon Linux Security Center.
pub(crate) struct Alas;

impl Publisher for Alas {
    fn namespace(&self, update: &Update, collection: &Collection) -> Result<Option<String>, Error> {
        let of_collection = collection.short.strip_prefix(COLLECTION).map(|rest| {
            let release = rest.split(REPOSITORY).next().unwrap_or(rest);
            if release == "ami" { "1" } else { release }
        });
        let release =
            of_collection.or_else(|| of_identifier(&update.id)).filter(|release| is_release(release));
        match release {
            Some(release) => Ok(Some(format!("amzn:{release}"))),
            None => Err(Error::malformed(format_args!(
                "neither its identifier nor its collection `{}` names a release",
                text::shown(&collection.short)
            ))),
        }
    }

    fn rater(&self) -> &str {
        "amazon"
    }

    fn first(&self, collection: &Collection, package: &Package) -> Option<String> {
        let (release, topic) = collection.short.strip_prefix(COLLECTION)?.split_once(REPOSITORY)?;
        let version = topic.trim_start_matches(|character: char| !character.is_ascii_digit());
        let behind = package.version.strip_prefix(version)?;
        let is_same = !version.is_empty() && !behind.starts_with(|next: char| next.is_ascii_digit());
        let epoch = match package.epoch.as_str() {
            "" | "0" => String::new(),
            epoch => format!("{epoch}:"),
        };
        (release == "2" && is_same).then(|| format!("{epoch}{version}"))
    }
}

/// `2023` of `ALAS2023-2023-001`, `2` of `ALAS2KERNEL-5.15-2022-001`, `1` of `ALAS-2011-1`.
fn of_identifier(id: &str) -> Option<&str> {
    let rest = id.strip_prefix("ALAS")?;
    let end = rest.bytes().take_while(u8::is_ascii_digit).count();
    rest.get(..end).map(|release| if release.is_empty() { "1" } else { release })
}

fn is_release(text: &str) -> bool {
    (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_the_collection_or_else_of_the_identifier() {
        let check = |id: &str, short: &str, expected: Option<&str>| {
            let update = Update { id: id.to_owned(), ..Update::default() };
            let collection = Collection { short: short.to_owned(), ..Collection::default() };
            let namespace = Alas.namespace(&update, &collection).ok().flatten();
            assert_eq!(namespace.as_deref(), expected, "{id} {short}");
        };
        check("ALAS-2011-1", "amazon-linux-ami", Some("amzn:1"));
        check("ALAS2-2018-939", "amazon-linux-2", Some("amzn:2"));
        check("ALAS2KERNEL-5.15-2022-001", "amazon-linux-2---kernel-5.15", Some("amzn:2"));
        check("ALAS2023-2023-001", "amazon-linux-2023", Some("amzn:2023"));
        check("ALAS2023LIVEPATCH-2023-001", "amazon-linux-2023---kernel-livepatch", Some("amzn:2023"));
        check("ALAS2023-2023-001", "", Some("amzn:2023"));
        check("ALAS2NGINX1-2023-001", "other", Some("amzn:2"));
        check("ALAS-2018-1", "", Some("amzn:1"));
        check("RHSA-2018:1", "", None);
        check("ALAS2-2018-1", "amazon-linux-next", None);
    }

    #[test]
    fn a_topic_speaks_of_its_own_versions() {
        let check = |short: &str, epoch: &str, version: &str, expected: Option<&str>| {
            let collection = Collection { short: short.to_owned(), ..Collection::default() };
            let package =
                Package { epoch: epoch.to_owned(), version: version.to_owned(), ..Package::default() };
            assert_eq!(Alas.first(&collection, &package).as_deref(), expected, "{short} {version}");
        };
        check("amazon-linux-2---kernel-5.15", "0", "5.15.43", Some("5.15"));
        check("amazon-linux-2---kernel-5.1", "0", "5.15.43", None);
        check("amazon-linux-2---php8.0", "", "8.0.30", Some("8.0"));
        check("amazon-linux-2---php8.0", "", "1.2", None);
        check("amazon-linux-2---mariadb10.5", "3", "10.5.18", Some("3:10.5"));
        check("amazon-linux-2---postgresql14", "", "14.7", Some("14"));
        check("amazon-linux-2---docker", "", "25.0.3", None);
        check("amazon-linux-2", "", "2", None);
        check("amazon-linux-2023---kernel6.12", "", "6.12.1", None);
    }
}
