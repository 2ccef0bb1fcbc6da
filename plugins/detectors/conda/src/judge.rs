//! Generated records, written and read by rattler, the library of pixi and of mamba's successors, and read by this
//! detector.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::{env, fs};

use limpid_plugin_sdk::detector::{Detector as _, File, Reason};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::Conda;

/// How many records are written.
const CASES: usize = 2000;

/// Reads a record from each line, writes it as an installation does, and prints what it says, with what was written.
const LIST: &str = r#"
import json, pathlib, sys, tempfile
import rattler
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "record.json"
    for line in sys.stdin:
        path.write_text(line)
        record = rattler.PrefixRecord.from_path(path)
        record.write_to_path(path, True)
        said = [str(it or "") for it in (record.name.normalized, record.version, record.build, record.subdir, record.license)]
        print(json.dumps([said, bool(record.requested_specs), path.read_text()]))
"#;

fn record() -> impl Strategy<Value = String> {
    let name = "[a-z][a-z0-9._-]{0,6}[a-z0-9]";
    let version = "([1-9]!)?[0-9]{1,4}(\\.[0-9]{1,2}){0,3}(rc1|\\.post2|a|dev)?(\\+[0-9]{1,2})?";
    let subdir = prop::sample::select(vec!["linux-64", "noarch", "osx-arm64"]);
    let channel = prop::sample::select(vec![
        "https://conda.anaconda.org/conda-forge",
        "https://repo.anaconda.com/pkgs/main",
    ]);
    let odd = (any::<[bool; 3]>(), "[A-Za-z0-9][A-Za-z0-9 .-]{1,11}[a-z]");
    (name, version, "[a-z0-9]{1,8}_[0-9]", subdir, channel, odd).prop_map(
        |(name, version, build, subdir, channel, (odd, license))| {
            let file = format!("{name}-{version}-{build}.{}", if odd[0] { "conda" } else { "tar.bz2" });
            let mut record = serde_json::json!({
                "name": name, "version": version, "build": build, "build_number": 0, "subdir": subdir, "depends": [],
                "channel": format!("{channel}/{subdir}"), "fn": file, "url": format!("{channel}/{subdir}/{file}"),
                "files": [], "paths_data": { "paths": [], "paths_version": 1 },
            });
            if odd[1] {
                record["license"] = license.into();
            }
            if odd[2] {
                record["requested_specs"] = serde_json::json!([name]);
            }
            record.to_string() + "\n"
        },
    )
}

#[test]
#[ignore = "starts Python; `cargo xtask verify detectors` runs it"]
fn what_rattler_reads_is_what_is_found() {
    let place = env::temp_dir().join(format!("limpid-conda-{}", std::process::id()));
    let python = place.join("bin/python3");
    for (program, arguments) in [
        ("python3".into(), vec!["-m".into(), "venv".into(), place.clone().into_os_string()]),
        (python.clone(), ["-m", "pip", "install", "--quiet", "py-rattler==0.28.0"].map(Into::into).to_vec()),
    ] {
        let status = Command::new(&program).args(arguments).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "{}: Debian's `python3-venv` has it",
            program.display()
        );
    }
    let mut runner = TestRunner::deterministic();
    let lines: Vec<_> = (0..CASES).map(|_| record().new_tree(&mut runner).unwrap().current()).collect();
    let mut child = Command::new(&python)
        .args(["-c", LIST])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer =
        std::thread::spawn(move || lines.iter().for_each(|line| input.write_all(line.as_bytes()).unwrap()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    fs::remove_dir_all(&place).unwrap();
    assert!(output.status.success());
    let mut records = 0;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let (said, is_requested, written): ([String; 5], bool, String) = serde_json::from_str(line).unwrap();
        let report = Conda::detect(&[File::in_memory("conda-meta/a.json", written.as_str())]).unwrap();
        assert_eq!(report.unread, [], "{written}");
        let package = report.packages().next().unwrap();
        let [name, version, build, subdir, license] = said;
        assert_eq!(
            (&package.name, &package.version, package.arch.as_ref()),
            (&name, &version, Some(&subdir))
        );
        assert_eq!(package.licenses.concat(), license, "{written}");
        assert!(package.purl.contains(&format!("build={build}&")), "{written}");
        assert_eq!(package.reason == Some(Reason::Requested), is_requested, "{written}");
        records += 1;
    }
    assert_eq!(records, CASES);
    println!("{records} records are read as rattler reads them");
}
