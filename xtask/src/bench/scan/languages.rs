//! Layers full of what language package managers install, and of executables: how much longer a scan takes for
//! the detectors that read them.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use flate2::Crc;
use serde_json::Value;
use tar::{Builder, EntryType, Header};

use super::forms::{self, Compressed};
use super::{Runs, Scene, image, once};
use crate::bench::measurement::{Bar, Measurement};
use crate::command::output;
use crate::limpid::Limpid;

/// Detectors without which no image has a distribution: they stay where the others are left out.
const OF_DISTRIBUTIONS: [&str; 9] =
    ["apk", "dpkg", "opkg", "os-release", "pacman", "portage", "redhat-buildinfo", "rpm", "xbps"];

const JARS: u32 = 3_000;
/// Classes of each jar, and bytes of each: what is compressed in a jar does not compress again.
const CLASSES: u32 = 20;
const CLASS_BYTES: usize = 5_000;

const NODE_PACKAGES: u32 = 5_000;
/// Scripts beside each `package.json`, and bytes of each.
const SCRIPTS: u32 = 12;
const SCRIPT_BYTES: usize = 3_000;

const EXECUTABLES: u64 = 500 << 20;

/// What each kind of layer costs.
pub(super) fn measure(scene: &Scene<'_>, kept: &Path, tars: &[PathBuf]) -> anyhow::Result<Vec<Measurement>> {
    let folder = kept.join("languages");
    fs::create_dir_all(&folder)?;
    let archive = |name: &str, write: &dyn Fn(&mut Layer) -> anyhow::Result<()>| {
        let tar = once(folder.join(format!("{name}-layer.tar")), |path| {
            let mut layer = Builder::new(BufWriter::new(File::create(path)?));
            file(&mut layer, "etc/os-release", b"ID=debian\nVERSION_ID=12\nPRETTY_NAME=Debian\n", 0o644)?;
            write(&mut layer)?;
            layer.into_inner()?.flush()?;
            Ok(())
        })?;
        let stored = image::stored(&[tar], Compressed::Gzip)?;
        once(folder.join(format!("{name}.tar")), |path| forms::docker(&stored, path))
    };
    let cases = [
        (format!("{JARS} jars"), archive("jars", &jars)?, Cost::Inflating),
        (format!("{NODE_PACKAGES} package.json"), archive("node", &node_packages)?, Cost::Inflating),
        (
            "500 MB of executables".to_owned(),
            archive("executables", &|layer| executables(layer, tars))?,
            Cost::Little,
        ),
    ];
    let without = scene.limpid.with_plugins(plugins_without(&scene.limpid, &scene.fresh("without")?)?);
    let [(_, first, _), ..] = &cases;
    scene.scan(&without, &mut Runs::default(), first)?;
    let mut measurements = Vec::new();
    for (what, archive, cost) in &cases {
        eprintln!("bench: {what}");
        let (mut with, mut plain, mut floor) = (Runs::default(), Runs::default(), Runs::default());
        for number in 0..=scene.setting.runs {
            // The first round brings the file into the page cache, and does not count.
            let mut ignored = <[Runs; 3]>::default();
            let [first, second, third] = &mut ignored;
            let [with, plain, floor] =
                if number == 0 { [first, second, third] } else { [&mut with, &mut plain, &mut floor] };
            scene.scan(&scene.limpid, with, archive)?;
            scene.scan(&without, plain, archive)?;
            scene.floor(floor, archive)?;
        }
        let beside =
            Measurement::of_times(format!("{what}: scan, beside one that does not look"), &with.elapsed)
                .beside(&Measurement::of_times("", &plain.elapsed));
        match cost {
            Cost::Little => measurements.push(beside.with_bar(Bar::TimesFloor(1.1))),
            Cost::Inflating => {
                measurements.push(beside);
                let looking: Vec<Duration> =
                    with.elapsed.iter().zip(&plain.elapsed).map(|(a, b)| a.saturating_sub(*b)).collect();
                let inflating = Measurement::of_times("", &floor.elapsed);
                let what = format!("{what}: what looking takes, beside inflating and hashing them");
                measurements.push(
                    Measurement::of_times(what, &looking).beside(&inflating).with_bar(Bar::TimesFloor(1.0)),
                );
            }
        }
        measurements.push(Measurement::of_bytes(format!("{what}: peak memory"), with.peak));
    }
    Ok(measurements)
}

/// How much detectors may cost.
#[derive(Clone, Copy)]
enum Cost {
    /// No longer than inflating the layer.
    Inflating,
    /// A tenth of the scan.
    Little,
}

type Layer = Builder<BufWriter<File>>;

/// The plugins but for the detectors that read what languages install.
fn plugins_without(limpid: &Limpid, folder: &Path) -> anyhow::Result<PathBuf> {
    let (data, plugins) = (folder.join("data"), folder.join("plugins"));
    fs::create_dir_all(&plugins)?;
    let text = output(limpid.command(&data).args(["plugin", "list", "--format", "json", "--log", "warn"]))?;
    let listed: Value = serde_json::from_str(&text).context("a list of plugins is no JSON")?;
    let listed = listed.get("plugins").and_then(Value::as_array).context("there are no plugins")?;
    let mut left_out = 0;
    for plugin in listed {
        let name = plugin.get("name").and_then(Value::as_str).context("a plugin has no name")?;
        let roles = plugin.get("roles").and_then(Value::as_array).context("a plugin has no roles")?;
        if roles.iter().any(|role| role == "detector") && !OF_DISTRIBUTIONS.contains(&name) {
            left_out += 1;
            continue;
        }
        let file = format!("{name}.wasm");
        fs::copy(limpid.plugins().join(&file), plugins.join(&file))
            .with_context(|| format!("there is no `{file}`"))?;
    }
    ensure!(left_out > 10, "only {left_out} detectors are of languages");
    Ok(plugins)
}

fn file(layer: &mut Layer, path: &str, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    let mut header = Header::new_gnu();
    header.set_mode(mode);
    header.set_size(bytes.len() as u64);
    layer.append_data(&mut header, path, bytes)?;
    Ok(())
}

/// Bytes that look random, the same in each run.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes: Vec<u8> = (0..count.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(count);
        bytes
    }

    /// Text that compresses about as well as a script.
    fn text(&mut self, count: usize) -> Vec<u8> {
        const WORDS: [&str; 16] = [
            "function ",
            "return ",
            "const ",
            "require(",
            "module.exports = ",
            "if (",
            ") {\n",
            "}\n",
            "value",
            "index",
            ".length",
            " === ",
            "undefined",
            "'./lib/",
            "options.",
            "callback(",
        ];
        let mut text = Vec::with_capacity(count + 32);
        while text.len() < count {
            let number = self.next();
            let word = usize::try_from(number % 16).unwrap_or_default();
            text.extend_from_slice(WORDS.get(word).copied().unwrap_or_default().as_bytes());
            if number & 0x300 == 0 {
                text.extend_from_slice(format!("{:x}", number >> 40).as_bytes());
            }
        }
        text
    }
}

fn jars(layer: &mut Layer) -> anyhow::Result<()> {
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    for number in 0..JARS {
        let (group, artifact) = (format!("org.example.g{}", number % 97), format!("artifact-{number}"));
        let mut jar = Zip::default();
        let manifest = format!("Manifest-Version: 1.0\r\nImplementation-Title: {artifact}\r\n\r\n");
        jar.member("META-INF/MANIFEST.MF", manifest.as_bytes());
        let properties = format!("groupId={group}\nartifactId={artifact}\nversion=1.{}.0\n", number % 50);
        jar.member(&format!("META-INF/maven/{group}/{artifact}/pom.properties"), properties.as_bytes());
        for class in 0..CLASSES {
            jar.member(&format!("org/example/a{number}/Class{class}.class"), &noise.bytes(CLASS_BYTES));
        }
        file(layer, &format!("opt/app/lib/{artifact}-1.{}.0.jar", number % 50), &jar.finish(), 0o644)?;
    }
    Ok(())
}

fn node_packages(layer: &mut Layer) -> anyhow::Result<()> {
    let mut noise = Noise(0x2545_f491_4f6c_dd1d);
    for number in 0..NODE_PACKAGES {
        let folder = format!("srv/app/node_modules/package-{number}");
        let manifest = format!(
            r#"{{"name": "package-{number}", "version": "{}.{}.1", "license": "MIT", "main": "index.js",
 "description": "{}", "repository": {{"type": "git", "url": "git+https://example.org/package-{number}.git"}},
 "keywords": ["one", "two"], "scripts": {{"test": "node test"}}, "dependencies": {{"package-{}": "^1.0.0"}}}}"#,
            number % 9,
            number % 41,
            "what it is for ".repeat(40),
            (number + 1) % NODE_PACKAGES,
        );
        file(layer, &format!("{folder}/package.json"), manifest.as_bytes(), 0o644)?;
        for script in 0..SCRIPTS {
            file(layer, &format!("{folder}/lib/{script}.js"), &noise.text(SCRIPT_BYTES), 0o644)?;
        }
    }
    Ok(())
}

/// The executables of the realistic image, the same again where those are too few.
fn executables(layer: &mut Layer, tars: &[PathBuf]) -> anyhow::Result<()> {
    let mut written = 0;
    for round in 0.. {
        let before = written;
        for tar in tars {
            let mut archive = tar::Archive::new(BufReader::new(File::open(tar)?));
            for entry in archive.entries()? {
                let mut entry = entry?;
                if entry.header().entry_type() != EntryType::Regular || entry.size() < 64 {
                    continue;
                }
                let path = format!("{round}/{}", String::from_utf8_lossy(&entry.path_bytes()));
                let mut bytes = vec![0; 4];
                entry.read_exact(&mut bytes)?;
                if bytes != *b"\x7fELF" {
                    continue;
                }
                entry.read_to_end(&mut bytes)?;
                file(layer, &path.replace("/./", "/"), &bytes, 0o755)?;
                written += bytes.len() as u64;
                if written >= EXECUTABLES {
                    return Ok(());
                }
            }
        }
        ensure!(written > before, "the image has no executables");
    }
    Ok(())
}

/// A zip whose members are stored as they are.
#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    members: u16,
}

impl Zip {
    fn member(&mut self, name: &str, content: &[u8]) {
        let mut crc = Crc::new();
        crc.update(content);
        let at = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX);
        // Version, flags, method, time, date; check sum, sizes, lengths of name and extra field.
        let mut common =
            [20_u16, 0, 0, 0, 33].iter().flat_map(|field| field.to_le_bytes()).collect::<Vec<u8>>();
        common.extend([crc.sum(), size, size].iter().flat_map(|field| field.to_le_bytes()));
        common.extend([name_len, 0].iter().flat_map(|field| field.to_le_bytes()));
        self.bytes.extend_from_slice(b"PK\x03\x04");
        self.bytes.extend_from_slice(&common);
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.extend_from_slice(content);
        self.directory.extend_from_slice(b"PK\x01\x02\x14\x00");
        self.directory.extend_from_slice(&common);
        // Length of the comment, disk, attributes, where the member begins.
        self.directory.extend_from_slice(&[0; 10]);
        self.directory.extend_from_slice(&at.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.members += 1;
    }

    fn finish(mut self) -> Vec<u8> {
        let at = u32::try_from(self.bytes.len()).unwrap_or(u32::MAX);
        let size = u32::try_from(self.directory.len()).unwrap_or(u32::MAX);
        self.bytes.append(&mut self.directory);
        self.bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.members, self.members].iter().flat_map(|field| field.to_le_bytes()));
        self.bytes.extend([size, at].iter().flat_map(|field| field.to_le_bytes()));
        self.bytes.extend_from_slice(&[0; 2]);
        self.bytes
    }
}
