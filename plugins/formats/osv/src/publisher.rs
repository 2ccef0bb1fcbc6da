use crate::ecosystem::{Ecosystem, Versions};

/// What a feed knows of its publisher and the schema does not say.
pub trait Publisher {
    /// What an ecosystem is called here. Most publishers take [`Ecosystem::defined`] as it is; what
    /// somebody else publishes first hand has a namespace of its own, so that it does not count as the
    /// word of that publisher.
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem;

    /// Whether what a record says of such a package is stated. What is not is left out: it is of something that nobody
    /// looks for, or the publisher says more of it elsewhere.
    fn states(&self, _stated: &Stated<'_>) -> bool {
        true
    }

    /// The system of the words by which the record `id` rates (`database_specific.severity`): each
    /// database has its own. It stands beside `CVSS:3.1` in [`Rating::system`].
    ///
    /// [`Rating::system`]: limpid_plugin_sdk::feed::Rating::system
    fn rater(&self, id: &str) -> String;
}

/// What a record says of where one of its packages is from.
#[derive(Clone, Copy, Debug)]
pub struct Stated<'a> {
    /// The record's identifier, whose first part names its database: `DSA-5678-1`.
    pub id: &'a str,
    /// As the record has it, with a release where there is one: `Debian:12`.
    pub ecosystem: &'a str,
    /// What its ranges say of its versions.
    pub versions: Versions,
}

/// Which packages of a record a source speaks of.
///
/// A record may be of several ecosystems; where each of these is a source of its own, each states what it
/// has of the record. Ecosystems are named without a release here: `Debian`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Of all.
    Everything,
    /// Of those of this ecosystem. A record that has none (any more) is withdrawn.
    Ecosystem(&'a str),
    /// Of those of this ecosystem where a record has any, and otherwise of all: the name may or may not
    /// be that of an ecosystem.
    Perhaps(&'a str),
}
