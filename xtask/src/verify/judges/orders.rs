//! The order of a language's versions by what its own package manager is built on: a library of a registry, in a version
//! that is named here, or of a program that is installed.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use super::{ask, maven, node, python};
use crate::command::{command, find, run};
use crate::verify::Setting;

/// What orders versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify) enum Order {
    /// npm's library, in its loose mode.
    Npm,
    /// `Gem::Version` of the Ruby that is installed.
    RubyGems,
    /// composer/semver, as Debian has it.
    Composer,
    /// The crate that Cargo is built on.
    Cargo,
    /// `Version` of the Elixir that is installed.
    Elixir,
    /// `numeric_version` of the R that is installed.
    R,
    /// `Version` of the Cabal that comes with the GHC that is installed.
    Cabal,
    /// What mamba's successors are built on.
    Rattler,
    /// Go's own library of versions of modules.
    GoModules,
    /// `go/version` of the standard library.
    GoToolchains,
    /// Bitnami's own library.
    Bitnami,
    /// `ComparableVersion` of Maven.
    Maven,
    /// The library inside NuGet's own program.
    Nuget,
    /// `version` of the Perl that is installed.
    Perl,
    /// `alpm_pkg_vercmp` of the libalpm that is installed.
    Libalpm,
    /// Gentoo's package manager.
    Portage,
}

const SEMVER: &str = "7.8.6";
const RATTLER: &str = "0.28.0";
const PORTAGE: &str = "3.0.83";
/// Where Debian's package `libalpm-dev` has what programs include.
const ALPM: &str = "/usr/include/alpm.h";
const NUGET: &str = "5.8.0";
const MAVEN: &str = "3.9.11";
const GO_MODULES: &str = "golang.org/x/mod@v0.43.0";
const BITNAMI: &str = "github.com/bitnami/go-version@v0.0.0-20250505154626-452e8c5ee607";

impl Order {
    /// What it is called where differences are told.
    pub(in crate::verify) fn name(self) -> String {
        match self {
            Self::Npm => format!("semver {SEMVER}"),
            Self::RubyGems => "Gem::Version".to_owned(),
            Self::Composer => "composer/semver".to_owned(),
            Self::Cargo => "the crate semver".to_owned(),
            Self::Elixir => "Elixir".to_owned(),
            Self::R => "R".to_owned(),
            Self::Cabal => "Cabal".to_owned(),
            Self::Rattler => format!("py-rattler {RATTLER}"),
            Self::GoModules => GO_MODULES.to_owned(),
            Self::GoToolchains => "go/version".to_owned(),
            Self::Bitnami => BITNAMI.to_owned(),
            Self::Maven => format!("maven-artifact {MAVEN}"),
            Self::Nuget => format!("NuGet {NUGET}"),
            Self::Perl => "Perl".to_owned(),
            Self::Libalpm => "libalpm".to_owned(),
            Self::Portage => format!("portage {PORTAGE}"),
        }
    }

    /// A program that it needs and that is not installed.
    pub(in crate::verify) fn missing(self) -> Option<&'static str> {
        let programs: &[&str] = match self {
            Self::Npm => &["node", "npm"],
            Self::RubyGems => &["ruby"],
            Self::Composer => &["php"],
            Self::Cargo => &[],
            Self::Elixir => &["elixir"],
            Self::R => &["Rscript"],
            Self::Cabal => &["runghc"],
            Self::Rattler | Self::Portage => &["python3"],
            Self::GoModules | Self::GoToolchains | Self::Bitnami => &["go"],
            Self::Maven => &["java", "mvn"],
            Self::Nuget => &["mono", "mcs", "npm"],
            Self::Perl => &["perl"],
            Self::Libalpm => &["gcc"],
        };
        if self == Self::Libalpm && !Path::new(ALPM).exists() {
            return Some("libalpm-dev");
        }
        programs.iter().copied().find(|program| find(program).is_none())
    }

    /// How the versions of each line compare, which a tab parts. None where one is no version; a pair is left out of which
    /// the judge says that its own order goes in a circle.
    pub(in crate::verify) fn of(
        self,
        setting: &Setting<'_>,
        lines: &[String],
    ) -> anyhow::Result<Vec<Answer>> {
        if self == Self::Cargo {
            return lines.iter().map(|line| cargo(line)).collect();
        }
        let folder = setting.workspace.target().join(format!("verify/judges/orders-{self:?}").to_lowercase());
        fs::create_dir_all(&folder)?;
        let answers = ask(&mut self.program(&folder)?, lines)?;
        if answers.len() != lines.len() {
            bail!("{} gave {} answers to {} lines", self.name(), answers.len(), lines.len());
        }
        answers.iter().map(|answer| Answer::of(answer)).collect()
    }

    fn program(self, folder: &Path) -> anyhow::Result<Command> {
        let script = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).map(|()| path)
        };
        let mut program = match self {
            Self::Npm => node(folder, "semver", SEMVER)?,
            Self::RubyGems => command("ruby"),
            Self::Composer => command("php"),
            Self::Elixir => command("elixir"),
            Self::R => command("Rscript"),
            Self::Cabal => command("runghc"),
            Self::Rattler => python(folder, "py-rattler", RATTLER)?,
            Self::Portage => python(folder, "portage", PORTAGE)?,
            Self::Libalpm => return libalpm(folder),
            Self::Perl => command("perl"),
            Self::GoModules | Self::GoToolchains | Self::Bitnami => return self.go(folder),
            Self::Maven => {
                let mut java = command("java");
                java.arg("-cp").arg(maven(folder, "org.apache.maven", "maven-artifact", MAVEN)?);
                java
            }
            Self::Nuget => return nuget(folder),
            Self::Cargo => bail!("Cargo's order needs no program"),
        };
        program.arg(match self {
            Self::Npm => script("orders.js", include_str!("orders.js"))?,
            Self::RubyGems => script("orders.rb", include_str!("orders.rb"))?,
            Self::Composer => script("orders.php", include_str!("orders.php"))?,
            Self::Elixir => script("orders.exs", include_str!("orders.exs"))?,
            Self::R => script("orders.R", include_str!("orders.R"))?,
            Self::Cabal => script("orders.hs", include_str!("orders.hs"))?,
            Self::Rattler => script("orders.py", include_str!("orders.py"))?,
            Self::Perl => script("orders.pl", include_str!("orders.pl"))?,
            Self::Portage => script("gentoo.py", include_str!("gentoo.py"))?,
            _ => script("Orders.java", include_str!("Orders.java"))?,
        });
        Ok(program)
    }

    /// A program of Go, built with the modules that it needs.
    fn go(self, folder: &Path) -> anyhow::Result<Command> {
        let program = folder.join("orders");
        if !program.exists() {
            fs::write(folder.join("go.mod"), "module orders\n\ngo 1.22\n")?;
            fs::write(folder.join("main.go"), include_str!("orders.go"))?;
            let go = |arguments: &[&str]| run(command("go").args(arguments).current_dir(folder));
            go(&["get", GO_MODULES, BITNAMI])?;
            go(&["mod", "tidy"])?;
            go(&["build", "-o", "orders", "."])?;
        }
        let mut program = Command::new(program);
        program.arg(match self {
            Self::GoToolchains => "toolchain",
            Self::Bitnami => "bitnami",
            _ => "module",
        });
        Ok(program)
    }
}

/// A program built with libalpm.
fn libalpm(folder: &Path) -> anyhow::Result<Command> {
    let program = folder.join("orders");
    if !program.exists() {
        fs::write(folder.join("orders.c"), include_str!("orders.c"))?;
        run(command("gcc")
            .args(["-Wall", "-Werror", "-o", "orders", "orders.c", "-lalpm"])
            .current_dir(folder))?;
    }
    Ok(Command::new(program))
}

/// A program built with what is inside NuGet's own, which npm has.
fn nuget(folder: &Path) -> anyhow::Result<Command> {
    let program = folder.join("Orders.exe");
    if !program.exists() {
        node(folder, "nuget-exe", NUGET)?;
        // Mono finds it by the name that it was built under.
        let library = folder.join(format!("node_modules/nuget-exe/nuget-{NUGET}.exe"));
        fs::copy(library, folder.join("NuGet.exe"))?;
        fs::write(folder.join("Orders.cs"), include_str!("Orders.cs"))?;
        run(command("mcs").args(["-r:NuGet.exe", "Orders.cs"]).current_dir(folder))?;
    }
    let mut mono = command("mono");
    mono.arg(program);
    Ok(mono)
}

/// How a judge compares two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::verify) enum Answer {
    Order(Ordering),
    /// One is no version.
    NoVersion,
    /// The judge's order says otherwise by way of another version.
    Circle,
}

impl Answer {
    fn of(answer: &str) -> anyhow::Result<Self> {
        Ok(match answer {
            "<" => Self::Order(Ordering::Less),
            "=" => Self::Order(Ordering::Equal),
            ">" => Self::Order(Ordering::Greater),
            "error" => Self::NoVersion,
            "circle" => Self::Circle,
            other => bail!("a judge answered `{other}`"),
        })
    }
}

fn cargo(line: &str) -> anyhow::Result<Answer> {
    let (left, right) = line.split_once('\t').context("a line has no pair")?;
    Ok(match (semver::Version::parse(left), semver::Version::parse(right)) {
        (Ok(left), Ok(right)) => Answer::Order(left.cmp(&right)),
        _ => Answer::NoVersion,
    })
}
