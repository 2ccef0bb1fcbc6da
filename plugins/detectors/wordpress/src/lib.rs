//! Finds plugins and themes of [WordPress](https://developer.wordpress.org/plugins/plugin-basics/header-requirements/), by the
//! comment that WordPress itself reads.
//!
//! | File | States |
//! |---|---|
//! | `wp-content/plugins/SLUG/*.php`, `wp-content/plugins/SLUG.php` | a plugin: `Plugin Name:` and `Version:` |
//! | `wp-content/mu-plugins/*.php` | one that is always loaded, in the same form |
//! | `wp-content/themes/SLUG/style.css` | a theme: `Theme Name:` and `Version:` |
//!
//! Whether a plugin is activated is known to the database only. Its slug, under which it is published, is the name of its folder,
//! or of its file where it has none. As for WordPress, the first 8 KiB of a file count. Projects that keep `wp-content` as
//! `app`, as Bedrock does, are read alike.
//!
//! Packages are called `plugins/SLUG` and `themes/SLUG` in the namespace `wordpress`, in which no publisher states
//! advisories; versions are ordered by the scheme `generic`. There is no type of package URLs for them, so that they have
//! generic ones. WordPress itself is one of the programs that the detector `programs` finds.

pub mod header;

use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use header::Header;

/// How much of a file WordPress reads, in bytes.
const HEAD: u32 = 8192;

/// The detector `wordpress`.
#[derive(Debug)]
pub struct WordPress;

impl Detector for WordPress {
    fn claims() -> Vec<Claim> {
        const PLUGINS: [&str; 3] = ["plugins/*.php", "plugins/*/*.php", "mu-plugins/*.php"];
        let content = |file: &str| Claim::alone(format!("**/{{wp-content,app}}/{file}")).head(HEAD);
        let mut claims: Vec<_> =
            PLUGINS.iter().map(|file| content(file).holding(b"Plugin Name:".to_vec())).collect();
        claims.push(content("themes/*/style.css").holding(b"Theme Name:".to_vec()));
        claims
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| {
            let Some((kind, slug)) = slug(file.path()) else {
                return Err(Error::malformed("its folder is no name"));
            };
            let header = Header::read(&file.read_at(0, HEAD));
            let is_named = if kind == "themes" { header.is_theme } else { header.is_plugin };
            // A plugin has other files, too.
            if !is_named {
                return Ok(());
            }
            let version = header.version.ok_or_else(|| Error::malformed("its header has no version"))?;
            let name = format!("{kind}/{slug}");
            let purl = Purl::new("generic", slug).namespace(format!("wordpress/{kind}")).version(&version);
            let package = Package::new(name, version, "generic").namespace("wordpress").purl(purl);
            report.found(file.path(), header.license.into_iter().fold(package, Package::license));
            Ok(())
        }))
    }
}

export_detector!(WordPress);

/// The kind of what a file belongs to (`plugins`, `themes`), and its slug.
fn slug(path: &str) -> Option<(&'static str, &str)> {
    let mut parts = path.rsplit('/');
    let (file, folder, above) = (parts.next()?, parts.next()?, parts.next());
    let (kind, slug) = match (above, folder) {
        (Some("themes"), slug) => ("themes", slug),
        (Some("plugins"), slug) => ("plugins", slug),
        (_, "plugins" | "mu-plugins") => ("plugins", file.strip_suffix(".php")?),
        _ => return None,
    };
    let is_word = !slug.is_empty() && !slug.chars().any(|c| c.is_whitespace() || c.is_control());
    is_word.then_some((kind, slug))
}

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    const PLUGIN: &str =
        "<?php\n/**\n * Plugin Name: Akismet Anti-spam\n * Version: 5.3\n * License: GPLv2 or later\n */\n";

    #[test]
    fn a_plugin_is_called_as_its_folder_or_its_file() {
        let check = |path: &str, expected: &str| {
            let report = WordPress::detect(&[File::in_memory(path, PLUGIN)]).unwrap();
            assert_eq!(report.unread, []);
            let found: Vec<_> = report.packages().map(|it| it.name.as_str()).collect();
            assert_eq!(found, [expected], "{path}");
        };
        check("var/www/html/wp-content/plugins/akismet/akismet.php", "plugins/akismet");
        check("wp-content/plugins/hello.php", "plugins/hello");
        check("wp-content/mu-plugins/loader.php", "plugins/loader");
        check("web/app/plugins/akismet/main.php", "plugins/akismet");
    }

    #[test]
    fn a_plugin_is_installed() {
        let path = "usr/src/wordpress/wp-content/plugins/akismet/akismet.php";
        let report = WordPress::detect(&[File::in_memory(path, PLUGIN)]).unwrap();
        let package = report.packages().next().unwrap();
        assert_eq!(package.purl, "pkg:generic/wordpress/plugins/akismet@5.3");
        assert_eq!(
            (package.version.as_str(), package.scheme.as_str(), &package.scope, package.evidence),
            ("5.3", "generic", &Scope::Namespace("wordpress".to_owned()), Evidence::Installed)
        );
        assert_eq!(package.licenses, ["GPLv2 or later"]);
    }

    #[test]
    fn a_theme_is_told_by_its_style_sheet() {
        let text = "/*\nTheme Name: Twenty Twenty-Four\nVersion: 1.0\n*/\nbody {}\n";
        let path = "wp-content/themes/twentytwentyfour/style.css";
        let report = WordPress::detect(&[File::in_memory(path, text)]).unwrap();
        let package = report.packages().next().unwrap();
        assert_eq!((package.name.as_str(), package.version.as_str()), ("themes/twentytwentyfour", "1.0"));
    }

    #[test]
    fn what_is_no_plugin_is_none_and_what_has_no_version_is_reported() {
        let path = "wp-content/plugins/a/b.php";
        let report =
            WordPress::detect(&[File::in_memory(path, "<?php\n// Theme Name: x\n// Version: 1\n")]).unwrap();
        assert_eq!((report.findings.len(), report.unread.len()), (0, 0));
        let report = WordPress::detect(&[File::in_memory(path, "<?php\n// Plugin Name: x\n")]).unwrap();
        assert_eq!(report.unread[0].error, Error::malformed("its header has no version"));
        let report = WordPress::detect(&[File::in_memory("wp-content/plugins/a b/b.php", PLUGIN)]).unwrap();
        assert_eq!(report.unread[0].error, Error::malformed("its folder is no name"));
    }

    #[test]
    fn what_is_behind_the_head_does_not_count() {
        let text = format!("<?php\n{}{PLUGIN}", "\n".repeat(HEAD as usize));
        let report = WordPress::detect(&[File::in_memory("wp-content/plugins/a/b.php", text)]).unwrap();
        assert_eq!((report.findings.len(), report.unread.len()), (0, 0));
    }
}
