use std::collections::BTreeSet;

use limpid_matching::Contents;
use limpid_model::Scope;
use limpid_model::explanation::{Answer, Outcome, Reason};
use limpid_runtime::Snapshot;
use limpid_store::View;
use limpid_store::tables::images::Indexing;
use limpid_store::tables::inventory::Inventory;

use crate::Error;

/// How much of an image was seen, as far as that decides whether the absence of a package means
/// anything.
pub(super) struct Seen<'v> {
    view: &'v View<'v>,
    /// Where advisories for the packages that were found are published.
    namespaces: BTreeSet<String>,
    /// What was not seen, in a few words; none where everything was.
    missing: Option<String>,
}

impl<'v> Seen<'v> {
    pub(super) fn new(
        plugins: &Snapshot,
        view: &'v View<'v>,
        contents: &Contents,
        indexing: &Indexing,
    ) -> Result<Self, Error> {
        let mut namespaces = BTreeSet::new();
        for installed in &contents.packages {
            match &installed.package.scope {
                Scope::Namespace(namespace) => {
                    namespaces.insert(namespace.clone());
                }
                Scope::Distribution => {
                    let known = contents.distribution.iter().flat_map(|known| &known.namespaces);
                    namespaces.extend(known.cloned());
                }
            }
        }
        Ok(Self { view, namespaces, missing: missing(plugins, contents, indexing) })
    }

    /// Whether packages whose advisories are published there are found where there are any.
    fn looks_for(&self, namespace: &str) -> Result<bool, Error> {
        if self.namespaces.contains(namespace) {
            return Ok(true);
        }
        // A detector of them has found some in another image.
        let mut keys = self.view.keys::<Inventory>(|key| {
            key.text(namespace);
        });
        Ok(keys.next().transpose()?.is_some())
    }
}

fn missing(plugins: &Snapshot, contents: &Contents, indexing: &Indexing) -> Option<String> {
    if contents.packages.is_empty() {
        return Some("no detector found a package in the image".to_owned());
    }
    let mut unseen = plugins.detectors().map(|detector| detector.plugin());
    let unseen = unseen.find(|id| !indexing.detectors.contains(&id.digest)).map(|id| id.name.clone());
    match (contents.unread.first(), contents.failures.first(), unseen) {
        (Some((_, _, unread)), ..) => Some(format!("file `{}` could not be read", unread.path)),
        (_, Some((_, failure)), _) => Some(format!("plugin `{}` gave no answer", failure.plugin.name)),
        (.., Some(detector)) => Some(format!("detector `{detector}` has not seen the image")),
        (None, None, None) => None,
    }
}

/// What reasons come to. `affected` is what the judge says who makes reports.
pub(super) fn answer(reasons: &[Reason], affected: bool, seen: &Seen<'_>) -> Result<(Answer, String), Error> {
    let first = |outcomes: &[Outcome]| {
        outcomes.iter().find_map(|outcome| reasons.iter().find(|reason| reason.outcome == *outcome))
    };
    if affected {
        let why = first(&[Outcome::Affected]).map_or_else(|| "an advisory affects it".to_owned(), sentence);
        return Ok((Answer::Affected, why));
    }
    if let Some(open) = first(&[Outcome::Unreadable]) {
        return Ok((Answer::CannotSay, sentence(open)));
    }
    let decided = [
        Outcome::Overruled,
        Outcome::NotAffected,
        Outcome::NotReached,
        Outcome::Fixed,
        Outcome::OtherVersions,
        Outcome::Requirement,
        Outcome::Withdrawn,
    ];
    if let Some(decided) = first(&decided) {
        return Ok((Answer::NotAffected, sentence(decided)));
    }
    let open = [Outcome::LeftToDistribution, Outcome::OtherNamespace, Outcome::NotInFeeds];
    if let Some(open) = first(&open) {
        let why = match open.outcome {
            Outcome::LeftToDistribution => format!("{}, and does not speak of this one", sentence(open)),
            Outcome::OtherNamespace => format!("only other releases are spoken of: {}", sentence(open)),
            _ => sentence(open),
        };
        return Ok((Answer::CannotSay, why));
    }
    if let Some(missing) = &seen.missing {
        let why = format!("no such package was found, but {missing}");
        return Ok((Answer::CannotSay, why));
    }
    for reason in reasons {
        if seen.looks_for(&reason.namespace)? {
            return Ok((Answer::NotAffected, sentence(reason)));
        }
    }
    let namespaces: BTreeSet<&str> = reasons.iter().map(|reason| reason.namespace.as_str()).collect();
    let namespaces: Vec<_> = namespaces.into_iter().map(|namespace| format!("`{namespace}`")).collect();
    let why = format!("nothing of the image was read whose advisories are in {}", namespaces.join(", "));
    Ok((Answer::CannotSay, why))
}

/// A reason with the package of which it is.
fn sentence(reason: &Reason) -> String {
    match &reason.package {
        Some(package) => format!("{} {}: {}", package.name, package.version, reason.why),
        None => reason.why.clone(),
    }
}

#[cfg(test)]
mod tests {
    use limpid_store::tables::inventory;
    use limpid_store::{Batch, Store};

    use super::*;
    use crate::test_support::{keys, package};

    fn reason(outcome: Outcome, namespace: &str) -> Reason {
        Reason {
            outcome,
            package: None,
            advisory: "X".to_owned(),
            feed: "f".to_owned(),
            namespace: namespace.to_owned(),
            why: outcome.as_str().to_owned(),
        }
    }

    #[track_caller]
    fn check(outcomes: &[(Outcome, &str)], affected: bool, missing: Option<&str>, expected: (Answer, &str)) {
        let store = Store::in_memory();
        let mut batch = Batch::default();
        let package = package("a", "1");
        let key = inventory::Key {
            namespace: "elsewhere".to_owned(),
            name: "a".to_owned(),
            named: inventory::Named::Alike,
            scheme: None,
            version: Vec::new(),
            diff_id: limpid_model::Digest::of(b"layer"),
            component: limpid_model::Digest::of(b"detector"),
            place: 0,
        };
        batch.put::<Inventory>(&key, &inventory::Row::new("db", &package, keys(&package))).unwrap();
        store.commit(batch).unwrap();
        let view = store.view();
        let namespaces = BTreeSet::from(["here".to_owned()]);
        let seen = Seen { view: &view, namespaces, missing: missing.map(str::to_owned) };
        let mut reasons: Vec<_> = outcomes.iter().map(|(outcome, at)| reason(*outcome, at)).collect();
        reasons.sort();
        let (answer, because) = answer(&reasons, affected, &seen).unwrap();
        assert_eq!(answer, expected.0, "{because}");
        assert!(because.contains(expected.1), "{because}");
    }

    #[test]
    fn what_cannot_be_known_is_never_denied() {
        use Outcome::{
            Affected, Fixed, LeftToDistribution, NotInFeeds, OtherNamespace, Overruled, Requirement,
            Unreadable,
        };
        check(&[(Affected, "here"), (Fixed, "here")], true, None, (Answer::Affected, "affected"));
        check(&[(Fixed, "here")], false, None, (Answer::NotAffected, "fixed"));
        check(&[(Overruled, "second"), (Fixed, "here")], false, None, (Answer::NotAffected, "overruled"));
        check(&[(Requirement, "here")], false, None, (Answer::NotAffected, "requirement"));
        check(&[(Fixed, "here"), (Unreadable, "here")], false, None, (Answer::CannotSay, "unreadable"));
        check(&[(NotInFeeds, "")], false, None, (Answer::CannotSay, "not-in-feeds"));
        check(&[(OtherNamespace, "there")], false, None, (Answer::CannotSay, "only other releases"));
        check(&[(LeftToDistribution, "own")], false, None, (Answer::CannotSay, "does not speak of this one"));
    }

    #[test]
    fn that_a_package_is_not_there_counts_where_somebody_looked_for_it() {
        let none = Outcome::NoSuchPackage;
        check(&[(none, "here")], false, None, (Answer::NotAffected, "no-such-package"));
        check(&[(none, "elsewhere")], false, None, (Answer::NotAffected, "no-such-package"));
        check(&[(none, "nowhere")], false, None, (Answer::CannotSay, "are in `nowhere`"));
        let missing = Some("file `db` could not be read");
        check(&[(none, "here")], false, missing, (Answer::CannotSay, "file `db` could not be read"));
        check(&[(Outcome::Fixed, "here")], false, missing, (Answer::NotAffected, "fixed"));
    }
}
