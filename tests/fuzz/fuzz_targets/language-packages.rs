//! Reads records of packages of languages and lock files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use limpid_detector_conan::Conan;
use limpid_detector_conda::Conda;
use limpid_detector_dart::Dart;
use limpid_detector_dotnet::Dotnet;
use limpid_detector_haskell::Haskell;
use limpid_detector_hex::Hex;
use limpid_detector_homebrew::Homebrew;
use limpid_detector_julia::Julia;
use limpid_detector_luarocks::LuaRocks;
use limpid_detector_nix::Nix;
use limpid_detector_opam::Opam;
use limpid_detector_perl::Perl;
use limpid_detector_php::Php;
use limpid_detector_r::R;
use limpid_detector_ruby::Ruby;
use limpid_detector_swift::Swift;
use limpid_detector_wordpress::WordPress;
use limpid_fuzz::contract::{check_detector, files};

const RUBY: &[&str] = &[
    "gems/specifications/a-1.gemspec",
    "bundle/bundler/gems/a-0123/a.gemspec",
    "bundle/bundler/gems/a-0123/b/b.gemspec",
    "app/Gemfile.lock",
];

const PHP: &[&str] = &["vendor/composer/installed.json", "composer.lock"];

const DOTNET: &[&str] = &["app/a.deps.json", "app/packages.lock.json", "app/a"];

const R_FILES: &[&str] = &["library/a/DESCRIPTION", "app/renv.lock"];

const CONDA: &[&str] = &["conda-meta/a-1-0.json"];

const SWIFT: &[&str] = &["Package.resolved"];

const DART: &[&str] = &["pubspec.lock"];

const HEX: &[&str] = &["a/ebin/a.app", "mix.lock", "rebar.lock"];

const HASKELL: &[&str] = &["package.conf.d/a.conf", "cabal.project.freeze", "stack.yaml.lock"];

const JULIA: &[&str] = &["packages/a/b/Project.toml", "app/Manifest.toml"];

const LUAROCKS: &[&str] = &["rocks/a/1-1/a-1-1.rockspec"];

const PERL: &[&str] = &[
    "lib/.meta/A-1/install.json",
    "lib/.meta/A-1/MYMETA.json",
    "lib/perllocal.pod",
    "lib/auto/A/.packlist",
    "app/cpanfile.snapshot",
];

const OPAM: &[&str] = &[".opam-switch/switch-state", ".opam-switch/packages/a.1/opam", "app/opam.locked"];

const CONAN: &[&str] = &["home/.conan2/p/cache.sqlite3", "app/conan.lock"];

const HOMEBREW: &[&str] = &["Cellar/a/1/INSTALL_RECEIPT.json", "Cellar/a/1/.brew/a.rb"];

const WORDPRESS: &[&str] = &["wp-content/plugins/a/a.php", "wp-content/themes/a/style.css"];

const NIX: &[&str] = &[
    "nix/var/nix/db/db.sqlite",
    "nix/var/nix/db/db.sqlite-wal",
    "nix/store/s5y59989wqkryinpic8gj8x26zdkr4sf-profile/manifest.json",
    "nix/store/s5y59989wqkryinpic8gj8x26zdkr4sf-a-1/bin/a",
];

fuzz_target!(|data: &[u8]| {
    check_detector::<Ruby>(&files(data, RUBY));
    check_detector::<Php>(&files(data, PHP));
    check_detector::<Dotnet>(&files(data, DOTNET));
    check_detector::<R>(&files(data, R_FILES));
    check_detector::<Conda>(&files(data, CONDA));
    check_detector::<Swift>(&files(data, SWIFT));
    check_detector::<Dart>(&files(data, DART));
    check_detector::<Hex>(&files(data, HEX));
    check_detector::<Haskell>(&files(data, HASKELL));
    check_detector::<Julia>(&files(data, JULIA));
    check_detector::<LuaRocks>(&files(data, LUAROCKS));
    check_detector::<Perl>(&files(data, PERL));
    check_detector::<Opam>(&files(data, OPAM));
    check_detector::<Conan>(&files(data, CONAN));
    check_detector::<Homebrew>(&files(data, HOMEBREW));
    check_detector::<WordPress>(&files(data, WORDPRESS));
    check_detector::<Nix>(&files(data, NIX));
});
