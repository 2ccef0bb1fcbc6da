//! Finds packages of Erlang and Elixir.
//!
//! | File | States |
//! |---|---|
//! | `ebin/NAME.app` | an application of Erlang that is there: in a release, in Erlang itself, or where it was built |
//! | `mix.lock` | packages that an application of Elixir asks for |
//! | `rebar.lock` | packages that an application of Erlang asks for |
//!
//! What is built is named as an application, which nearly always is the name of its package of Hex. Applications that are
//! parts of Erlang/OTP (`ssl`, `kernel`) are no packages of Hex: they have the namespace `otp`, package URLs of that type, and
//! the scheme `generic`, since their versions have more numbers than others. What a lock file takes from a repository of git or
//! from another of packages is [not Hex's](limpid_lockfile#what-is-stated); of git, it has the revision as its version. Lock
//! files of packages (`deps`, `_build`) and of tests are [not an application's](limpid_lockfile::is_of_another).
//!
//! An application needs those that are started before it, of Erlang/OTP as well, and those that it includes; a package of
//! `mix.lock` its dependencies that are not optional. `rebar.lock` says nothing of that.
//!
//! All other versions are ordered by the scheme `hex`; advisories are in the namespace of that name.

pub mod app;
pub mod lock;

use limpid_lockfile::{MAX_FILE, Origin, declare, is_of_another};
use limpid_plugin_sdk::detector::{Claim, Detector, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl, export_detector};

use app::Application;
use lock::Locked;

/// The largest `.app` that is read, in bytes: it lists the modules of an application.
pub const MAX_APP: u64 = 1024 * 1024;

/// The applications of Erlang/OTP ([documentation](https://www.erlang.org/doc/applications.html)), also earlier ones.
const OTP: [&str; 51] = [
    "asn1",
    "common_test",
    "compiler",
    "cosEvent",
    "cosEventDomain",
    "cosFileTransfer",
    "cosNotification",
    "cosProperty",
    "cosTime",
    "cosTransactions",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eldap",
    "erl_docgen",
    "erl_interface",
    "erts",
    "et",
    "eunit",
    "ftp",
    "gs",
    "hipe",
    "ic",
    "inets",
    "jinterface",
    "kernel",
    "megaco",
    "mnesia",
    "observer",
    "odbc",
    "orber",
    "os_mon",
    "otp_mibs",
    "parsetools",
    "percept",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "test_server",
    "tftp",
    "tools",
    "wx",
    "xmerl",
];

/// The detector `hex`.
#[derive(Debug)]
pub struct Hex;

impl Detector for Hex {
    fn claims() -> Vec<Claim> {
        vec![Claim::alone("**/ebin/*.app"), Claim::alone("**/{mix.lock,rebar.lock}")]
    }

    fn detect(files: &[File]) -> Result<Report, Error> {
        Ok(Report::of_each(files, |file, report| match file.name() {
            "mix.lock" => declared(file, report, lock::mix),
            "rebar.lock" => declared(file, report, lock::rebar),
            _ => {
                let Application { name, version, requires } = app::read(&file.read_to_vec(MAX_APP)?)?;
                let package = match OTP.contains(&name.as_str()) {
                    true => of_otp(&name, &version),
                    false => package(&name, &version, &Origin::Published),
                };
                report.found(
                    file.path(),
                    match requires {
                        Some(requires) => package.requires(requires),
                        None => package,
                    },
                );
                Ok(())
            }
        }))
    }
}

export_detector!(Hex);

fn declared(
    file: &File,
    report: &mut Report,
    read: impl Fn(&str, &mut Problems) -> Result<Vec<Locked>, Error>,
) -> Result<(), Error> {
    let path = file.path();
    let is_package = path.split('/').any(|folder| matches!(folder, "deps" | "_build"));
    if is_package || is_of_another(path) {
        return Ok(());
    }
    declare(file, report, |declarations| {
        let packages = read(&file.read_to_string(MAX_FILE)?, declarations.problems())?;
        packages.into_iter().try_for_each(|Locked { name, version, reason, origin, requires }| {
            declarations.push(Package { reason, requires, ..package(&name, &version, &origin) })
        })
    })
}

fn package(name: &str, version: &str, origin: &Origin) -> Package {
    let purl = Purl::new("hex", name).version(version);
    origin.state(Package::new(name, version, "hex"), "hex", purl)
}

fn of_otp(name: &str, version: &str) -> Package {
    let purl = Purl::new("otp", name).version(version);
    Package::new(name, version, "generic").namespace("otp").purl(purl)
}

#[cfg(test)]
mod judge;

#[cfg(test)]
mod tests {
    use limpid_plugin_sdk::detector::{Evidence, Scope};

    use super::*;

    #[test]
    fn an_application_is_a_package_or_a_part_of_erlang() {
        let check = |name: &str, version: &str, purl: &str, scheme: &str, namespace: &str| {
            let text = format!("{{application,{name},[{{vsn,\"{version}\"}}]}}.");
            let path = format!("app/lib/{name}-{version}/ebin/{name}.app");
            let report = Hex::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            let package = report.packages().next().unwrap();
            assert_eq!((package.name.as_str(), package.version.as_str()), (name, version));
            assert_eq!((package.purl.as_str(), package.scheme.as_str()), (purl, scheme));
            assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()));
            assert_eq!(package.evidence, Evidence::Installed);
        };
        check("plug", "1.14.2", "pkg:hex/plug@1.14.2", "hex", "hex");
        check("elixir", "1.15.7", "pkg:hex/elixir@1.15.7", "hex", "hex");
        check("ssl", "10.9.1.3", "pkg:otp/ssl@10.9.1.3", "generic", "otp");
    }

    #[test]
    fn lock_files_count_where_an_application_is() {
        let text = "%{\n  \"plug\": {:hex, :plug, \"1.14.2\", \"00\", [:mix], [], \"hexpm\", \"00\"},\n}\n";
        let count = |path: &str| {
            let report = Hex::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            report.packages().filter(|it| it.evidence == Evidence::Declared).count()
        };
        assert_eq!(count("app/mix.lock"), 1);
        assert_eq!(count("app/deps/plug/mix.lock"), 0);
        assert_eq!(count("app/test/mix.lock"), 0);
    }

    #[test]
    fn what_is_of_a_repository_is_not_hexs() {
        let check = |path: &str, text: &str| {
            let report = Hex::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.unread, []);
            let package = report.packages().next().unwrap();
            assert_eq!(package.scope, Scope::Namespace("hex:elsewhere".to_owned()), "{path}");
            let purl = "pkg:hex/a@0a1b?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fa.git%400a1b";
            assert_eq!(package.purl, purl, "{path}");
        };
        check(
            "app/mix.lock",
            "%{\n  \"a\": {:git, \"https://example.org/a.git\", \"0a1b\", [branch: \"main\"]},\n}\n",
        );
        check("app/rebar.lock", "[{<<\"a\">>,{git,\"https://example.org/a.git\",{ref,\"0a1b\"}},0}].\n");
    }

    #[test]
    fn a_damaged_file_is_named_with_the_reason() {
        let check = |path: &str, text: &[u8], expected: &str| {
            let report = Hex::detect(&[File::in_memory(path, text)]).unwrap();
            assert_eq!(report.findings, []);
            assert_eq!(report.unread[0].error.to_string(), expected, "{path}");
        };
        check("ebin/a.app", b"{application,a,[]}.", "malformed: the application has no version");
        check("mix.lock", b"{}", "malformed: it is no map of Elixir");
        check("rebar.lock", b"x", "malformed: it is no list of rebar");
        check(
            "mix.lock",
            b"\xff",
            "malformed: the file is not UTF-8: invalid utf-8 sequence of 1 bytes from index 0",
        );
    }
}
