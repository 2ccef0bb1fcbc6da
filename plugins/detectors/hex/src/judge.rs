//! Applications of Erlang and Elixir and generated lock files, read by Erlang and Elixir and by this detector.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use limpid_plugin_sdk::detector::{Detector as _, Evidence, File};

use crate::Hex;

/// How many lock files of each kind are written, and how many packages each names.
const LOCKS: usize = 50;
const PACKAGES: usize = 40;

/// Prints name and version of all applications that are there; then writes lock files of Mix by Mix itself, and of rebar as
/// it prints terms, and prints what they name.
const LIST: &str = r##"
Application.ensure_all_started(:mix)
defmodule Limpid.MixProject do
  use Mix.Project
  def project, do: [app: :limpid, version: "1.0.0"]
end
[folder, locks, packages] = System.argv()
for root <- [:code.lib_dir(), Path.dirname(:code.lib_dir(:elixir))], path <- Path.wildcard("#{root}/*/ebin/*.app") do
  {:ok, [{:application, name, properties}]} = :file.consult(path)
  IO.puts("#{path}\t#{name}\t#{properties[:vsn]}")
end
:rand.seed(:exsss, {1, 2, 3})
letters = fn count -> for _ <- 1..count, into: "", do: <<Enum.random(~c"abcdefghij_")>> end
for index <- 1..String.to_integer(locks) do
  lock = for number <- 1..String.to_integer(packages) do
    name = "p" <> letters.(:rand.uniform(25)) <> "#{number}"
    version = "#{:rand.uniform(20)}.#{:rand.uniform(20)}.#{:rand.uniform(20)}" <> Enum.random(["", "-rc.1", "-dev+1"])
    {name, version, Enum.random([:hex, :hex, :git]), letters.(20)}
  end
  mix = Path.join(folder, "#{index}/mix.lock")
  File.mkdir_p!(Path.dirname(mix))
  entries = Map.new(lock, fn
    {name, version, :hex, hash} ->
      {String.to_atom(name), {:hex, String.to_atom(name), version, hash, [:mix], [{:a, "~> 1.0", [hex: :a, optional: false]}], "hexpm", hash}}
    {name, _, :git, hash} -> {String.to_atom(name), {:git, "https://example.org/#{name}.git", hash, [branch: "main"]}}
  end)
  # It writes where a project is.
  File.cd!(Path.dirname(mix), fn -> Mix.Dep.Lock.write(entries) end)
  rebar = Path.join(folder, "#{index}/rebar.lock")
  terms = for {name, version, kind, hash} <- lock do
    source = if kind == :hex, do: {:pkg, name, version}, else: {:git, ~c"https://example.org/#{name}.git", {:ref, to_charlist(hash)}}
    {name, source, :rand.uniform(3) - 1}
  end
  hashes = for {name, _, :hex, hash} <- lock, do: {name, hash}
  File.write!(rebar, [:io_lib.format(~c"~p.~n", [{~c"1.2.0", terms}]), :io_lib.format(~c"~p.~n", [[pkg_hash: hashes]])])
  for path <- [mix, rebar], {name, version, kind, hash} <- lock do
    IO.puts("#{path}\t#{name}\t#{if kind == :hex, do: version, else: hash}")
  end
end
"##;

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
#[ignore = "starts Elixir; `cargo xtask verify detectors` runs it"]
fn what_erlang_reads_is_what_is_found() {
    let folder = Folder(std::env::temp_dir().join(format!("limpid-hex-{}", std::process::id())));
    fs::create_dir_all(&folder.0).unwrap();
    let script = folder.0.join("list.exs");
    fs::write(&script, LIST).unwrap();
    let output = Command::new("elixir")
        .arg(&script)
        .arg(&folder.0)
        .args([LOCKS, PACKAGES].map(|count| count.to_string()))
        .stdin(Stdio::null())
        .output()
        .expect("elixir cannot be run: it is in Debian's package `elixir`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut expected = std::collections::BTreeMap::<&str, Vec<(String, String)>>::new();
    for line in text.lines() {
        let [path, name, version] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        expected.entry(path).or_default().push((name.to_owned(), version.to_owned()));
    }
    let (mut applications, mut locked) = (0, 0);
    for (path, mut expected) in expected {
        let file = File::in_memory(path.trim_start_matches('/'), fs::read(path).unwrap());
        let report = Hex::detect(&[file]).unwrap();
        assert_eq!(report.unread, [], "{path}");
        let mut found: Vec<_> = report.packages().map(|it| (it.name.clone(), it.version.clone())).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{path}");
        applications += report.packages().filter(|it| it.evidence == Evidence::Installed).count();
        locked += report.packages().filter(|it| it.evidence == Evidence::Declared).count();
    }
    assert!(applications > 10 && locked == 2 * LOCKS * PACKAGES, "{applications}, {locked}");
    println!(
        "{applications} applications and {locked} packages in lock files are read as Erlang and Elixir read them"
    );
}
