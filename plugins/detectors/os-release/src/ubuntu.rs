//! Which pockets of Ubuntu Pro the packages of an image may come from: those that sources of apt name, as
//! `pro attach` writes them. `pro detach` removes these files, and with them goes what they state.
//!
//! Advisories of a pocket count before those of the release: `ubuntu:22.04:esm-apps` before `ubuntu:22.04`. Older
//! releases have the files without a subscription, and beside them a pin that keeps their packages out.

use limpid_plugin_sdk::detector::Distribution;

/// Ubuntu's `ID`.
pub(crate) const ID: &str = "ubuntu";

/// Where sources and pins of Ubuntu Pro are.
pub(crate) const FILES: [&str; 2] =
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
pub(crate) struct Sources {
    /// Places in [`RELEASES`] and [`POCKETS`].
    named: Vec<(usize, usize)>,
    /// Names of files of pins.
    pinned: Vec<String>,
}

impl Sources {
    /// Adds what a file at this path says, and returns whether it names a pocket.
    pub(crate) fn add(&mut self, path: &str, text: &str) -> bool {
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
            true => text.lines().for_each(|line| self.line(line)),
            false => text.replace("\r\n", "\n").split("\n\n").for_each(|stanza| self.stanza(stanza)),
        }
        self.named.len() > before
    }

    /// `deb [arch=amd64] https://esm.ubuntu.com/infra/ubuntu xenial-infra-security main`
    fn line(&mut self, line: &str) {
        let Some(rest) = line.trim().strip_prefix("deb ") else { return };
        let rest = rest.trim_start();
        let rest = match rest.strip_prefix('[') {
            Some(options) => options.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        let mut words = rest.split_whitespace();
        if let (Some(address), Some(suite)) = (words.next(), words.next()) {
            self.name(address, suite);
        }
    }

    /// `Types: deb`, `URIs: https://esm.ubuntu.com/infra/ubuntu`, `Suites: noble-infra-security`
    fn stanza(&mut self, stanza: &str) {
        let field = |wanted: &str| {
            let fields = stanza.lines().filter_map(|line| line.split_once(':'));
            let mut values = fields.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
            values.next().map_or("", |(_, value)| value.trim())
        };
        let is_binary = field("Types").split_whitespace().any(|kind| kind == "deb");
        if !is_binary || field("Enabled").eq_ignore_ascii_case("no") {
            return;
        }
        for address in field("URIs").split_whitespace() {
            for suite in field("Suites").split_whitespace() {
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
    pub(crate) fn distribution(&self) -> Option<Distribution> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let mut sources = Sources::default();
        for (name, text) in files {
            let folder = if name.contains('.') { "sources.list.d" } else { "preferences.d" };
            sources.add(&format!("etc/apt/{folder}/{name}"), text);
        }
        sources
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
