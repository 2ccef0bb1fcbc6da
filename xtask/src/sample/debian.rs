use std::fmt::Write as _;

use super::image::Image;
use super::layer::Layer;

const OS_RELEASE: &str = r#"PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"#;

/// A package as dpkg records it.
struct Package {
    name: &'static str,
    version: &'static str,
    /// The `Source` field: absent where source and package agree in name and version.
    source: Option<&'static str>,
    section: &'static str,
    summary: &'static str,
    /// Absolute, as in `info/<name>.list`.
    files: &'static [&'static str],
}

const BASE: &[Package] = &[
    Package {
        name: "base-files",
        version: "12.4+deb12u4",
        source: None,
        section: "admin",
        summary: "Debian base system miscellaneous files",
        files: &["/etc/debian_version", "/usr/lib/os-release"],
    },
    Package {
        name: "libc6",
        version: "2.36-9+deb12u4",
        source: Some("glibc"),
        section: "libs",
        summary: "GNU C Library: Shared libraries",
        files: &["/lib/x86_64-linux-gnu/libc.so.6"],
    },
    Package {
        name: "libgnutls30",
        version: "3.7.9-2+deb12u1",
        source: Some("gnutls28"),
        section: "libs",
        summary: "GNU TLS library - main runtime library",
        files: &["/usr/lib/x86_64-linux-gnu/libgnutls.so.30.34.3"],
    },
    Package {
        name: "liblzma5",
        version: "5.4.1-0.2",
        source: Some("xz-utils"),
        section: "libs",
        summary: "XZ-format compression library",
        files: &["/lib/x86_64-linux-gnu/liblzma.so.5.4.1"],
    },
    Package {
        name: "login",
        version: "1:4.13+dfsg1-1+b1",
        source: Some("shadow (1:4.13+dfsg1-1)"),
        section: "admin",
        summary: "system login tools",
        files: &["/bin/login"],
    },
    Package {
        name: "perl-base",
        version: "5.36.0-7+deb12u1",
        source: Some("perl"),
        section: "perl",
        summary: "minimal Perl system",
        files: &["/usr/bin/perl"],
    },
    Package {
        name: "tar",
        version: "1.34+dfsg-1.2",
        source: None,
        section: "utils",
        summary: "GNU version of the tar archiving utility",
        files: &["/bin/tar"],
    },
    Package {
        name: "zlib1g",
        version: "1:1.2.13.dfsg-1",
        source: Some("zlib"),
        section: "libs",
        summary: "compression library - runtime",
        files: &["/lib/x86_64-linux-gnu/libz.so.1.2.13"],
    },
];

const INSTALLED: &[Package] = &[
    Package {
        name: "curl",
        version: "7.88.1-10+deb12u4",
        source: None,
        section: "web",
        summary: "command line tool for transferring data with URL syntax",
        files: &["/usr/bin/curl"],
    },
    Package {
        name: "libcurl4",
        version: "7.88.1-10+deb12u4",
        source: Some("curl"),
        section: "libs",
        summary: "easy-to-use client-side URL transfer library (OpenSSL flavour)",
        files: &["/usr/lib/x86_64-linux-gnu/libcurl.so.4.8.0"],
    },
    Package {
        name: "libssl3",
        version: "3.0.11-1~deb12u2",
        source: Some("openssl"),
        section: "libs",
        summary: "Secure Sockets Layer toolkit - shared libraries",
        files: &["/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "/usr/lib/x86_64-linux-gnu/libssl.so.3"],
    },
    WGET,
];

const WGET: Package = Package {
    name: "wget",
    version: "1.21.3-1+b2",
    source: Some("wget (1.21.3-1)"),
    section: "web",
    summary: "retrieves files from the web",
    files: &["/usr/bin/wget"],
};

const UPGRADED: Package = Package {
    name: "libssl3",
    version: "3.0.13-1~deb12u1",
    source: Some("openssl"),
    section: "libs",
    summary: "Secure Sockets Layer toolkit - shared libraries",
    files: &["/usr/lib/x86_64-linux-gnu/libcrypto.so.3", "/usr/lib/x86_64-linux-gnu/libssl.so.3"],
};

/// A small image of Debian 12: a base layer, one in which `apt-get` installed four packages, and
/// one that upgraded `libssl3` and purged `wget`.
pub fn debian() -> Image {
    let installed: Vec<&Package> = BASE.iter().chain(INSTALLED).collect();
    let last: Vec<&Package> = installed
        .iter()
        .copied()
        .filter(|package| package.name != WGET.name && package.name != UPGRADED.name)
        .chain([&UPGRADED])
        .collect();
    Image::new("limpid-sample/debian:12").with(base_layer()).with(install_layer(&installed)).with(
        with_files(
            Layer::new("RUN /bin/sh -c apt-get install -y libssl3 && apt-get purge -y wget # buildkit"),
            &UPGRADED,
        )
        .file("var/lib/dpkg/status", status(&last))
        .whiteout(&list_path(&WGET))
        .whiteout("usr/bin/wget"),
    )
}

fn base_layer() -> Layer {
    let base: Vec<&Package> = BASE.iter().collect();
    let layer = Layer::new("/bin/sh -c #(nop) ADD file:rootfs.tar.xz in / ")
        .directory("etc")
        .symlink("etc/os-release", "../usr/lib/os-release")
        .directory("usr/lib")
        .directory("var/lib/dpkg/info")
        .file("var/lib/dpkg/status", status(&base));
    BASE.iter().fold(layer, with_files)
}

fn install_layer(installed: &[&Package]) -> Layer {
    let command = "RUN /bin/sh -c apt-get update && apt-get install -y curl wget # buildkit";
    let layer = Layer::new(command).file("var/lib/dpkg/status", status(installed));
    INSTALLED.iter().fold(layer, with_files)
}

/// Adds what dpkg unpacks for a package, and the list of it.
fn with_files(mut layer: Layer, package: &Package) -> Layer {
    let mut list = String::from("/.\n");
    for file in package.files {
        let path = file.trim_start_matches('/');
        layer = match path {
            "usr/lib/os-release" => layer.file(path, OS_RELEASE),
            "etc/debian_version" => layer.file(path, "12.4\n"),
            _ if path.contains("bin/") => layer.executable(path, placeholder(package)),
            _ => layer.file(path, placeholder(package)),
        };
        list.push_str(file);
        list.push('\n');
    }
    layer.file(list_path(package), list)
}

/// What stands in the place of a package's programs: nothing that any detector reads, so that a
/// sample stays small.
fn placeholder(package: &Package) -> String {
    format!("{} {}\n", package.name, package.version)
}

/// Libraries may be installed for several architectures, and carry theirs in the list's name.
fn list_path(package: &Package) -> String {
    let architecture = if package.section == "libs" { ":amd64" } else { "" };
    format!("var/lib/dpkg/info/{}{architecture}.list", package.name)
}

/// The [dpkg status file](https://manpages.debian.org/bookworm/dpkg/dpkg.1.en.html#FILES), with its
/// fields in dpkg's order.
fn status(packages: &[&Package]) -> String {
    let mut sorted = packages.to_vec();
    sorted.sort_by_key(|package| package.name);
    let mut text = String::new();
    for package in sorted {
        stanza(&mut text, package);
    }
    text
}

fn stanza(text: &mut String, package: &Package) {
    let mut field = |name: &str, value: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    field("Package", package.name);
    field("Status", "install ok installed");
    field("Priority", "optional");
    field("Section", package.section);
    field("Architecture", "amd64");
    if package.section == "libs" {
        field("Multi-Arch", "same");
    }
    if let Some(source) = package.source {
        field("Source", source);
    }
    field("Version", package.version);
    field("Description", package.summary);
    text.push_str(" Made for a sample image.\n\n");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read;

    use super::*;

    fn files(layer: &Layer) -> BTreeMap<String, String> {
        let bytes = layer.tar().unwrap();
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(bytes.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            files.insert(path, text);
        }
        files
    }

    fn versions(status: &str) -> BTreeMap<&str, &str> {
        status
            .split("\n\n")
            .filter(|stanza| !stanza.is_empty())
            .map(|stanza| {
                let field = |name: &str| {
                    stanza.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap()
                };
                (field("Package"), field("Version"))
            })
            .collect()
    }

    #[test]
    fn each_layer_has_a_whole_status_file() {
        let image = debian();
        let status: Vec<String> =
            image.layers().iter().map(|layer| files(layer)["var/lib/dpkg/status"].clone()).collect();
        assert_eq!(versions(&status[0]).len(), BASE.len());
        assert_eq!(versions(&status[1]).len(), BASE.len() + INSTALLED.len());
        let last = versions(&status[2]);
        assert_eq!(last["libssl3"], "3.0.13-1~deb12u1");
        assert_eq!(last.get("wget"), None);
    }

    #[test]
    fn a_purge_takes_away_the_list_and_the_program() {
        let image = debian();
        let last = files(&image.layers()[2]);
        assert!(last.contains_key("var/lib/dpkg/info/.wh.wget.list"));
        assert!(last.contains_key("usr/bin/.wh.wget"));
    }

    #[test]
    fn os_release_is_a_link_to_the_file_of_its_package() {
        let image = debian();
        let base = files(&image.layers()[0]);
        assert!(base["usr/lib/os-release"].contains("ID=debian"));
        assert!(base.contains_key("etc/os-release"));
        assert!(base["var/lib/dpkg/info/base-files.list"].contains("/usr/lib/os-release\n"));
    }
}
