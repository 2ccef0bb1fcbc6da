//! What osv.dev's ecosystems are called here, and who rates.

use limpid_osv::{Ecosystem, Publisher, Stated};

/// Distributions that publish advisories in a form of their own. What there is in the schema of theirs
/// somebody else made of that: osv.dev, later than they say it, and now and then with a mistake. Canonical writes
/// Ubuntu's records itself, but less into them than into that: what is affected without a fix is one thing there,
/// whether it is ignored, deferred or never was looked at, and of what is not affected there is no record.
const CONVERTED: [&str; 3] = ["Alpine", "Debian", "Ubuntu"];

/// First parts of the identifiers of records about such a distribution that their publisher writes in
/// the schema: Freexian's, of Debian releases whose support has ended.
const WRITTEN: [&str; 1] = ["ELA"];

/// First parts of identifiers whose database has another name.
const RATERS: [(&str, &str); 2] = [("BIT", "bitnami"), ("GHSA", "github")];

/// Whoever osv.dev passes on.
pub(crate) struct Aggregated;

impl Publisher for Aggregated {
    /// The ecosystem as the schema defines it; but what osv.dev has of a distribution that says more elsewhere is
    /// in a namespace of its own (`osv/debian:12`), because it counts only where the distribution says nothing.
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        let mut ecosystem = Ecosystem::defined(stated.ecosystem, stated.versions);
        let is_converted = CONVERTED.contains(&first(stated.ecosystem, ':'));
        if is_converted && !WRITTEN.contains(&first(stated.id, '-')) {
            ecosystem.namespace.insert_str(0, "osv/");
        }
        ecosystem
    }

    /// The database that a record comes from, which the first part of its identifier tells.
    fn rater(&self, id: &str) -> String {
        let part = first(id, '-');
        match RATERS.iter().find(|known| known.0 == part) {
            Some((_, name)) => (*name).to_owned(),
            None => part.to_ascii_lowercase(),
        }
    }
}

fn first(text: &str, separator: char) -> &str {
    text.split(separator).next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use limpid_osv::Versions;

    use super::*;

    #[test]
    fn what_a_distribution_says_more_of_elsewhere_is_in_a_namespace_of_its_own() {
        let check = |id: &str, ecosystem: &str, expected: &str| {
            let stated = Stated { id, ecosystem, versions: Versions::OfEcosystem };
            assert_eq!(Aggregated.ecosystem(&stated).namespace, expected, "{id} of {ecosystem}");
        };
        check("DEBIAN-CVE-2024-1", "Debian:12", "osv/debian:12");
        check("DSA-1-1", "Debian:12", "osv/debian:12");
        check("DLA-1-1", "Debian", "osv/debian");
        check("ALPINE-CVE-2024-1", "Alpine:v3.19", "osv/alpine:3.19");
        check("ALPINE-CVE-2024-1", "Alpine:edge", "osv/alpine:edge");
        check("ELA-669-1", "Debian:9", "debian:9");
        check("UBUNTU-CVE-2024-1", "Ubuntu:22.04:LTS", "osv/ubuntu:22.04");
        check("USN-1-1", "Ubuntu:Pro:18.04:LTS", "osv/ubuntu:pro:18.04");
        check("ALSA-2024:1", "AlmaLinux:9", "almalinux:9");
        check("GHSA-0000-0000-0001", "npm", "npm");
    }

    #[test]
    fn words_are_those_of_the_database() {
        let check = |id: &str, expected: &str| assert_eq!(Aggregated.rater(id), expected, "{id}");
        check("GHSA-0000-0000-0001", "github");
        check("BIT-apache-2024-1", "bitnami");
        check("RUSTSEC-2024-1", "rustsec");
        check("alone", "alone");
    }
}
