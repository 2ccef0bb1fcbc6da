//! The records in the OSV schema.

use limpid_osv::{Ecosystem, Publisher, Scope, Stated};
use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Changed, Documents, Sink};

use crate::{RATER, builds};

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

/// What stands before the ecosystem of which packages are built.
const BUILDER: &str = "Root:";

/// What the namespaces of ecosystems begin with that Root.io builds packages of.
const NAMESPACE: &str = "root:";

/// How names of packages of languages begin that are Root.io's own.
const NAMES: [&str; 2] = ["rootio-", "@rootio/"];

/// How identifiers end of records that are there to try out the publisher's programs.
const TRIALS: [&str; 2] = ["-CVE-0000-0000", "-"];

/// Root.io.
struct Patched;

impl Publisher for Patched {
    fn ecosystem(&self, stated: &Stated<'_>) -> Ecosystem {
        Ecosystem::defined(stated.ecosystem, stated.versions)
    }

    fn states(&self, stated: &Stated<'_>) -> bool {
        stated.ecosystem.starts_with(BUILDER) && !TRIALS.iter().any(|trial| stated.id.ends_with(trial))
    }

    fn rater(&self, _id: &str) -> String {
        RATER.to_owned()
    }
}

/// What is said, in the namespaces where its packages are looked for.
fn of_builds(advisory: Advisory) -> Option<Advisory> {
    let affected: Vec<_> = advisory.affected.into_iter().flat_map(stated).collect();
    if affected.is_empty() {
        return None;
    }
    let mut aliases = advisory.aliases;
    // The identifier has it in any case.
    if let Some(cve) = advisory.id.find("CVE-").and_then(|at| advisory.id.get(at..))
        && !aliases.iter().any(|alias| alias == cve)
    {
        aliases.push(cve.to_owned());
    }
    Some(Advisory { affected, aliases, ..advisory })
}

/// What is said of packages of a distribution, or of a language.
fn stated(affected: Affected) -> Vec<Affected> {
    let Some(ecosystem) = affected.namespace.strip_prefix(NAMESPACE) else { return Vec::new() };
    let (base, release) = ecosystem.split_once(':').unwrap_or((ecosystem, ""));
    if let Some((namespace, scheme)) = builds::place(base, release) {
        let fixes = builds::fixes(&affected);
        return builds::judged(Affected { namespace, scheme: scheme.to_owned(), ..affected }, fixes);
    }
    let is_own = release.is_empty() && NAMES.iter().any(|name| affected.name.starts_with(name));
    let affected = Affected { namespace: base.to_owned(), ..affected };
    is_own.then_some(affected).into_iter().collect()
}
