//! Generated folders, read by this detector and by Python itself.

mod managers;

use std::io::Write as _;
use std::process::{Command, Stdio};

use limpid_plugin_sdk::detector::{Detector as _, File};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::{Python, normalised};

/// How many folders are read.
const CASES: usize = 2000;

/// Lays the files of each line, lists what `importlib.metadata` finds, and says which bytes an egg has become.
const LIST: &str = r#"
import importlib.metadata, io, json, pathlib, sys, tempfile, zipfile
for line in sys.stdin:
    files, eggs = json.loads(line)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        zips = {}
        for path, members in eggs.items():
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if len(path) % 2 else zipfile.ZIP_STORED) as egg:
                for member, text in members.items():
                    egg.writestr(member, text)
            (root / path).write_bytes(out.getvalue())
            zips[path] = out.getvalue().hex()
        search = [folder] + [str(path) for path in root.glob("*.egg")]
        found = importlib.metadata.distributions(path=search)
        print(json.dumps([sorted([str(it.metadata["Name"]), str(it.version)] for it in found), zips]))
"#;

type Files = std::collections::BTreeMap<String, String>;

fn text() -> impl Strategy<Value = String> {
    let name = "[A-Za-z][A-Za-z0-9]{0,3}([._-]{1,2}[a-z0-9])?";
    let version = "[0-9](\\.[0-9]{1,2}){0,2}(rc1|\\.post2|\\+cpu)?";
    (name, version, any::<[bool; 6]>()).prop_map(|(name, version, odd)| {
        let end = if odd[0] { "\r\n" } else { "\n" };
        let mut lines = vec!["Metadata-Version: 2.1".to_owned()];
        if odd[1] {
            lines.push("Summary: one\n        Version: 9\n\tand: more".to_owned());
        }
        lines.push(format!(
            "{}:{}{name}",
            if odd[2] { "NAME" } else { "Name" },
            if odd[3] { " " } else { "" }
        ));
        lines.push(format!("Version: {version}"));
        if odd[4] {
            lines.push("Version: 8\nName: other".to_owned());
        }
        if odd[5] {
            lines.push("\nName: of the description\nVersion: 7".to_owned());
        }
        lines.join(end) + end
    })
}

/// A folder of files and of eggs that are zips, each with its members.
fn folder() -> impl Strategy<Value = (Files, std::collections::BTreeMap<String, Files>)> {
    let kind = 0_u8..9;
    prop::collection::vec((kind, text(), text()), 0..5).prop_map(|distributions| {
        let (mut files, mut eggs) = (Files::new(), std::collections::BTreeMap::new());
        for (number, (kind, text, other)) in distributions.into_iter().enumerate() {
            let mut put = |path: &str, text: &str| {
                files.insert(path.replace('#', &number.to_string()), text.to_owned())
            };
            match kind {
                0 => _ = put("a#-1.0.dist-info/METADATA", &text),
                1 => _ = put("a#-1.0.dist-info/PKG-INFO", &text),
                2 => _ = put("a#-1.0-py3.11.egg-info/METADATA", &text),
                3 => _ = put("a#.egg-info/PKG-INFO", &text),
                4 => _ = put("a#-1.0.egg-info", &text),
                5 => _ = put("a#-1.0-py3.8.egg/EGG-INFO/PKG-INFO", &text),
                6 => {
                    put("a#-1.0.dist-info/METADATA", &text);
                    put("a#-1.0.dist-info/PKG-INFO", &other);
                }
                7 => {
                    put("a#-1.0.egg-info/METADATA", "");
                    put("a#-1.0.egg-info/PKG-INFO", &text);
                }
                _ => {
                    let members =
                        [("EGG-INFO/PKG-INFO".to_owned(), text), ("x.py".to_owned(), String::new())];
                    eggs.insert(format!("a{number}-1.0.egg"), members.into());
                }
            }
        }
        (files, eggs)
    })
}

#[test]
#[ignore = "starts Python; `cargo xtask verify detectors` runs it"]
fn what_importlib_lists_is_what_is_found() {
    let mut runner = TestRunner::deterministic();
    let folders: Vec<_> = (0..CASES).map(|_| folder().new_tree(&mut runner).unwrap().current()).collect();
    let mut python = Command::new("python3")
        .args(["-c", LIST])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 cannot be run: it is in Debian's package `python3`");
    let mut input = python.stdin.take().unwrap();
    let lines: Vec<_> = folders.iter().map(|folder| serde_json::to_string(folder).unwrap() + "\n").collect();
    let writer =
        std::thread::spawn(move || lines.iter().for_each(|line| input.write_all(line.as_bytes()).unwrap()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answers.lines().count(), CASES);
    let mut packages = 0;
    for (answer, (files, eggs)) in answers.lines().zip(&folders) {
        let (expected, zips): (Vec<(String, String)>, Files) = serde_json::from_str(answer).unwrap();
        let path = |path: &String| format!("usr/lib/python3.11/site-packages/{path}");
        let mut shown: Vec<_> =
            files.iter().map(|(name, text)| File::in_memory(path(name), text.as_str())).collect();
        shown.extend(zips.iter().map(|(name, hex)| File::in_memory(path(name), bytes(hex))));
        let report = Python::detect(&shown).unwrap();
        assert_eq!(report.unread, [], "{files:#?} {eggs:#?}");
        let mut found: Vec<_> = report.packages().map(|it| (it.name.clone(), it.version.clone())).collect();
        found.sort();
        let mut expected: Vec<_> =
            expected.into_iter().map(|(name, version)| (normalised(&name), version)).collect();
        expected.sort();
        assert_eq!(found, expected, "{files:#?} {eggs:#?}");
        packages += found.len();
    }
    println!("{CASES} folders with {packages} packages are read as Python reads them");
}

fn bytes(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
