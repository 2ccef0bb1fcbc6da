//! `perllocal.pod`, to which [`make install`](https://metacpan.org/pod/ExtUtils::Command::MM#perllocal_install) appends what it
//! put where: a heading with the name of a module, and its version in the list below.

use std::collections::BTreeMap;
use std::io::BufRead;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::Problems;
use limpid_plugin_sdk::text::Lines;

use crate::distribution::is_name;

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 4096;

/// How many modules are read of a file.
const MAX_MODULES: usize = 100_000;

/// Distributions that are not called as the module by which they are installed.
pub const DISTRIBUTIONS: [(&str, &str); 2] = [("LWP", "libwww-perl"), ("Template", "Template-Toolkit")];

/// Modules and their versions; of one that was installed again, the last.
///
/// # Errors
///
/// Those of the reader.
pub fn modules(reader: impl BufRead, problems: &mut Problems) -> Result<BTreeMap<String, String>, Error> {
    let mut lines = Lines::new(reader, MAX_LINE);
    let mut modules = BTreeMap::new();
    let mut open: Option<(String, u64)> = None;
    while let Some(line) = lines.next()? {
        let text = line.text();
        if let Some(heading) = text.strip_prefix("=head2 ") {
            report_open(open.take(), problems);
            let link = heading.split_once("C<Module> L<").map(|(_, link)| link);
            let Some(link) = link else { continue };
            let module = link.split(['|', '>']).next().unwrap_or_default();
            if is_name(&distribution(module)) {
                open = Some((module.to_owned(), line.number));
            } else {
                problems.push(Error::malformed(format_args!("line {}: no name of a module", line.number)));
            }
        } else if let Some(version) =
            text.strip_prefix("C<VERSION: ").and_then(|version| version.strip_suffix('>'))
            && let Some((module, begin)) = open.take()
        {
            if modules.len() == MAX_MODULES && !modules.contains_key(&module) {
                let why = format_args!("not more than {MAX_MODULES} modules are read");
                problems.push(Error::unsupported(why));
                return Ok(modules);
            }
            let version = version.trim();
            if version.is_empty() || version.contains(char::is_whitespace) {
                report_open(Some((module, begin)), problems);
            } else {
                modules.insert(module, version.to_owned());
            }
        }
    }
    report_open(open, problems);
    Ok(modules)
}

fn report_open(open: Option<(String, u64)>, problems: &mut Problems) {
    if let Some((module, line)) = open {
        problems.push(Error::malformed(format_args!("line {line}: `{module:.200}` has no version")));
    }
}

/// The distribution whose main module this most likely is.
pub fn distribution(module: &str) -> String {
    let known = DISTRIBUTIONS.iter().find(|(known, _)| *known == module);
    known.map_or_else(|| module.replace("::", "-"), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(text: &str) -> (Vec<String>, Problems) {
        let mut problems = Problems::default();
        let modules = modules(text.as_bytes(), &mut problems).unwrap();
        (modules.iter().map(|(module, version)| format!("{module} {version}")).collect(), problems)
    }

    #[test]
    fn the_last_installation_of_a_module_counts() {
        let text = "\
=head2 Sun Nov  5 10:00:00 2023: C<Module> L<Try::Tiny|Try::Tiny>

=over 4

=item *

C<installed into: /usr/local/share/perl/5.36.0>

=item *

C<VERSION: 0.30>

=back

=head2 Sun Nov  5 10:00:01 2023: C<Module> L<URI>

C<VERSION: 5.20>

=head2 Sun Nov  5 10:00:02 2023: C<Module> L<Try::Tiny|Try::Tiny>

C<VERSION: 0.31>
C<VERSION: 9>
";
        assert_eq!(
            words(text),
            (vec!["Try::Tiny 0.31".to_owned(), "URI 5.20".to_owned()], Problems::default())
        );
        assert_eq!(words(&text.replace('\n', "\r\n")).0.len(), 2);
    }

    #[test]
    fn what_is_wrong_with_a_module_costs_that_module() {
        let text = "\
=head2 x: C<Module> L<A|A>
C<VERSION: >
=head2 x: C<Module> L<B|B>
=head2 x: C<Module> L<C D|C D>
C<VERSION: 1>
=head2 something else
C<VERSION: 2>
=head2 x: C<Module> L<E|E>
C<VERSION: 3>
=head2 x: C<Module> L<F|F>
";
        let mut expected = Problems::default();
        for why in [
            "line 1: `A` has no version",
            "line 3: `B` has no version",
            "line 4: no name of a module",
            "line 10: `F` has no version",
        ] {
            expected.push(Error::malformed(why));
        }
        assert_eq!(words(text), (vec!["E 3".to_owned()], expected));
    }

    #[test]
    fn modules_are_as_many_as_the_bound() {
        let text: String = (0..MAX_MODULES + 2)
            .map(|number| format!("=head2 x: C<Module> L<M{number}>\nC<VERSION: 1>\n"))
            .collect();
        let (modules, problems) = words(&text);
        assert_eq!(modules.len(), MAX_MODULES);
        assert_ne!(problems, Problems::default());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd_to_be_read(text in "(=head2 |C<Module> L<|C<VERSION: |A|::|1|>|\\||\n| |é){0,40}") {
            let modules = modules(text.as_bytes(), &mut Problems::default()).unwrap();
            prop_assert!(modules.iter().all(|(module, version)| !module.is_empty() && !version.is_empty()));
        }
    }
}
