//! The container image, without a container engine: an archive in the
//! [OCI layout](https://github.com/opencontainers/image-spec/blob/main/image-layout.md), out of the program, its
//! plugins, and those packages of Debian that the program needs.
//!
//! There is no shell in it and no package manager. What each package of Debian is stands in `/var/lib/dpkg/status.d`,
//! where scanners look for it. `deploy/docker/Dockerfile` makes an image of the same kind with Docker.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Build;
use crate::command::{command, find, output, run};
use crate::tree::{Tree, gzip};
use crate::workspace::Workspace;

/// What the program needs of Debian: the C and C++ libraries, whom to trust, and what time zones and names are.
const PACKAGES: [&str; 8] =
    ["base-files", "ca-certificates", "gcc-12-base", "libc6", "libgcc-s1", "libstdc++6", "netbase", "tzdata"];

/// The user that the service runs as; the number that distroless images give to `nonroot`.
const USER: u64 = 65_532;

/// What nobody reads in an image, but for licences.
const LEFT_OUT: [&str; 5] =
    ["usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/lintian/", "usr/share/bug/"];

/// Writes the archive into a folder, and says its name.
///
/// # Errors
/// Debian's packages cannot be had, or something cannot be read or written.
pub(super) fn image(
    workspace: &Workspace,
    build: &Build,
    installed: &Tree,
    folder: &Path,
) -> anyhow::Result<String> {
    if find("apt-get").is_none() || find("dpkg-deb").is_none() {
        bail!("the image is made of Debian's packages: run this on Debian, or leave out `image` of `--only`");
    }
    let layers = [
        ("packages of Debian", base(&workspace.target().join("dist-debian"))?),
        ("plugins of Limpid", plugins(installed)),
        ("Limpid", program(workspace, installed)?),
    ];
    let mut blobs = Vec::new();
    let mut diff_ids = Vec::new();
    let mut history = Vec::new();
    for (what, tree) in layers {
        let tar = tree.tar(build.seconds)?;
        diff_ids.push(digest(&tar));
        history.push(json!({ "created": build.time, "created_by": format!("cargo xtask dist: {what}") }));
        blobs.push(gzip(&tar)?);
    }
    let config = config(build, &diff_ids, &history).to_string();
    let manifest = manifest(&config, &blobs).to_string();
    let name = format!("limpid-{}-{}.oci.tar", build.version, build.machine.debian);
    let archive = layout(build, &config, &manifest, &blobs)?;
    fs::write(folder.join(&name), archive.tar(build.seconds)?)?;
    Ok(name)
}

/// Debian's packages, unpacked.
fn base(folder: &Path) -> anyhow::Result<Tree> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let mut download = command("apt-get");
    // Apt may not write here as the user that it would take.
    download.current_dir(folder).args(["-qq", "-o", "APT::Sandbox::User=root", "download"]);
    run(download.args(PACKAGES)).context("`apt-get update` may help")?;
    let mut tree = Tree::default();
    let mut archives: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    archives.sort_by_key(fs::DirEntry::file_name);
    for archive in archives {
        let archive = archive.path();
        let mut files = command("dpkg-deb");
        let files = files.arg("--fsys-tarfile").arg(&archive).output()?;
        if !files.status.success() {
            bail!("`{}` cannot be unpacked: {}", archive.display(), String::from_utf8_lossy(&files.stderr));
        }
        tree.unpack(&files.stdout, is_wanted)?;
        let control = output(command("dpkg-deb").arg("--field").arg(&archive))?;
        let name = control.lines().find_map(|line| line.strip_prefix("Package: "));
        let name = name.with_context(|| format!("`{}` has no name", archive.display()))?;
        tree.file(&format!("var/lib/dpkg/status.d/{name}"), 0o644, control.as_str());
    }
    let passwd = format!(
        "root:x:0:0:root:/root:/usr/sbin/nologin\nlimpid:x:{USER}:{USER}:limpid:/var/lib/limpid:/usr/sbin/nologin\n"
    );
    tree.file("etc/passwd", 0o644, passwd);
    tree.file("etc/group", 0o644, format!("root:x:0:\nlimpid:x:{USER}:\n"));
    tree.directory("tmp", 0o1777, 0);
    let trusted = trusted(&tree)?;
    tree.file("etc/ssl/certs/ca-certificates.crt", 0o644, trusted);
    Ok(tree)
}

fn is_wanted(path: &str) -> bool {
    path.ends_with("/copyright") || !LEFT_OUT.iter().any(|left_out| path.starts_with(left_out))
}

/// What `update-ca-certificates` would write.
fn trusted(tree: &Tree) -> anyhow::Result<Vec<u8>> {
    let certificates = tree.files().filter(|(path, _)| path.starts_with("usr/share/ca-certificates/"));
    let trusted: Vec<u8> = certificates.flat_map(|(_, bytes)| bytes).copied().collect();
    if trusted.is_empty() {
        bail!("Debian's package `ca-certificates` has no certificates where they were expected");
    }
    Ok(trusted)
}

fn plugins(installed: &Tree) -> Tree {
    let mut tree = Tree::default();
    for (path, bytes) in installed.files().filter(|(path, _)| path.starts_with("usr/lib/limpid/")) {
        tree.file(path, 0o644, bytes);
    }
    tree
}

fn program(workspace: &Workspace, installed: &Tree) -> anyhow::Result<Tree> {
    let mut tree = Tree::default();
    for (path, bytes) in installed.files().filter(|(path, _)| path.starts_with("usr/bin/")) {
        tree.file(path, 0o755, bytes);
    }
    let root = workspace.root();
    tree.copy("etc/limpid/limpid.toml", 0o644, &root.join("deploy/docker/limpid.toml"))?;
    tree.copy("usr/share/doc/limpid/LICENSE", 0o644, &root.join("LICENSE"))?;
    for (path, bytes) in installed.files().filter(|(path, _)| path.ends_with("/sbom.cdx.json")) {
        tree.file(path, 0o644, bytes);
    }
    tree.directory("var/lib/limpid", 0o700, USER);
    Ok(tree)
}

fn config(build: &Build, diff_ids: &[String], history: &[Value]) -> Value {
    json!({
        "architecture": build.machine.debian,
        "os": "linux",
        "created": build.time,
        "config": {
            "User": format!("{USER}:{USER}"),
            "Env": [
                "PATH=/usr/bin",
                "LIMPID_SETTINGS=/etc/limpid/limpid.toml",
                "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
            ],
            "Entrypoint": ["/usr/bin/limpid"],
            "Cmd": ["serve"],
            "ExposedPorts": { "6060/tcp": {} },
            "Volumes": { "/var/lib/limpid": {} },
            "WorkingDir": "/var/lib/limpid",
            "StopSignal": "SIGTERM",
            "Labels": labels(build),
        },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "history": history,
    })
}

/// [Annotations](https://github.com/opencontainers/image-spec/blob/main/annotations.md) that image and index have.
fn labels(build: &Build) -> Value {
    json!({
        "org.opencontainers.image.title": "Limpid",
        "org.opencontainers.image.description": "Scans container images for published vulnerabilities",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.source": build.repository,
        "org.opencontainers.image.revision": build.commit,
        "org.opencontainers.image.version": build.version,
    })
}

fn manifest(config: &str, layers: &[Vec<u8>]) -> Value {
    let layer = |bytes: &Vec<u8>| descriptor("application/vnd.oci.image.layer.v1.tar+gzip", bytes);
    json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", config.as_bytes()),
        "layers": layers.iter().map(layer).collect::<Vec<_>>(),
    })
}

fn layout(build: &Build, config: &str, manifest: &str, layers: &[Vec<u8>]) -> anyhow::Result<Tree> {
    let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", manifest.as_bytes());
    if let Some(entry) = entry.as_object_mut() {
        entry.insert("platform".into(), json!({ "architecture": build.machine.debian, "os": "linux" }));
        let name = format!("limpid:{}", build.version);
        entry.insert(
            "annotations".into(),
            json!({ "org.opencontainers.image.ref.name": build.version, "io.containerd.image.name": name }),
        );
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry],
    });
    let mut tree = Tree::default();
    tree.file("oci-layout", 0o644, r#"{"imageLayoutVersion":"1.0.0"}"#);
    tree.file("index.json", 0o644, index.to_string());
    let documents = [config.as_bytes(), manifest.as_bytes()];
    for bytes in documents.into_iter().chain(layers.iter().map(Vec::as_slice)) {
        tree.file(&format!("blobs/sha256/{}", hex::encode(Sha256::digest(bytes))), 0o644, bytes);
    }
    Ok(tree)
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(bytes), "size": bytes.len() })
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}
