use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use limpid_pack::{DEBIAN_PACKAGES, Toolchain};

use crate::browser;
use crate::command::{command, find, output};
use crate::programs::{IMAGE_TOOLS, has_docker_registry, has_promtool, has_rabbitmq, missing_image_tools};

/// Something that the build needs from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// As it stands in a sentence.
    pub(super) name: &'static str,
    /// The Debian packages that bring it.
    pub(super) debian: &'static [&'static str],
}

/// The name of the need for a compiler of plugins, which rustup may fill as well as Debian.
pub(super) const WASM: &str = "a Rust toolchain for WebAssembly";

/// What is not there.
pub(super) fn missing() -> Vec<Need> {
    let need = |there: bool, name, debian| (!there).then_some(Need { name, debian });
    [
        need(has_cxx(), "a C++ compiler", &["g++"] as &[_]),
        need(find("make").is_some(), "make", &["make"]),
        need(find("cmake").is_some(), "cmake", &["cmake"]),
        need(has_autotools(), "nasm and the autotools", &["nasm", "autoconf", "automake", "libtool"]),
        need(has_libclang(), "libclang", &["libclang-dev"]),
        need(Toolchain::find().is_ok(), WASM, DEBIAN_PACKAGES),
        need(can_type(), "curl, openssl and script", &["curl", "openssl", "bsdutils"]),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What only some tests need (`cargo xtask test-with`).
pub(super) fn missing_in_tests() -> Vec<Need> {
    let need = |there: bool, name, debian| (!there).then_some(Need { name, debian });
    [
        need(has_rabbitmq(), "RabbitMQ", &["rabbitmq-server"] as &[_]),
        need(has_docker_registry(), "docker-registry", &["docker-registry"]),
        need(has_promtool(), "promtool", &["prometheus"]),
        need(browser::is_there(), "Chromium", &["chromium"]),
        need(missing_image_tools().is_none(), "tools that write images", &IMAGE_TOOLS),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `a, b and c`.
pub(super) fn names(needs: &[Need]) -> String {
    let names: Vec<&str> = needs.iter().map(|need| need.name).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Whether the commands of the documentation can be typed into a terminal, as tests do.
fn can_type() -> bool {
    ["curl", "openssl", "script"].iter().all(|program| find(program).is_some())
}

fn has_cxx() -> bool {
    match env::var("CXX") {
        Ok(compiler) => compiler.split_whitespace().next().is_some_and(|program| find(program).is_some()),
        Err(_) => ["c++", "g++", "clang++"].iter().any(|program| find(program).is_some()),
    }
}

/// What ISA-L is built with, where it is.
fn has_autotools() -> bool {
    let is_needed = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    !is_needed || ["nasm", "autoreconf", "libtoolize"].iter().all(|program| find(program).is_some())
}

/// Looks where the build script of RocksDB's crate looks, by way of `clang-sys`. Beside the
/// library, its own headers must be there: other packages bring the library alone.
fn has_libclang() -> bool {
    if env::var_os("LIBCLANG_PATH").is_some() {
        return true;
    }
    let folders = library_folders();
    folders.iter().any(|folder| holds(folder, is_libclang))
        && folders.iter().any(|folder| !children(&folder.join("clang")).is_empty())
}

fn library_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/opt/llvm/lib"].map(PathBuf::from).into();
    for parent in ["/usr/lib", "/usr/local"] {
        for child in children(Path::new(parent)) {
            let name = child.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("llvm") {
                folders.push(child.join("lib"));
            } else if name.ends_with("-linux-gnu") {
                folders.push(child);
            }
        }
    }
    let config = env::var("LLVM_CONFIG_PATH").unwrap_or_else(|_| "llvm-config".to_owned());
    if find(&config).is_some()
        && let Ok(folder) = output(command(&config).arg("--libdir"))
    {
        folders.push(folder.trim().into());
    }
    folders
}

fn is_libclang(name: &str) -> bool {
    let versioned =
        name.starts_with("libclang-") && name.contains(".so") && !name.starts_with("libclang-cpp");
    versioned || name.starts_with("libclang.so") || name == "libclang.dylib"
}

fn holds(folder: &Path, wanted: fn(&str) -> bool) -> bool {
    children(folder).iter().filter_map(|path| path.file_name()?.to_str()).any(wanted)
}

/// What is in a folder; nothing where it is not there.
fn children(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_told_from_those_that_are_named_alike() {
        let check = |name: &str, expected: bool| assert_eq!(is_libclang(name), expected, "{name}");
        check("libclang.so", true);
        check("libclang.so.1", true);
        check("libclang-14.so.14.0.6", true);
        check("libclang.dylib", true);
        check("libclang-cpp.so.14", false);
        check("libclang.a", false);
        check("libclangBasic.so", false);
    }

    #[test]
    fn names_read_as_a_list() {
        let need = |name| Need { name, debian: &[] };
        assert_eq!(names(&[]), "");
        assert_eq!(names(&[need("a")]), "a");
        assert_eq!(names(&[need("a"), need("b"), need("c")]), "a, b and c");
    }
}
