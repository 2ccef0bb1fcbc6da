use super::LongPaths;

/// How many feeds a gap names; more are counted.
const NAMED_FEEDS: usize = 4;

/// How many files a gap names; more are counted.
const NAMED_FILES: usize = 4;

/// Something that is missing for a full answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// No file of the image states a distribution.
    UnknownDistribution,
    /// The distribution is past the end of its publisher's support.
    Unsupported {
        /// What people call it.
        distribution: String,
        /// The last day of support.
        until: String,
    },
    /// No source of advisories speaks of the place where a package's advisories are published.
    NoAdvisories {
        /// Where they would be published.
        namespaces: Vec<String>,
        /// How many packages that affects.
        packages: usize,
    },
    /// Packages are not from the registries whose advisories speak of such names, and nobody publishes any for them.
    NotPublished {
        /// The namespaces that say so.
        namespaces: Vec<String>,
        /// How many packages.
        packages: usize,
    },
    /// No detector found any package.
    NoPackages,
    /// The distribution is known, and no package of it was read.
    NoDistributionPackages {
        /// What people call it.
        distribution: String,
    },
    /// Packages may come from other releases than the distribution's own, and no record says which do.
    OtherReleases {
        /// Where advisories for those are published.
        namespaces: Vec<String>,
    },
    /// The publisher of advisories for a release has stopped speaking of it.
    ReleaseDropped {
        /// Where they were published.
        namespace: String,
        /// The feed and its source.
        source: (String, String),
        /// When it last spoke of it, RFC 3339.
        last_stated: String,
    },
    /// Nobody has rated findings.
    UnratedFindings {
        /// How many.
        unrated: usize,
        /// Of how many.
        findings: usize,
        /// Feeds that are loaded and of which nothing is stored.
        feeds: Vec<String>,
    },
    /// A layer could not be read.
    UnreadLayer {
        /// Its place in the image; 0 is the lowest.
        index: usize,
        /// Which layer, and why.
        why: String,
    },
    /// Entries of a layer were passed over because of their paths' length.
    LongPaths(LongPaths),
    /// Files hold packages and no detector reads them: what they are called, how many, and how many more there
    /// may be.
    UnexaminedFiles(Vec<(String, u64, u64)>),
    /// Files that no detector reads were not counted.
    UncountedFiles {
        /// In how many layers.
        layers: u64,
    },
    /// Claimed files could not be read, or not all of what they hold.
    UnreadFiles {
        /// How many.
        files: usize,
        /// For how many reasons.
        reasons: usize,
    },
    /// Calls of plugins failed.
    PluginFailures {
        /// How many.
        calls: usize,
        /// Why the first that went over a bound of plugins did: which bound, and which setting.
        over_bound: Option<String>,
    },
    /// Files in the plugins directory were not loaded as plugins.
    RefusedPlugins {
        /// Their names.
        files: Vec<String>,
    },
    /// Versions could not be ordered.
    UnorderedVersions(usize),
    /// Advisories could not be judged.
    UnjudgedAdvisories(usize),
    /// Plugins have changed, and what they change is being worked on.
    RefreshUnderWay,
    /// Detectors that are loaded now have not seen layers of the image: submit it again.
    NotExamined {
        /// Names of the detectors.
        detectors: Vec<String>,
    },
}

impl Gap {
    /// Whether the report is incomplete for it. What nobody publishes is told, but is no reason to wait for a better
    /// report: none can come.
    pub const fn is_blocking(&self) -> bool {
        !matches!(self, Self::NotPublished { .. })
    }

    /// A code for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownDistribution => "unknown-distribution",
            Self::Unsupported { .. } => "unsupported-distribution",
            Self::NoAdvisories { .. } => "no-advisories",
            Self::NotPublished { .. } => "not-published",
            Self::NoPackages | Self::NoDistributionPackages { .. } => "no-packages",
            Self::OtherReleases { .. } => "other-releases",
            Self::ReleaseDropped { .. } => "release-dropped",
            Self::UnratedFindings { .. } => "unrated-findings",
            Self::UnreadLayer { .. } => "unread-layer",
            Self::LongPaths(_) => "long-paths",
            Self::UnexaminedFiles(_) => "unexamined-files",
            Self::UncountedFiles { .. } => "uncounted-files",
            Self::UnreadFiles { .. } => "unread-files",
            Self::PluginFailures { .. } => "plugin-failures",
            Self::RefusedPlugins { .. } => "refused-plugins",
            Self::UnorderedVersions(_) => "unordered-versions",
            Self::UnjudgedAdvisories(_) => "unjudged-advisories",
            Self::RefreshUnderWay => "refresh-under-way",
            Self::NotExamined { .. } => "not-examined",
        }
    }
}

impl std::fmt::Display for Gap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownDistribution => f.write_str(
                "no file of the image states its distribution, so that its packages cannot be judged",
            ),
            Self::Unsupported { distribution, until } => {
                write!(
                    f,
                    "support of {distribution} ended on {until}: newer vulnerabilities may not be published for it"
                )
            }
            Self::NoAdvisories { namespaces, packages } => write!(
                f,
                "no advisories are stored for {}, where those of {} would be published",
                namespaces.join(", "),
                counted(*packages, "package", "packages")
            ),
            Self::NotPublished { namespaces, packages } => write!(
                f,
                "{} not from a registry ({}): nobody publishes advisories for such packages, and no feed can",
                counted(*packages, "package is", "packages are"),
                namespaces.join(", "),
            ),
            Self::NoPackages => f.write_str("no detector found a package in the image"),
            Self::NoDistributionPackages { distribution } => write!(
                f,
                "the image says that it is {distribution}, but no package of that was read: its package \
                 database is missing, empty, out of reach or of a form that no loaded detector reads"
            ),
            Self::OtherReleases { namespaces } => write!(
                f,
                "the image's repositories name other releases, too, and which packages come from those is not \
                 recorded: see also {}",
                namespaces.join(", ")
            ),
            Self::ReleaseDropped { namespace, source: (feed, source), last_stated } => write!(
                f,
                "source `{source}` of feed `{feed}` last spoke of `{namespace}` on {last_stated}, and no longer \
                 does: what it stated then is shown as it was, and newer vulnerabilities are not known"
            ),
            Self::UnratedFindings { unrated, findings, feeds } => {
                write!(f, "nobody has rated {unrated} of {findings} findings")?;
                match feeds.as_slice() {
                    [] => Ok(()),
                    feeds if feeds.len() > NAMED_FEEDS => write!(
                        f,
                        ": nothing is stored of feeds that may (`limpid feed list`); `limpid feed update`",
                    ),
                    feeds => write!(
                        f,
                        ": nothing is stored of {}, which may; `limpid feed update`",
                        feeds.join(", ")
                    ),
                }
            }
            Self::UnreadLayer { index, why } => write!(
                f,
                "layer {index} was not read: {why}; what it brings, replaces and deletes is not known, so that \
                 packages of the layers below it may be gone"
            ),
            Self::LongPaths(LongPaths { index, diff_id, entries, limit }) => write!(
                f,
                "{} of layer {index}, `{diff_id}`, not looked at: {} over the limit `path_length` of {limit}",
                counted(*entries, "entry", "entries"),
                if *entries == 1 { "its path is" } else { "their paths are" }
            ),
            Self::UnexaminedFiles(kinds) => write_unexamined(f, kinds),
            Self::UncountedFiles { layers } => write!(
                f,
                "files that no detector reads were not counted in {}: submit the image again",
                counted(*layers, "layer", "layers")
            ),
            Self::UnreadFiles { files, reasons } => {
                write!(f, "{} could not be read", counted(*files, "claimed file", "claimed files"))?;
                if reasons == files {
                    Ok(())
                } else {
                    write!(f, ", or not all of them, for {reasons} reasons")
                }
            }
            Self::PluginFailures { calls, over_bound } => {
                write!(f, "{} gave no answer", counted(*calls, "call of a plugin", "calls of plugins"))?;
                match over_bound {
                    Some(why) => write!(f, ": {why}"),
                    None => Ok(()),
                }
            }
            Self::RefusedPlugins { files } => {
                write!(f, "{} not loaded as a plugin", counted(files.len(), "file was", "files were"))?;
                let more = files.len().saturating_sub(NAMED_FILES);
                let named: Vec<_> = files.iter().take(NAMED_FILES).map(|file| format!("`{file}`")).collect();
                write!(f, ": {}", named.join(", "))?;
                if more > 0 {
                    write!(f, " and {more} more")?;
                }
                f.write_str(" (`limpid plugin list` says why)")
            }
            Self::UnorderedVersions(count) => {
                write!(f, "{} could not be ordered", counted(*count, "version", "versions"))
            }
            Self::UnjudgedAdvisories(count) => {
                write!(f, "{} could not be judged", counted(*count, "advisory", "advisories"))
            }
            Self::RefreshUnderWay => {
                f.write_str("plugins have changed, and what they change is still being worked on")
            }
            Self::NotExamined { detectors } => {
                let have = if detectors.len() == 1 { "has" } else { "have" };
                let detectors = detectors.join(", ");
                write!(f, "{detectors} {have} not seen all layers of the image: submit it again")
            }
        }
    }
}

/// `1 file`, `2 files`.
fn counted(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    match number.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {one}"),
        number => format!("{number} {many}"),
    }
}

/// `65 Java archives and 1 Go executable were not examined: no loaded detector reads them`.
fn write_unexamined(f: &mut std::fmt::Formatter<'_>, kinds: &[(String, u64, u64)]) -> std::fmt::Result {
    for (place, (title, count, perhaps)) in kinds.iter().enumerate() {
        let between = match place {
            0 => "",
            _ if place + 1 == kinds.len() => " and ",
            _ => ", ",
        };
        write!(f, "{between}{count} {title}")?;
        if *perhaps > 0 {
            write!(f, " (and perhaps some of {perhaps} more)")?;
        }
    }
    let one = kinds.iter().map(|(_, count, _)| count).sum::<u64>() == 1;
    let (were, them) = if one { ("was", "it") } else { ("were", "them") };
    write!(f, " {were} not examined: no loaded detector reads {them}")
}
