use std::collections::BTreeSet;
use std::io::{self, BufRead, Read};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::text::{MAX_LITERAL, MAX_VERSION};
use crate::{Cpe, PROGRAMS, Program, Search};

fn program(key: &str) -> &'static Program {
    PROGRAMS.iter().find(|program| program.key == key).unwrap()
}

fn versions(key: &str, path: &str, bytes: &[u8]) -> Vec<String> {
    Search::new(program(key), path).read(bytes).unwrap()
}

/// Gives a few bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Pieces<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(&self.0[..self.1.min(self.0.len())])
    }

    fn consume(&mut self, amount: usize) {
        self.0 = &self.0[amount..];
    }
}

#[test]
fn versions_are_read_as_programs_state_them() {
    let check = |key: &str, path: &str, text: &[u8], expected: &[&str]| {
        assert_eq!(versions(key, path, text), expected, "{key}: {}", String::from_utf8_lossy(text));
    };
    check("openssl", "libcrypto.so.1.1", b"OpenSSL 1.1.1zk-fips 11 Feb 2013", &["1.1.1zk"]);
    check("openssl", "libcrypto.so.1.1", b"OpenSSL 1.1.1w  11 Sep 2023", &["1.1.1w"]);
    check("openssl", "libcrypto.so", b"OpenSSL 1.1.1 (compatible; BoringSSL)", &[]);
    check("openssl", "libcrypto.so.3", b"OpenSSL 3.0.0-beta2 17 Jun 2021", &["3.0.0-beta2"]);
    check("openssl", "libcrypto.so.3", b"OpenSSL 3.0.0 compatible", &[]);
    check("haproxy", "haproxy", b"\0 version 2.6.12-1+deb12u4, released 2023/10/17", &["2.6.12"]);
    check("haproxy", "haproxy", b"\0 version 3.1-dev4-1a2b3c-7, released 2024", &["3.1-dev4"]);
    check("mariadb", "mariadbd", b"\x0010.11.19-MariaDB-ubu2204-log\0", &["10.11.19"]);
    check("mariadb", "mariadbd", b"\0for example 10.1.1-MariaDB-log.\0", &[]);
    check("redis", "redis-server", b"\xdfA7.0.15buildkitsandbox-1715000000", &["7.0.15"]);
    check("redis", "redis-server", b"A7.0.151790282056000\x007.0.15\0c11-builtin\0", &["7.0.15"]);
    check("php", "php", b"X-Powered-By: PHP/8.4.0RC1\0", &["8.4.0RC1"]);
    check("php", "php", b"X-Powered-By: PHP/8.4.0.1\0", &[]);
    check("postgresql", "postgres", b"postgres (PostgreSQL) 17beta1\n", &["17beta1"]);
    check("openjdk", "release", b"JAVA_VERSION=\"1.8.0_392\"", &["8u392"]);
    check("openjdk", "release", b"A=\"1\"\nJAVA_VERSION=\"17.0.9\"\n", &["17.0.9"]);
    check("envoy", "envoy", b"Resource.name\x001.40.0\0 so a", &["1.40.0"]);
    check("envoy", "envoy", b"\x001.0.0\0\x0056.0.0\0\x006.0.0\0\x001.3.1\0\x001.36.2\0", &["1.36.2"]);
    check("envoy", "envoy", b"ResourceErrors\x001.41.0-dev\0", &["1.41.0-dev"]);
    check("envoy", "envoy", b"\x001.3.10\0 at 1.40.0\0 and \x001.40.0, \x001.40\0", &[]);
    check("go", "go/VERSION", b"go1.22rc1\ntime 2024", &["1.22rc1"]);
    check("go", "go/VERSION", b"is of go1.22\n", &[]);
    check("erlang", "OTP_VERSION", b"25.2.3\n", &["25.2.3"]);
    check("ruby", "libruby.so", b"\0ruby 3.1.2p20 (2022-04-12 revision", &["3.1.2"]);
    check("ruby", "libruby.so", b"\0ruby 3.4.0preview1 (2024", &["3.4.0preview1"]);
    check("git", "bin/git", b"\0git/2.39.5\0GIT_USER_AGENT\0", &["2.39.5"]);
    let graal = b"IMPLEMENTOR=\"GraalVM Community\"\nJAVA_VERSION=\"17.0.8\"\nGRAALVM_VERSION=\"22.3.3\"\n";
    check("graalvm", "release", graal, &["22.3.3"]);
    check("graalvm-for-jdk", "release", graal, &["17.0.8"]);
    check("oracle-jdk", "release", b"JAVA_VERSION=\"1.8.0_441\"\nBUILD_TYPE=\"commercial\"\n", &["8u441"]);
    check("julia", "julia_version.h", b"#define JULIA_VERSION_STRING \"1.11.0-rc2\"\n", &["1.11.0-rc2"]);
    check("kubernetes", "kubectl", b"mod\tk8s.io/kubernetes\tv1.37.1\t\n", &["1.37.1"]);
    check("kubernetes", "kubectl", b"dep\tk8s.io/kubernetes\tv1.37.1\th1:a\n", &[]);
    check("lighttpd", "lighttpd", b"\0lighttpd/1.4.69\0server\0lighttpd/1.4.69 (ssl) - a", &["1.4.69"]);
    let perl = b"/usr/local/share/perl/5.32.1\0 inline.h\0v5.32.1\0panic: XS_VERSION\0v5.32.0\0%-p::%s";
    check("perl", "libperl.so.5.32.1", perl, &["5.32.1"]);
    check("perl", "perl", b"\0v5.32.1\0panic: XS_VERSION\0v5.32.0\0%-p::%s", &["5.32.1", "5.32.0"]);
    check("sqlite", "libsqlite3.so.0.8.6", b"\xfb\xfc\xfd\xfe\xff3.34.1\0\0\0", &["3.34.1"]);
    check("proftpd", "proftpd", b"\0ProFTPD Version 1.3.8b\0", &["1.3.8b"]);
    check("proftpd", "proftpd", b"\0ProFTPD Version 1.3.5rc4\0", &["1.3.5rc4"]);
    check("squid", "squid", b"(./1.0) in '\0squid/5.7\0", &["5.7"]);
    check("traefik", "traefik", b"mod\tgithub.com/traefik/traefik/v3\tv3.7.15\t\n", &["3.7.15"]);
    check("varnish", "varnishd", b"\0(varnish-7.1.1 revision 7cee1c581)\0", &["7.1.1"]);
    check("xz", "xz", b"xz (XZ Utils) 5.4.1\0", &["5.4.1"]);
    check("xz", "xz", b"xz (XZ Utils) 5.3.2alpha\0", &["5.3.2alpha"]);
    check("python", "usr/local/lib/libpython2.7.so.1.0", b"\x002.7.18\0", &["2.7.18"]);
    check(
        "python",
        "root/.pyenv/versions/2.7.18/bin/python2.7",
        b"\x002.7.18\0 and \x003.1.1\0",
        &["2.7.18"],
    );
    check(
        "python",
        "root/.pyenv/versions/3.11.4/bin/python3.11",
        b"\x003.11.4\0 and \x002.7.1\0",
        &["3.11.4"],
    );
    check("busybox", "busybox", b"BusyBox v123456789.1.1 ", &[]);
}

#[test]
fn what_is_in_a_file_of_a_series_is_of_that_series() {
    let text = b"\x003.45.1\0 and \x003.11.2\0 and \x003.110.2\0";
    assert_eq!(versions("python", "usr/lib/libpython3.11.so.1.0", text), ["3.11.2"]);
    assert_eq!(versions("python", "usr/bin/python3", text), ["3.45.1", "3.11.2", "3.110.2"]);
}

#[test]
fn updates_of_java_are_those_of_the_nvd() {
    let java = program("openjdk");
    assert_eq!(java.version_of_cpe("8", Some("update392")), "8u392");
    assert_eq!(java.version_of_cpe("1.8.0", Some("update_72")), "8u72");
    assert_eq!(java.version_of_cpe("1.8.0", None), "8");
    assert_eq!(java.version_of_cpe("11.0.20", None), "11.0.20");
    assert_eq!(program("openssl").version_of_cpe("1.0.2", Some("beta1")), "1.0.2-beta1");
}

#[test]
fn no_two_programs_are_one() {
    let keys: Vec<&str> = PROGRAMS.iter().map(|program| program.key).collect();
    assert!(keys.is_sorted_by(|left, right| left < right), "{keys:?}");
    let products: Vec<_> = PROGRAMS.iter().flat_map(|program| program.products).collect();
    let distinct: BTreeSet<_> = products.iter().map(|it| (it.vendor, it.product)).collect();
    assert_eq!(distinct.len(), products.len());
}

#[test]
fn texts_are_within_what_is_kept_of_a_stream() {
    for program in PROGRAMS {
        assert!(!program.texts.is_empty() && !program.products.is_empty() && !program.paths.is_empty());
        for text in program.texts {
            let literals = text.after.iter().chain([&text.before]);
            assert!(literals.clone().all(|it| it.len() <= MAX_LITERAL), "{text:?}");
            assert!(text.kept < text.before.len().max(1), "{text:?}");
        }
    }
}

#[test]
fn names_are_read_and_written_with_backslashes() {
    let cpe = Cpe::parse(r"cpe:2.3:a:erlang:erlang\/otp:25.0:rc1:*:*:lts:windows:x64:*").unwrap();
    assert_eq!(
        (cpe.product.as_str(), cpe.version.as_str(), cpe.update.as_str()),
        ("erlang/otp", "25.0", "rc1")
    );
    assert_eq!((cpe.edition.as_str(), cpe.target_software.as_str()), ("lts", "windows"));
    let name = program("erlang").cpe("25.0-rc1").unwrap();
    assert_eq!(name, r"cpe:2.3:a:erlang:erlang\/otp:25.0-rc1:*:*:*:*:*:*:*");
    for bad in
        ["", "cpe:/a:b:c", "cpe:2.3:a:b:c", "cpe:2.3:a:b:c:d:*:*:*:*:*:*:*:*", "cpe:2.3:a::c:d:*:*:*:*:*:*:*"]
    {
        assert_eq!(Cpe::parse(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn a_version_is_found_wherever_it_is_and_however_the_file_comes(
        before in 0_usize..2000, behind in 0_usize..2000, piece in 1_usize..700,
        version in "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
    ) {
        for (key, text) in [
            ("nginx", format!("nginx version: nginx/{version}\n")),
            ("mariadb", format!("\0{version}-MariaDB")),
        ] {
            let mut bytes = vec![b'x'; before];
            bytes.extend_from_slice(text.as_bytes());
            bytes.resize(bytes.len() + behind, b'y');
            let found = Search::new(program(key), "nginx").read(Pieces(&bytes, piece)).unwrap();
            prop_assert_eq!(found, [version.as_str()]);
        }
    }

    #[test]
    fn pieces_make_no_difference(
        at in 0..PROGRAMS.len(), parts in vec(("[0-9a-z.\\x00 (-]{0,12}", any::<prop::sample::Index>()), 0..8),
        piece in 1_usize..400,
    ) {
        let program = &PROGRAMS[at];
        let mut bytes = Vec::new();
        for (text, literal) in &parts {
            let text_at = &program.texts[literal.index(program.texts.len())];
            bytes.extend_from_slice(text_at.before);
            bytes.extend_from_slice(text.as_bytes());
            if let Some(after) = text_at.after.first() {
                bytes.extend_from_slice(after);
            }
        }
        let whole = Search::new(program, "a").read(bytes.as_slice()).unwrap();
        let pieces = Search::new(program, "a").read(Pieces(&bytes, piece)).unwrap();
        prop_assert!(whole.iter().all(|version| version.len() <= MAX_VERSION + 1));
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn what_is_written_as_a_name_is_read_as_such(version in "[ -~]{1,20}") {
        let name = program("nginx").cpe(&version).unwrap();
        prop_assert_eq!(Cpe::parse(&name).map(|cpe| cpe.version), Some(version.to_ascii_lowercase()));
    }
}
