//! Specifications that RubyGems writes, and generated lock files, read by this detector, and by RubyGems and Bundler.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::{env, fs};

use limpid_plugin_sdk::detector::{Detector as _, File, Package, Reason, Report};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::Ruby;

/// How many specifications are written.
const CASES: usize = 3000;

/// Writes a specification for each line into the folder, as an installation does, and prints what RubyGems then lists,
/// with what it lists of its own.
const LIST: &str = r##"
require "rubygems"
require "json"
folder = ARGV[0]
STDIN.each_line do |line|
  name, version, platform, licenses = JSON.parse(line)
  gem = Gem::Specification.new do |s|
    s.name, s.version, s.summary, s.authors, s.files = name, version, "s", ["a"], []
    s.platform = platform
    s.licenses = licenses
  end
  File.write(File.join(folder, "specifications", "#{gem.full_name}.gemspec"), gem.to_ruby_for_cache)
end
print_all = lambda do |specs|
  specs.each do |s|
    puts JSON.generate([s.loaded_from, s.name, s.version.to_s, s.platform.to_s, s.licenses])
  end
end
own = Gem::Specification.dirs.flat_map { |dir| Dir[File.join(dir, "{,default/}*.gemspec")] }
print_all.call((own + Dir[File.join(folder, "specifications", "*.gemspec")]).map { |path| Gem::Specification.load(path) })
# The list of a folder, by the comments alone.
Gem::Specification.dirs = folder
Gem::Specification.stubs.each do |s|
  next unless s.loaded_from.start_with?(folder)
  puts JSON.generate([s.loaded_from, s.name, s.version.to_s, s.platform.to_s, nil])
end
"##;

/// How many lock files are written.
const LOCKS: usize = 300;

/// Prints what Bundler reads in the lock files below a folder.
const LOCKED: &str = r##"
require "bundler"
require "json"
Dir.chdir(ARGV[0])
Dir["*.lock"].each do |path|
  lock = Bundler::LockfileParser.new(File.read(path))
  rows = lock.specs.map { |s| [s.name, s.version.to_s, s.platform.to_s, lock.dependencies.key?(s.name)] }
  puts JSON.generate([path, rows])
end
"##;

type Row = (String, String, String, String, Option<Vec<String>>);

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
#[ignore = "starts Ruby; `cargo xtask verify detectors` runs it"]
fn what_rubygems_lists_is_what_is_found() {
    let folder = Folder(env::temp_dir().join(format!("limpid-ruby-{}", std::process::id())));
    fs::create_dir_all(folder.0.join("specifications")).unwrap();
    let mut runner = TestRunner::deterministic();
    let gem = (
        "[A-Za-z][A-Za-z0-9_-]{0,5}[a-z0-9]",
        "[0-9]{1,3}(\\.[0-9]{1,2}){0,3}(\\.(pre|rc1|beta\\.2))?",
        prop::sample::select(vec![
            "ruby",
            "java",
            "x86_64-linux",
            "arm64-darwin-22",
            "x64-mingw-ucrt",
            "x86_64-linux-musl",
        ]),
        prop::collection::vec("[A-Za-z0-9.+ -]{1,9}|\"\\PC{1,9}\"|a#\\{b\\}é\t'", 0..3),
    );
    let lines: Vec<_> = (0..CASES)
        .map(|_| serde_json::to_string(&gem.new_tree(&mut runner).unwrap().current()).unwrap() + "\n")
        .collect();
    let mut ruby = Command::new("ruby")
        .args(["-e", LIST])
        .arg(&folder.0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ruby cannot be run: it is in Debian's package `ruby`");
    let mut input = ruby.stdin.take().unwrap();
    let writer =
        std::thread::spawn(move || lines.iter().for_each(|line| input.write_all(line.as_bytes()).unwrap()));
    let output = ruby.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let (mut gems, mut own) = (0, 0);
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (path, name, version, platform, licenses): Row = serde_json::from_str(line).unwrap();
        let file = File::in_memory(path.trim_start_matches('/'), fs::read(&path).unwrap());
        let report = Ruby::detect(&[file]).unwrap();
        assert_eq!(report.unread, [], "{path}");
        let expected = (name, version, platform, licenses.clone());
        assert_eq!(row(&report, licenses.is_some()), expected, "{path}");
        gems += 1;
        own += usize::from(!path.starts_with(folder.0.to_str().unwrap()));
    }
    assert!(gems > CASES && own > 50, "{gems} gems, of which {own} are installed");
    let locked = check_locks(&folder, &mut runner);
    println!(
        "{locked} gems in lock files are read as Bundler reads them, and {gems} specifications, of which {own} are Ruby's own, are read as RubyGems reads them"
    );
}

fn lock() -> impl Strategy<Value = String> {
    let gem = (
        "[a-z][a-z0-9_-]{0,5}[a-z]",
        "[0-9]{1,2}(\\.[0-9]{1,2}){0,3}(\\.rc1)?(-(java|x86_64-linux|arm64-darwin-22))?",
        prop::sample::select(vec!["", "      dependency (>= 1.0, < 2)\n      other\n"]),
    );
    let section = (0_u8..3, prop::collection::vec(gem, 0..6));
    (prop::collection::vec(section, 1..4), any::<bool>()).prop_map(|(sections, has_end)| {
        let (mut text, mut asked, mut number) = (String::new(), Vec::new(), 0);
        for (kind, gems) in sections {
            text.push_str(match kind {
                0 => "GEM\n  remote: https://rubygems.org/\n  specs:\n",
                1 => "GIT\n  remote: https://example.org/a.git\n  revision: 0a1b\n  specs:\n",
                _ => "PATH\n  remote: engines/a\n  specs:\n",
            });
            for (name, version, more) in gems {
                number += 1;
                text.push_str(&format!("    {name}{number} ({version})\n{more}"));
                if number % 3 == 0 {
                    asked.push(format!("  {name}{number}{}\n", ["", " (~> 1.0)", "!"][number % 9 / 3]));
                }
            }
            text.push('\n');
        }
        text.push_str("PLATFORMS\n  ruby\n\nDEPENDENCIES\n");
        text.push_str(&asked.concat());
        text + if has_end { "\nRUBY VERSION\n   ruby 3.1.2p20\n\nBUNDLED WITH\n   2.3.15\n" } else { "" }
    })
}

/// How many gems both read in lock files.
fn check_locks(folder: &Folder, runner: &mut TestRunner) -> usize {
    fs::write(folder.0.join("Gemfile"), "").unwrap();
    for number in 0..LOCKS {
        fs::write(folder.0.join(format!("{number}.lock")), lock().new_tree(runner).unwrap().current())
            .unwrap();
    }
    let output =
        Command::new("ruby").args(["-e", LOCKED]).arg(&folder.0).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "Debian's package `ruby-bundler` has what is run");
    let (mut files, mut gems) = (0, 0);
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (path, mut expected): (String, Vec<(String, String, String, bool)>) =
            serde_json::from_str(line).unwrap();
        let text = fs::read_to_string(folder.0.join(path)).unwrap();
        let report = Ruby::detect(&[File::in_memory("app/Gemfile.lock", text.as_str())]).unwrap();
        assert_eq!(report.unread, [], "{text}");
        let row = |it: &Package| {
            let platform = it.arch.clone().unwrap_or_else(|| "ruby".to_owned());
            (it.name.clone(), it.version.clone(), platform, it.reason == Some(Reason::Requested))
        };
        let mut found: Vec<_> = report.packages().map(row).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{text}");
        files += 1;
        gems += found.len();
    }
    assert!(files == LOCKS && gems > LOCKS, "{files}, {gems}");
    gems
}

fn row(report: &Report, has_licenses: bool) -> (String, String, String, Option<Vec<String>>) {
    let package = report.packages().next().unwrap();
    let platform = package.arch.clone().unwrap_or_else(|| "ruby".to_owned());
    (package.name.clone(), package.version.clone(), platform, has_licenses.then(|| package.licenses.clone()))
}
