//! Which pockets of Ubuntu Pro the packages of an image may come from: those that sources of apt name, as
//! `pro attach` writes them. `pro detach` removes these files, and with them goes what they state.
//!
//! A line or a stanza that is none of a source is told of: a pocket may have stood there.
//!
//! Advisories of a pocket count before those of the release: `ubuntu:22.04:esm-apps` before `ubuntu:22.04`. Older
//! releases have the files without a subscription, and beside them a pin that keeps their packages out.

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::detector::{Distribution, Problems};

/// Ubuntu's `ID`.
pub(crate) const ID: &str = "ubuntu";

/// Where sources and pins of Ubuntu Pro are.
pub const FILES: [&str; 2] =
    ["etc/apt/sources.list.d/ubuntu-*.{list,sources}", "etc/apt/preferences.d/ubuntu-*"];

/// The host of all pockets. What follows it is the pocket.
const HOST: &str = "esm.ubuntu.com/";

/// What the archive calls a pocket, and what Ubuntu's advisories do: first those that have builds of their own.
const POCKETS: [(&str, &str); 7] = [
    ("fips-updates", "fips-updates"),
    ("fips", "fips"),
    ("fips-preview", "fips-preview"),
    ("realtime", "realtime"),
    (LEGACY, "esm-infra-legacy"),
    ("infra", "esm-infra"),
    ("apps", "esm-apps"),
];

/// The pocket that goes on where extended security maintenance ends.
const LEGACY: &str = "infra-legacy";

/// A release with Ubuntu Pro.
struct Lts {
    series: &'static str,
    version: &'static str,
    /// The last day of extended security maintenance, as Debian's `distro-info-data` has it.
    extended_until: &'static str,
    /// The last day of what is sold beyond that.
    legacy_until: &'static str,
}

const fn lts(
    series: &'static str,
    version: &'static str,
    extended_until: &'static str,
    legacy_until: &'static str,
) -> Lts {
    Lts { series, version, extended_until, legacy_until }
}

const RELEASES: [Lts; 7] = [
    lts("trusty", "14.04", "2024-04-25", "2026-04-28"),
    lts("xenial", "16.04", "2026-04-23", "2028-04-25"),
    lts("bionic", "18.04", "2028-04-26", "2030-04-30"),
    lts("focal", "20.04", "2030-04-23", "2032-04-27"),
    lts("jammy", "22.04", "2032-04-21", "2034-04-25"),
    lts("noble", "24.04", "2034-04-25", "2036-04-29"),
    lts("resolute", "26.04", "2036-04-23", "2038-04-27"),
];

/// Pockets that sources name, and those that pins keep out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sources {
    /// Places in [`RELEASES`] and [`POCKETS`].
    named: Vec<(usize, usize)>,
    /// Names of files of pins.
    pinned: Vec<String>,
}

impl Sources {
    /// Adds what a file at this path says, and returns whether it names a pocket. What cannot be read is a problem.
    pub fn add(&mut self, path: &str, text: &str, problems: &mut Problems) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        if path.starts_with("etc/apt/preferences.d/") {
            let keeps_out = |line: &str| {
                line.split_once(':')
                    .is_some_and(|(name, value)| name.trim() == "Pin-Priority" && value.trim() == "never")
            };
            if text.lines().any(keeps_out) {
                self.pinned.push(name.to_owned());
            }
            return false;
        }
        let before = self.named.len();
        match name.ends_with(".list") {
            true => self.lines(text, problems),
            false => self.stanzas(text, problems),
        }
        self.named.len() > before
    }

    /// `deb [arch=amd64] https://esm.ubuntu.com/infra/ubuntu xenial-infra-security main`
    fn lines(&mut self, text: &str, problems: &mut Problems) {
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            let (kind, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let rest = rest.trim_start();
            let rest = match rest.strip_prefix('[') {
                Some(options) => options.split_once(']').map_or("", |(_, rest)| rest),
                None => rest,
            };
            let mut words = rest.split_whitespace();
            match (kind, words.next().zip(words.next())) {
                ("", _) | ("deb-src", Some(_)) => {}
                ("deb", Some((address, suite))) => self.name(address, suite),
                _ => problems.push(Error::malformed(format_args!("line {} is no source of apt", number + 1))),
            }
        }
    }

    /// `Types: deb`, `URIs: https://esm.ubuntu.com/infra/ubuntu`, `Suites: noble-infra-security`, between empty lines.
    fn stanzas(&mut self, text: &str, problems: &mut Problems) {
        let mut stanza = Stanza::default();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() {
                self.stanza(&std::mem::take(&mut stanza), problems);
                continue;
            }
            if !stanza.add(line) {
                stanza.is_damaged = true;
                problems.push(Error::malformed(format_args!("line {} is no field of a source", number + 1)));
            }
        }
        self.stanza(&stanza, problems);
    }

    fn stanza(&mut self, stanza: &Stanza<'_>, problems: &mut Problems) {
        if stanza.fields.is_empty() || stanza.words("Enabled").any(|word| word.eq_ignore_ascii_case("no")) {
            return;
        }
        for field in ["Types", "URIs", "Suites"] {
            // What is damaged was told of.
            if !stanza.is_damaged && stanza.words(field).next().is_none() {
                problems.push(Error::malformed(format_args!("a source has no `{field}`")));
            }
        }
        if !stanza.words("Types").any(|kind| kind == "deb") {
            return;
        }
        for address in stanza.words("URIs") {
            for suite in stanza.words("Suites") {
                self.name(address, suite);
            }
        }
    }

    fn name(&mut self, address: &str, suite: &str) {
        let service = address.split_once(HOST).and_then(|(_, rest)| rest.split('/').next());
        let series = suite.split('-').next().unwrap_or(suite);
        let release = RELEASES.iter().position(|release| release.series == series);
        let pocket = POCKETS.iter().position(|(known, _)| Some(*known) == service);
        if let (Some(release), Some(pocket)) = (release, pocket)
            && !self.named.contains(&(release, pocket))
        {
            self.named.push((release, pocket));
        }
    }

    /// Where packages come from: Ubuntu, whatever its release.
    pub fn distribution(&self) -> Option<Distribution> {
        let is_kept_out = |pocket: &str| {
            let begin = format!("ubuntu-{pocket}");
            self.pinned
                .iter()
                .any(|name| name.strip_prefix(&begin).is_some_and(|rest| !rest.starts_with("-l")))
        };
        let mut named: Vec<(usize, usize)> = self.named.clone();
        named.retain(|(_, pocket)| POCKETS.get(*pocket).is_some_and(|(_, name)| !is_kept_out(name)));
        // The newest release, in the order of pockets.
        let newest = named.iter().map(|(release, _)| *release).max()?;
        let release = RELEASES.get(newest)?;
        named.retain(|(release, _)| *release == newest);
        named.sort_unstable();
        let pockets: Vec<_> = named.iter().filter_map(|(_, pocket)| POCKETS.get(*pocket)).collect();
        let is_legacy = pockets.iter().any(|(service, _)| *service == LEGACY);
        let end = if is_legacy { release.legacy_until } else { release.extended_until };
        Some(Distribution {
            id: ID.to_owned(),
            version_id: String::new(),
            pretty_name: format!("Ubuntu Pro {} LTS", release.version),
            cpe: None,
            namespaces: pockets
                .iter()
                .map(|(_, name)| format!("ubuntu:{}:{name}", release.version))
                .collect(),
            supported_until: Some(end.to_owned()),
        })
    }
}

/// What stands between two empty lines: fields, and the lines that go on with the one before.
#[derive(Default)]
struct Stanza<'a> {
    fields: Vec<(&'a str, Vec<&'a str>)>,
    is_damaged: bool,
}

impl<'a> Stanza<'a> {
    /// Adds a line, and returns whether it is one of a stanza.
    fn add(&mut self, line: &'a str) -> bool {
        if line.starts_with('#') {
            return true;
        }
        if line.starts_with([' ', '\t']) {
            let Some((_, values)) = self.fields.last_mut() else { return false };
            values.push(line);
            return true;
        }
        let field = line.split_once(':');
        let field =
            field.filter(|(name, _)| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()));
        let Some((name, value)) = field else { return false };
        self.fields.push((name, vec![value]));
        true
    }

    /// The words of a field, of which the first counts.
    fn words(&self, wanted: &str) -> impl Iterator<Item = &'a str> {
        let field = self.fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let values = field.map(|(_, values)| values.clone()).unwrap_or_default();
        values.into_iter().flat_map(str::split_whitespace)
    }
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::Report;

    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::default();
        for (name, text) in files {
            let folder = if name.contains('.') { "sources.list.d" } else { "preferences.d" };
            sources.add(&format!("etc/apt/{folder}/{name}"), text, &mut Problems::default());
        }
        sources
    }

    /// What is said of a file that cannot be read in parts, and the namespaces that it states all the same.
    fn damaged(name: &str, text: &str) -> (Vec<String>, Vec<String>) {
        let (mut sources, mut problems) = (Sources::default(), Problems::default());
        sources.add(&format!("etc/apt/sources.list.d/{name}"), text, &mut problems);
        let mut report = Report::default();
        report.unread_parts(name, problems);
        let told = report.unread.into_iter().map(|unread| unread.error.to_string()).collect();
        (told, sources.distribution().map(|it| it.namespaces).unwrap_or_default())
    }

    #[test]
    fn what_is_no_source_is_told_and_costs_nothing_else() {
        let noble = "Types: deb\nURIs: https://esm.ubuntu.com/apps/ubuntu\nSuites: noble-apps-security\n";
        let apps = vec!["ubuntu:24.04:esm-apps".to_owned()];
        let check = |text: &str, told: &[&str], namespaces: &[String]| {
            let told: Vec<_> = told.iter().map(|why| format!("malformed: {why}")).collect();
            assert_eq!(damaged("ubuntu-esm-apps.sources", text), (told, namespaces.to_vec()), "{text}");
        };
        check(&format!("\x01\x02garbage\n\n{noble}"), &["line 1 is no field of a source"], &apps);
        check(&format!("{noble}<html>\n"), &["line 4 is no field of a source"], &apps);
        check(" goes on\n", &["line 1 is no field of a source"], &[]);
        check("Types: deb\n", &["a source has no `URIs`", "a source has no `Suites`"], &[]);
        check("# only\n# comments\n\n\r\n", &[], &[]);
        check(&noble.replace('\n', "\r\n"), &[], &apps);
        let continued = "types: deb-src\n deb\nURIS: https://archive/\n https://esm.ubuntu.com/apps/ubuntu\nSuites:\n\tnoble\n";
        check(continued, &[], &apps);
        let list = "deb https://esm.ubuntu.com/infra/ubuntu focal-infra-security main # x\nrpm x y\ndeb [a=b x\ndeb-src a\n";
        let told =
            ["line 2", "line 3", "line 4"].map(|line| format!("malformed: {line} is no source of apt"));
        assert_eq!(
            damaged("ubuntu-x.list", list),
            (told.to_vec(), vec!["ubuntu:20.04:esm-infra".to_owned()])
        );
        assert_eq!(damaged("ubuntu-x.list", "\n # a\ndeb\thttp://a\tb c\r\n"), (vec![], vec![]));
    }

    fn check(files: &[(&str, &str)], expected: Option<(&[&str], &str)>) {
        let found = sources(files).distribution();
        let found = found.map(|it| (it.namespaces, it.supported_until.unwrap_or_default()));
        let expected = expected.map(|(namespaces, end)| {
            (namespaces.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>(), end.to_owned())
        });
        assert_eq!(found, expected, "{files:?}");
    }

    const LIST: &str = "# Written by ubuntu-advantage-tools\n\
                        deb https://esm.ubuntu.com/infra/ubuntu xenial-infra-security main\n\
                        # deb-src https://esm.ubuntu.com/infra/ubuntu xenial-infra-security main\n\
                        deb https://esm.ubuntu.com/infra/ubuntu xenial-infra-updates main\n";

    #[test]
    fn sources_name_pockets() {
        check(&[("ubuntu-esm-infra.list", LIST)], Some((&["ubuntu:16.04:esm-infra"], "2026-04-23")));
        let noble = "# Written by ubuntu-pro-client\nTypes: deb\nURIs: https://esm.ubuntu.com/apps/ubuntu\n\
                     Suites: noble-apps-security noble-apps-updates\nComponents: main\nSigned-By: /usr/share/x.gpg\n";
        check(&[("ubuntu-esm-apps.sources", noble)], Some((&["ubuntu:24.04:esm-apps"], "2034-04-25")));
        let fips = "deb [arch=amd64 signed-by=/x] http://user:pass@esm.ubuntu.com/fips-updates/ubuntu focal-updates main";
        let infra = "deb https://esm.ubuntu.com/infra/ubuntu focal-infra-security main";
        check(
            &[("ubuntu-esm-infra.list", infra), ("ubuntu-fips-updates.list", fips)],
            Some((&["ubuntu:20.04:fips-updates", "ubuntu:20.04:esm-infra"], "2030-04-23")),
        );
        let legacy = "deb https://esm.ubuntu.com/infra-legacy/ubuntu trusty-infra-legacy-security main";
        check(
            &[("ubuntu-esm-infra-legacy.list", legacy)],
            Some((&["ubuntu:14.04:esm-infra-legacy"], "2026-04-28")),
        );
    }

    #[test]
    fn what_names_none_or_is_switched_off_states_nothing() {
        check(&[], None);
        check(
            &[("ubuntu.sources", "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: noble")],
            None,
        );
        check(
            &[("ubuntu-x.list", "deb-src https://esm.ubuntu.com/infra/ubuntu xenial-infra-security main")],
            None,
        );
        check(&[("ubuntu-x.list", "deb https://esm.ubuntu.com/cis/ubuntu xenial main")], None);
        check(&[("ubuntu-x.list", "deb https://esm.ubuntu.com/infra/ubuntu zany-infra-security main")], None);
        check(&[("ubuntu-x.list", "deb [https://esm.ubuntu.com/infra/ubuntu xenial\ndeb x\ndeb \n")], None);
        let off = "Types: deb\nURIs: https://esm.ubuntu.com/apps/ubuntu\nSuites: noble-apps-security\nEnabled: no\n";
        check(&[("ubuntu-esm-apps.sources", off)], None);
        check(&[("ubuntu-esm-apps.sources", &off.replace("deb", "deb-src").replace("no", "yes"))], None);
    }

    #[test]
    fn a_pin_keeps_the_packages_of_its_pocket_out() {
        let pin = "Package: *\nPin: release o=UbuntuESM, n=xenial\nPin-Priority: never\n";
        check(&[("ubuntu-esm-infra.list", LIST), ("ubuntu-esm-infra", pin)], None);
        check(&[("ubuntu-esm-infra.list", LIST), ("ubuntu-esm-infra-xenial", pin)], None);
        let infra = Some((["ubuntu:16.04:esm-infra"].as_slice(), "2026-04-23"));
        check(&[("ubuntu-esm-infra.list", LIST), ("ubuntu-esm-apps", pin)], infra);
        check(&[("ubuntu-esm-infra.list", LIST), ("ubuntu-esm-infra-legacy", pin)], infra);
        check(&[("ubuntu-esm-infra.list", LIST), ("ubuntu-esm-infra", "Pin-Priority: 1001\n")], infra);
    }
}
