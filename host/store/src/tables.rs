//! The tables: what is kept, under which key, in which form.
//!
//! The forms here are frozen: a field is added by a new row version that still reads the older one,
//! and nothing outside of this crate depends on how they look on disk.
//!
//! | id | table | key | row |
//! |---|---|---|---|
//! | 1 | [`images`] | image id | layers, names, platform |
//! | 2 | [`manifests`] | manifest digest | image id |
//! | 3 | [`layers`] | diff id | size, media type |
//! | 4 | [`entries`] | diff id | what it holds, replaces and deletes |
//! | 5 | [`holders`] | diff id, image id | an image that has this layer; until there was 22 |
//! | 6 | [`findings`] | diff id, component digest | facts, and what could not be read |
//! | 7 | [`advisories`] | feed, id, source | what a publisher says |
//! | 8 | [`stated`] | feed, source, id | digest of what was stated |
//! | 9 | [`affects`] | namespace, package, feed, id, source | ranges as keys, status |
//! | 10 | [`feeds`] | feed | revision, last success, last failure, counts |
//! | 11 | [`jobs`] | number | what is under way |
//! | 12 | [`sources`] | feed, source | what it speaks of, and since when |
//! | 13 | [`kept`] | diff id, path | a small claimed file |
//! | 14 | [`documents`] | feed, source, piece | the last document of a source |
//! | 15 | [`fetches`] | feed, source | what was last fetched of a source, and its validators |
//! | 16 | [`deltas`] | feed, source, number, piece | a change since that document |
//! | 17 | [`runs`] | feed | cursor, how the last run went, when the next is due |
//! | 65 | [`past_runs`] | feed, time | what a run brought that has ended |
//! | 20 | [`inventory`] | namespace, package, version key, layer | a package of a layer |
//! | 21 | [`contexts`] | diff id, number | context in which images have a layer |
//! | 22 | [`placements`] | diff id, context, image | an image that has this layer in them |
//! | 24 | [`known_as`] | identifier, feed, id, source | an advisory that has this identifier |
//! | 25 | [`enrichments`] | vulnerability, kind, feed, source | scores, exploitation |
//! | 26 | [`enriched`] | feed, source, vulnerability, kind | digest of what was stated |
//! | 30 | [`subscriptions`] | name | who is told of what |
//! | 31 | [`outbox`] | subscription, number | a notice, and how far its delivery is |
//! | 32 | [`raised`] | image, vulnerability | what was told last, and what is deferred |
//! | 27 | [`history`] | time, feed, revision, source, id, kind | what was stated before a change |
//! | 28 | [`revisions`] | feed, revision | since when it has it |
//! | 40 | [`history_subjects`] | advisory or vulnerability, kind, feed, source, time | a change of it |
//! | 41 | [`history_names`] | namespace, package, feed, id, source, time | a change of what is stated of it |
//! | 42 | [`names`] | repository, tag, image | an image that has this name |
//! | 35 | [`announcements`] | number | an ingest of which subscribers are told, and how far its notices are |
//! | 36 | [`announced`] | announcement, place | a change for an image, and what a notice of it says |
//! | 37 | [`references`] | announcement, place | how many notices refer to that change |
//! | 33 | [`kinds`] | diff id | files that hold packages, by kind |
//! | 34 | [`unexamined`] | image id | layers that could not be read, files that nobody reads |
//! | 50 | [`chains`] | chain of layers, image id | an image that is these layers |
//! | 55 | [`blobs`] | digest of a layer's stored form | its diff id |
//! | 43 | [`tags`] | repository, tag, time | where the tag points since then |
//! | 44 | [`watches`] | name | what of a registry is followed |
//! | 45 | [`listings`] | watch | how its listings went, when the next is due |
//! | 46 | [`watched`] | watch, repository, tag | where the tag pointed when it was last seen |
//! | 47 | [`origins`] | image id | from where it can be fetched again |
//! | 48 | [`policies`] | kind, name, time | a policy or a VEX document that is in force since then |
//! | 58 | [`attached`] | image id, time | what is attached to it in its registry since then |
//! | 60 | [`vex_repositories`] | name | a repository of VEX documents, and how its updates went |
//! | 61 | [`vex_documents`] | repository, location | a document of it that is in force |
//! | 63 | [`tokens`] | beginning of the token | what its holder may do, until when |
//! | 64 | [`token_uses`] | beginning of the token | when it was used last |
//! | 62 | [`audit`] | time, number | who changed what, or was refused to |
//! | 66 | [`plugin_failures`] | plugin | how calls of it have failed lately |
//! | 67 | [`clock`] | name | what time it was last |
//! | 23 | [`marks`] | name | on what all rows of some kind rest |

pub mod advisories;
pub mod affects;
pub mod announced;
pub mod announcements;
pub mod attached;
pub mod audit;
pub mod blobs;
pub mod chains;
pub mod clock;
pub mod contexts;
pub mod deltas;
pub mod documents;
pub mod enriched;
pub mod enrichments;
pub mod entries;
pub mod feeds;
pub mod fetches;
pub mod findings;
#[cfg(test)]
mod frozen;
pub mod history;
pub mod history_names;
pub mod history_subjects;
pub mod holders;
pub mod images;
pub mod inventory;
pub mod jobs;
pub mod kept;
pub mod kinds;
pub mod known_as;
pub mod layers;
pub mod listings;
pub mod manifests;
pub mod marks;
pub mod names;
pub mod origins;
pub mod outbox;
pub mod past_runs;
pub mod placements;
pub mod plugin_failures;
pub mod policies;
pub mod raised;
pub mod references;
pub mod revisions;
pub mod runs;
pub mod sources;
pub mod stated;
pub mod subscriptions;
pub mod tags;
pub mod token_uses;
pub mod tokens;
pub mod unexamined;
pub mod values;
pub mod vex_documents;
pub mod vex_repositories;
pub mod watched;
pub mod watches;

use crate::table::Table as _;

/// Tables whose rows are groups of their own: which of them there are is asked of the store, and not learned.
pub(crate) const UNWALKED: [u8; 1] = [advisories::Advisories::ID];

/// Tables of what images hold. All others are of what publishers state, and of what became of it: what a
/// ingest writes, and those who ask for reports would have to read anew.
pub(crate) const OF_IMAGES: [u8; 18] = [
    blobs::Blobs::ID,
    images::Images::ID,
    manifests::Manifests::ID,
    layers::Layers::ID,
    entries::Entries::ID,
    holders::Holders::ID,
    findings::Findings::ID,
    kept::Kept::ID,
    inventory::Inventory::ID,
    contexts::Contexts::ID,
    placements::Placements::ID,
    names::Names::ID,
    kinds::Kinds::ID,
    unexamined::Unexamined::ID,
    chains::Chains::ID,
    tags::Tags::ID,
    watched::Watched::ID,
    origins::Origins::ID,
];
