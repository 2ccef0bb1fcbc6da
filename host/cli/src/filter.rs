//! Which findings are shown.

use limpid_formats::FindingFilter;
use limpid_model::{Provenance, Severity};

/// Shows findings that all of these admit.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Filter {
    /// Show findings of this severity and worse: critical, high, medium, low, negligible. What nobody
    /// has rated is shown, too
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    severity: Option<Severity>,
    /// Hide what nobody has rated
    #[arg(long)]
    rated: bool,
    /// Show what an update fixes
    #[arg(long)]
    fixable: bool,
    /// Show what is known to be exploited
    #[arg(long)]
    exploited: bool,
    /// Show what the base image brought (`base`), or what the layers above it did (`own`). Where no base image
    /// is known, all is shown as your own
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    origin: Option<Provenance>,
}

fn origin(word: &str) -> Result<Provenance, String> {
    Provenance::from_word(word).ok_or_else(|| "there are base, own".to_owned())
}

pub(crate) fn level(word: &str) -> Result<Severity, String> {
    let levels = || Severity::WORST_FIRST.into_iter().filter(|level| *level != Severity::Unknown);
    levels().find(|level| level.as_str().eq_ignore_ascii_case(word)).ok_or_else(|| {
        let known: Vec<_> = levels().map(Severity::as_str).collect();
        format!("there are {}", known.join(", "))
    })
}

impl From<&Filter> for FindingFilter {
    fn from(filter: &Filter) -> Self {
        Self {
            severity: filter.severity,
            rated: filter.rated,
            fixable: filter.fixable,
            exploited: filter.exploited,
            origin: filter.origin,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, FromArgMatches};

    use super::*;

    #[test]
    fn a_level_is_read_whatever_its_case() {
        let command = Filter::augment_args(clap::Command::new("scan"));
        let matches = command.get_matches_from(["scan", "--severity", "HIGH", "--rated"]);
        let filter = FindingFilter::from(&Filter::from_arg_matches(&matches).unwrap());
        assert_eq!((filter.severity, filter.rated, filter.fixable), (Some(Severity::High), true, false));
    }
}
