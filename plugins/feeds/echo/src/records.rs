//! The records in the OSV schema.

use limpid_osv::{Ecosystem, Publisher, Scope, Stated};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Bound, Changed, Documents, Range, Sink, Status};

/// Reads the records, and says what the first of them is called.
///
/// # Errors
///
/// Where there are none that could be read.
pub(crate) fn read(documents: &mut dyn Documents, sink: &mut dyn Sink) -> Result<String, Error> {
    let summary =
        limpid_osv::read(&Patched, Scope::Everything, documents, &mut Changed::new(sink, of_builds))?;
    Ok(summary.first)
}

/// The ecosystem of Python's packages that Echo builds, in whatever case.
const PYTHON: &str = "Echo:PyPI";

/// What marks a build of Echo.
const MARK: &str = "+echo.";

/// The last build of a release that there will be.
const LAST: &str = "999999999";

/// Echo, of packages of languages.
struct Patched;

impl Publisher for Patched {
    /// They are packages of the ecosystem itself: only a version says who built one.
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        let name = stated.ecosystem;
        let name = if name.eq_ignore_ascii_case(PYTHON) { "PyPI" } else { name };
        Ecosystem::defined(name, stated.versions)
    }

    fn states(&self, stated: &Stated<'_>) -> bool {
        stated.ecosystem.eq_ignore_ascii_case(PYTHON)
    }

    fn rater(&self, _id: &str) -> String {
        crate::RATER.to_owned()
    }
}

/// What says which builds hold a fix, in place of which versions need one: what is not built by Echo is for others to
/// judge.
fn of_builds(advisory: Advisory) -> Option<Advisory> {
    let affected: Vec<_> = advisory.affected.into_iter().filter_map(fixed).collect();
    // How bad it is, is said of what has no fix.
    (!affected.is_empty()).then(|| Advisory { affected, ratings: Vec::new(), ..advisory })
}

/// The builds that hold the fix that `affected` names, if it names any.
fn fixed(affected: Affected) -> Option<Affected> {
    if affected.status != Status::Affected {
        return None;
    }
    let ranges: Vec<_> = affected.ranges.iter().filter_map(builds).collect();
    let nothing = ranges.is_empty();
    let fixed = Affected {
        status: Status::NotAffected,
        ranges,
        versions: Vec::new(),
        ratings: Vec::new(),
        note: None,
        ..affected
    };
    (!nothing).then_some(fixed)
}

/// From the build that ends `range` on, of the same release.
fn builds(range: &Range) -> Option<Range> {
    let Some(Bound::Excluding(build)) = &range.until else { return None };
    let (release, number) = build.split_once(MARK)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !release.is_empty())
        .then(|| Range::through(format!("{release}{MARK}{LAST}")).from(build.as_str()))
}
