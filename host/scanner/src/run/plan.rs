//! What is to be fetched in a run, and what is not.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use limpid_runtime::{Mode, Source};

use crate::{Error, FeedSettings};

/// Documents of one source, which are read and written together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    /// The source; its address is that of the first.
    pub(super) source: Source,
    /// Where its documents are.
    pub(super) urls: Vec<String>,
    /// How many documents deep it was named; 0: by the plugin itself.
    pub(super) depth: usize,
}

/// Whither a run may go, and where it was.
pub(super) struct Plan<'a> {
    settings: &'a FeedSettings,
    /// Hosts, with ports.
    hosts: BTreeSet<String>,
    /// Addresses of the sources so far, and whether they are to state all.
    seen: BTreeMap<(String, bool), BTreeSet<String>>,
    documents: usize,
    depth: usize,
}

impl<'a> Plan<'a> {
    /// A plan of a run that starts there: what is named by documents is on the same hosts, or on
    /// such as the settings name.
    pub(super) fn new(settings: &'a FeedSettings, feed: &str, starts: &[Source]) -> Self {
        let started = starts.iter().filter_map(|source| limpid_fetch::origin(&source.url).ok());
        let named = settings.hosts_of(feed).iter().map(|host| host.to_ascii_lowercase());
        let hosts = started.chain(named).collect();
        Self { settings, hosts, seen: BTreeMap::new(), documents: 0, depth: 0 }
    }

    /// The next level of jobs: in the order in which they were named, each source once. What is not
    /// fetched is a failure of that source.
    ///
    /// # Errors
    /// More is named than may be.
    pub(super) fn admit(
        &mut self,
        named: Vec<Source>,
        failures: &mut Vec<(String, String)>,
    ) -> Result<Vec<Job>, Error> {
        let mut jobs: Vec<Job> = Vec::new();
        let mut places: BTreeMap<(String, bool), usize> = BTreeMap::new();
        for source in named {
            match self.admits(&source) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(why) => {
                    let Source { name, url, .. } = source;
                    let why = Error::NotFollowed { name: name.clone(), url, why };
                    failures.push((name, why.to_string()));
                    continue;
                }
            }
            self.documents += 1;
            if self.documents > self.settings.follow_documents {
                return Err(Error::TooManyFollowed { limit: self.settings.follow_documents });
            }
            match places.entry((source.name.clone(), source.mode == Mode::Whole)) {
                Entry::Occupied(place) => {
                    if let Some(job) = jobs.get_mut(*place.get()) {
                        job.urls.push(source.url);
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(jobs.len());
                    jobs.push(Job { urls: vec![source.url.clone()], source, depth: self.depth });
                }
            }
        }
        self.depth += 1;
        Ok(jobs)
    }

    /// Whether a source is fetched: not where that was done, and with a reason where it must not be.
    fn admits(&mut self, source: &Source) -> Result<bool, String> {
        if self.depth > 0 {
            let origin = limpid_fetch::origin(&source.url).map_err(|error| error.to_string())?;
            if !self.hosts.contains(&origin) {
                let allowed: Vec<_> = self.hosts.iter().map(String::as_str).collect();
                return Err(format!(
                    "a document names it on host `{origin}`, which is neither one at which the feed starts ({}) \
                     nor one of setting `hosts` of the feed",
                    allowed.join(", ")
                ));
            }
        }
        let limit = self.settings.follow_depth;
        if self.depth > limit {
            return Err(format!(
                "it is named more than {limit} documents deep, the limit of setting `feeds.follow_depth`"
            ));
        }
        let is_whole = source.mode == Mode::Whole;
        let seen = self.seen.entry((source.name.clone(), is_whole)).or_default();
        if is_whole && !seen.is_empty() && !seen.contains(&source.url) {
            return Err(
                "it is named twice, with different addresses, and both are to state all of it".to_owned()
            );
        }
        Ok(seen.insert(source.url.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name` or `+name`, which is a change, at an address.
    fn source(text: &str) -> Source {
        let (name, url) = text.split_once('@').unwrap();
        let mode = if name.starts_with('+') { Mode::Delta } else { Mode::Whole };
        let name = name.trim_start_matches('+').to_owned();
        Source { name, url: format!("https://{url}"), mode }
    }

    fn sources(text: &str) -> Vec<Source> {
        text.split_whitespace().map(source).collect()
    }

    /// Levels of what is named, as the jobs that come of them, `name=documents`, and what is refused.
    #[track_caller]
    fn check(settings: &FeedSettings, levels: &[&str], expected: &[&str], refused: &[&str]) {
        let starts = sources(levels[0]);
        let mut plan = Plan::new(settings, "feed", &starts);
        let mut failures = Vec::new();
        for (level, expected) in levels.iter().zip(expected) {
            let jobs = plan.admit(sources(level), &mut failures).unwrap();
            let jobs: Vec<_> =
                jobs.iter().map(|job| format!("{}={}", job.source.name, job.urls.len())).collect();
            assert_eq!(jobs.join(" "), *expected, "{level}");
        }
        assert_eq!(failures.len(), refused.len(), "{failures:?}");
        for ((_, why), part) in failures.iter().zip(refused) {
            assert!(why.contains(part), "{why}");
        }
    }

    #[test]
    fn what_documents_name_is_fetched_once_where_the_feed_starts() {
        let settings = FeedSettings::default();
        check(&settings, &["index@a.b/", "x@a.b/x y@a.b/y x@a.b/x"], &["index=1", "x=1 y=1"], &[]);
        check(&settings, &["index@a.b/", "index@a.b/"], &["index=1", ""], &[]);
        check(&settings, &["index@a.b/", "x@c.d/x y@a.b/y"], &["index=1", "y=1"], &["on host `c.d`"]);
        check(&settings, &["index@a.b/", "x@a.b:81/x"], &["index=1", ""], &["on host `a.b:81`"]);
        check(&settings, &["i@a.b/ j@c.d/", "x@c.d/x"], &["i=1 j=1", "x=1"], &[]);
    }

    #[test]
    fn a_setting_names_further_hosts() {
        let one = crate::OneFeed { hosts: vec!["C.d".to_owned()], ..crate::OneFeed::default() };
        let mut settings = FeedSettings::default();
        settings.each.insert("feed".to_owned(), one);
        check(&settings, &["index@a.b/", "x@c.d/x y@e.f/"], &["index=1", "x=1"], &["on host `e.f`"]);
    }

    #[test]
    fn changes_of_one_source_are_one_job_but_whole_documents_are_not() {
        let settings = FeedSettings::default();
        check(&settings, &["+i@a.b/", "+p@a.b/1 +q@a.b/2 +p@a.b/3"], &["i=1", "p=2 q=1"], &[]);
        check(&settings, &["i@a.b/", "p@a.b/1 p@a.b/2"], &["i=1", "p=1"], &["named twice"]);
        check(&settings, &["i@a.b/", "p@a.b/1 +p@a.b/2 +p@a.b/3"], &["i=1", "p=1 p=2"], &[]);
    }

    #[test]
    fn how_much_and_how_deep_is_bounded() {
        let settings = FeedSettings { follow_depth: 1, follow_documents: 2, ..FeedSettings::default() };
        check(&settings, &["a@a.b/", "b@a.b/b", "c@a.b/c"], &["a=1", "b=1", ""], &["`feeds.follow_depth`"]);
        let mut plan = Plan::new(&settings, "feed", &[]);
        let error = plan.admit(sources("a@a.b/a b@a.b/b c@a.b/c"), &mut Vec::new()).unwrap_err();
        assert!(error.to_string().contains("more than 2 documents"), "{error}");
    }
}
