use limpid_lockfile::{MAX_FILE, MAX_PACKAGES};
use limpid_plugin_sdk::detector::{Evidence, Package, Scope};
use proptest::prelude::*;

use super::*;

/// What a file declares, and why not all of it could be read.
fn read_file(path: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let file = File::in_memory(path, text);
    let mut report = Report::default();
    if let Err(error) = read(Kind::of(path).unwrap(), &file, &mut report) {
        report.unread(path, error);
    }
    let word = |package: &Package| {
        assert_eq!(package.evidence, Evidence::Declared);
        // What is not PyPI's says so, and is not judged by PyPI's advisories.
        let of =
            |wanted: &str| package.qualifiers.iter().find(|(key, _)| key == wanted).map(|(_, value)| value);
        let namespace = if of("source").is_some() { "pypi:elsewhere" } else { "pypi" };
        assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()), "{}", package.purl);
        let local = if of("source").is_some_and(|source| source == "local") { " (local)" } else { "" };
        let edited = if of("editable").is_some() { " (edited)" } else { "" };
        format!("{}{local}{edited}", package.purl.replace("pkg:pypi/", "").replace("%2F", "/"))
    };
    let packages = report.packages().map(word).collect();
    (packages, report.unread.iter().map(|unread| unread.error.to_string()).collect())
}

fn check(path: &str, text: &str, expected: &[&str]) {
    let (packages, unread) = read_file(path, text);
    assert_eq!((packages.as_slice(), unread.as_slice()), (&expected.map_strings()[..], &[][..]), "{path}");
}

trait Strings {
    fn map_strings(&self) -> Vec<String>;
}

impl Strings for &[&str] {
    fn map_strings(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_owned()).collect()
    }
}

/// What packages of a file need, those that say it.
fn needs(path: &str, text: &str) -> Vec<String> {
    let mut report = Report::default();
    read(Kind::of(path).unwrap(), &File::in_memory(path, text), &mut report).unwrap();
    let word = |needed: &Requirement| match &needed.version {
        Some(version) => format!("{} {version}", needed.name),
        None => needed.name.clone(),
    };
    let line = |package: &Package| {
        let needed: Vec<_> = package.requires.as_ref()?.iter().map(word).collect();
        Some(format!("{}: {}", package.name, needed.join(", ")))
    };
    report.packages().filter_map(line).collect()
}

#[test]
fn packages_of_lock_files_need_their_dependencies_but_for_those_of_extras() {
    let poetry = r#"
[[package]]
name = "A"
version = "1.0"

[package.dependencies]
B_b = ">=1"
c = {version = "*", optional = true, markers = "extra == 'c'"}
d = [{version = "<2", markers = "python_version < '3.8'"}, {version = ">=2", optional = true}]

[package.extras]
c = ["c"]

[[package]]
name = "b-b"
version = "1.0"

[metadata]
lock-version = "2.0"
"#;
    assert_eq!(needs("poetry.lock", poetry), ["a: b-b, d", "b-b: "]);
    let uv = r#"version = 1

[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "b", version = "2.0", source = { registry = "https://pypi.org/simple" }, marker = "sys_platform == 'x'" },
    { name = "C.c" },
]

[package.optional-dependencies]
x = [{ name = "d" }]

[[package]]
name = "b"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
"#;
    assert_eq!(needs("uv.lock", uv), ["a: b 2.0, c-c", "b: "]);
    let pdm = r#"
[[package]]
name = "a"
version = "1.0"
dependencies = ["B>=1; python_version < \"3.8\"", "c[x]==2.0"]

[[package]]
name = "a"
version = "1.0"
extras = ["x"]
dependencies = ["a==1.0", "d"]

[[package]]
name = "e"
version = "1.0"
dependencies = [1]
"#;
    assert_eq!(needs("pdm.lock", pdm), ["a: a, b, c, d"]);
    let pylock = "lock-version = \"1.0\"\n\n[[packages]]\nname = \"a\"\nversion = \"1\"\ndependencies = [{name = \"b\"}]\n\n\
                  [[packages]]\nname = \"b\"\nversion = \"1\"\n";
    assert_eq!(needs("pylock.toml", pylock), ["a: b"]);
}

#[test]
fn a_file_declares_packages_by_its_name_where_it_is_not_of_others() {
    let check = |path: &str, expected: Option<Kind>| assert_eq!(Kind::of(path), expected, "{path}");
    check("app/poetry.lock", Some(Kind::Lock));
    check("app/uv.lock", Some(Kind::Lock));
    check("pdm.lock", Some(Kind::Lock));
    check("app/pylock.toml", Some(Kind::Lock));
    check("app/pylock.dev.toml", Some(Kind::Lock));
    check("app/Pipfile.lock", Some(Kind::Pipfile));
    check("app/requirements.txt", Some(Kind::Requirements));
    check("app/requirements-dev.txt", Some(Kind::Requirements));
    check("tests/requirements.txt", Some(Kind::Requirements));
    for path in [
        "app/pylock.txt",
        "app/pyproject.toml",
        "app/Requirements.md",
        "app/node_modules/a/requirements.txt",
        "node_modules/a/requirements.txt",
        "usr/lib/python3/dist-packages/a/requirements.txt",
        "venv/lib/python3.11/site-packages/a/poetry.lock",
        "app/tests/requirements.txt",
        "usr/share/doc/a/requirements.txt",
    ] {
        check(path, None);
    }
}

#[test]
fn poetry_uv_and_pdm_declare_packages_with_where_they_are_from() {
    check(
        "poetry.lock",
        r#"# This file is automatically @generated by Poetry 1.8.2 and should not be changed by hand.

[[package]]
name = "Jinja2"
version = "3.0.3"
files = [
    {file = "Jinja2-3.0.3-py3-none-any.whl", hash = "sha256:00"},
]

[package.dependencies]
MarkupSafe = ">=2.0"

[[package]]
name = "mine"
version = "1.0"

[package.source]
type = "git"
url = "https://example.org/mine.git"
reference = "main"
resolved_reference = "0123"

[[package]]
name = "indexed"
version = "2.0"
source = {type = "legacy", url = "https://example.org/simple", reference = "mirror"}

[[package]]
name = "beside"
version = "0.2.0"

[package.source]
type = "directory"
url = "../beside"

[[package]]
name = "wheel"
version = "0.3.0"

[package.source]
type = "file"
url = "wheels/wheel-0.3.0-py3-none-any.whl"

[[package]]
name = "fetched"
version = "0.4.0"

[package.source]
type = "url"
url = "https://example.org/fetched-0.4.0.tar.gz"

[metadata]
lock-version = "2.0"
name = "no package"

[metadata.files]
x = []
"#,
        &[
            "jinja2@3.0.3",
            "mine@1.0?vcs_url=git%2Bhttps://example.org/mine.git%400123",
            "indexed@2.0",
            "beside@0.2.0 (local)",
            "wheel@0.3.0 (local)",
            "fetched@0.4.0?download_url=https://example.org/fetched-0.4.0.tar.gz",
        ],
    );
    check(
        "uv.lock",
        r#"version = 1

[[package]]
name = "idna"
version = "3.7"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "from-git"
version = "1.0"
source = { git = "https://example.org/a.git?rev=main#0123" }

[[package]]
name = "from-url"
version = "1.1"
source = { url = "https://example.org/b.tar.gz" }

[[package]]
name = "shop"
version = "0.1.0"
source = { editable = "." }

[[package]]
name = "member"
version = "0.5.0"
source = { editable = "packages/member" }

[[package]]
name = "beside"
version = "0.2.0"
source = { directory = "../beside" }

[[package]]
name = "wheel"
version = "0.3.0"
source = { path = "wheels/wheel-0.3.0-py3-none-any.whl" }

[[package]]
name = "of-pypi"
version = "0.4.0"
source = { url = "https://files.pythonhosted.org/packages/00/of_pypi-0.4.0.tar.gz" }

[[package]]
name = "dynamic"
source = { editable = "dynamic" }

[[package]]
name = "root"
version = "0.1.0"
source = { virtual = "." }
"#,
        &[
            "idna@3.7",
            "from-git@1.0?vcs_url=git%2Bhttps://example.org/a.git%400123",
            "from-url@1.1?download_url=https://example.org/b.tar.gz",
            "member@0.5.0 (local) (edited)",
            "beside@0.2.0 (local)",
            "wheel@0.3.0 (local)",
            "of-pypi@0.4.0",
        ],
    );
    check(
        "pdm.lock",
        "[metadata]\nstrategy = []\n\n[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = \"b\"\nversion = \"2\"\n\
         git = \"https://example.org/b.git\"\nref = \"main\"\nrevision = \"0123\"\n\n[[package]]\nname = \"shop\"\nversion = \"3\"\n\
         editable = true\npath = \".\"\n\n[[package]]\nname = \"c\"\nversion = \"4\"\npath = \"./c\"\n\n[[package]]\nname = \"d\"\n\
         version = \"5\"\npath = \"./d-5.whl\"\n\n[[package]]\nname = \"e\"\nversion = \"6\"\npath = \"./e\"\neditable = true\n",
        &[
            "a@1",
            "b@2?vcs_url=git%2Bhttps://example.org/b.git%400123",
            "c@4 (local)",
            "d@5 (local)",
            "e@6 (local) (edited)",
        ],
    );
}

#[test]
fn pylock_declares_packages_that_may_be_of_a_commit_an_archive_or_a_folder() {
    let text = r#"lock-version = "1.0"
created-by = "pip"
[[packages]]
name = "attrs"
version = "25.1.0"
[[packages.wheels]]
name = "attrs-25.1.0-py3-none-any.whl"
[packages.wheels.hashes]
sha256 = "00"
[[packages]]
name = "of-commit"
vcs = { type = "git", url = "https://example.org/a.git", commit-id = "0123" }
[[packages]]
name = "of-archive"
version = "1.0"
archive = { url = "https://example.org/b.zip", hashes = {sha256 = "00"} }
[[packages]]
name = "of-folder"
directory = { path = ".", editable = true }
"#;
    check(
        "pylock.toml",
        text,
        &[
            "attrs@25.1.0",
            "of-commit@0123?vcs_url=git%2Bhttps://example.org/a.git%400123",
            "of-archive@1.0?download_url=https://example.org/b.zip",
        ],
    );
}

#[test]
fn pipfile_lock_declares_packages_in_each_category() {
    check(
        "Pipfile.lock",
        r#"{"_meta": {"hash": {"sha256": "00"}},
          "default": {"django": {"version": "==4.2.1", "hashes": [], "markers": "python_version >= '3.8'"},
            "mine": {"git": "https://example.org/a.git", "ref": "0123"},
            "app": {"editable": true, "path": ".", "version": "==1.0"},
            "beside": {"path": "../beside", "version": "==2.0"},
            "fetched": {"file": "https://example.org/fetched.zip", "version": "==3.0"},
            "dynamic": {"editable": true, "path": "dynamic"}},
          "develop": {"pytest": {"version": "==7.4.0"}, "django": {"version": "==4.2.1"}}}"#,
        &[
            "django@4.2.1",
            "mine@0123?vcs_url=git%2Bhttps://example.org/a.git%400123",
            "beside@2.0 (local)",
            "fetched@3.0?download_url=https://example.org/fetched.zip",
            "pytest@7.4.0",
        ],
    );
}

#[test]
fn requirements_are_pinned_by_two_equals_signs() {
    let check = |line: &str, expected: Option<(&str, &str)>| {
        assert_eq!(requirements::pinned(line), expected, "{line}");
    };
    check("Django==4.2.1", Some(("Django", "4.2.1")));
    check("a [b, c] == 1.0 ; python_version < '3' # why", Some(("a", "1.0")));
    check("a==1!2.0+cu118 --hash=sha256:00", Some(("a", "1!2.0+cu118")));
    check("a==1\t# b==2", Some(("a", "1")));
    check("a===1", Some(("a", "1")));
    for line in [
        "", "# a==1", "a", "a>=1", "a====1", "a==1.*", "a==1,<2", "a~=1", "-r b==1", "--pre", "-e a==1",
        "a @ b==1", "a!=1", "[a]==1", "a[b==1", "./a==1",
    ] {
        check(line, None);
    }
    let (packages, unread) = read_file(
        "requirements.txt",
        "\u{feff}certifi==2024.2.2 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n-r other.txt\nidna==3.7\nidna==3.7\n\
         requests \\\n  ==2.31.0\nlast==1 \\",
    );
    assert_eq!(
        (packages, unread),
        (["certifi@2024.2.2", "idna@3.7", "requests@2.31.0", "last@1"].as_slice().map_strings(), vec![])
    );
    let (packages, unread) = read_file("requirements.txt", &format!("a==1 {}\nb==2\n", "x".repeat(1 << 20)));
    let unpinned = "unsupported: line 1 pins no version of `a`".to_owned();
    assert_eq!((packages, unread), (["b@2"].as_slice().map_strings(), vec![unpinned]));
}

#[test]
fn requirements_that_are_not_pinned_are_told_and_what_is_beside_the_file_is_not() {
    let check = |line: &str, expected: Option<&str>| {
        let (packages, unread) = read_file("requirements.txt", &format!("a==1\n{line}\n"));
        let expected: Vec<_> = expected.map(|why| format!("unsupported: line 2 {why}")).into_iter().collect();
        assert_eq!((packages, unread), (vec!["a@1".to_owned()], expected), "{line}");
    };
    let unpinned = Some("pins no version of `b.c`");
    for line in [
        "b.c",
        "b.c>=1,<2",
        "b.c == 1.*",
        "b.c[d] ~= 1.0 ; python_version < '3' # why",
        "b.c --hash=sha256:00",
        "b.c @ https://u:p@example.org/b.zip",
        "b.c @ git+https://u:p@example.org/b.git@main",
        "b.c @ file:///srv/b.zip",
    ] {
        check(line, unpinned);
    }
    for line in [
        "https://u:p@example.org/b.zip",
        "git+ssh://git@example.org/b.git",
        "-e git+https://example.org/b",
        "[b",
    ] {
        check(line, Some("tells no version"));
    }
    for line in [
        "",
        "# b",
        "-r b.txt",
        "-cb.txt",
        "--index-url https://example.org/simple",
        "--pre",
        "-e .",
        "-e ./b",
        "--editable=.",
        ".",
        "./b",
        "../b",
        "/srv/b",
        "file:///srv/b",
        "b/c.whl",
        "b/",
    ] {
        check(line, None);
    }
    // However many there are, what is told is bounded.
    let (_, unread) = read_file("requirements.txt", &"b\n".repeat(1000));
    assert_eq!(unread.len(), 21);
    assert_eq!(unread[20], "malformed: 980 more problems of this kind");
}

#[test]
fn requirements_are_pinned_to_whole_commits() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let check = |line: &str, expected: Option<(&str, &str, &str)>| {
        let line = line.replace("COMMIT", commit);
        let expected = expected.map(|(name, kind, url)| (name, kind, url, commit));
        assert_eq!(requirements::of_commit(&line), expected, "{line}");
    };
    check("a @ git+https://example.org/a.git@COMMIT", Some(("a", "git", "https://example.org/a.git")));
    check(
        "a[b]@git+ssh://git@example.org/a.git@COMMIT#subdirectory=c ; python_version < '3'",
        Some(("a", "git", "ssh://git@example.org/a.git")),
    );
    check("-e git+https://example.org/a@COMMIT#egg=a[b]&x=y", Some(("a", "git", "https://example.org/a")));
    check("--editable=hg+https://example.org/a@COMMIT#egg=a", Some(("a", "hg", "https://example.org/a")));
    check("git+https://example.org/a@COMMIT#egg=a", Some(("a", "git", "https://example.org/a")));
    for line in [
        "",
        "a",
        "a==1",
        "a @ git+https://example.org/a.git",
        "a @ git+https://example.org/a.git@main",
        "a @ https://example.org/a.zip",
        "git+https://example.org/a@COMMIT",
        "a b @ git+https://example.org/a@COMMIT",
        "-e .",
    ] {
        check(line, None);
    }
    let line = format!("a @ git+https://example.org/a.git@{commit} \\\n  # why\nb==1\n");
    let expected = format!("a@{commit}?vcs_url=git%2Bhttps://example.org/a.git%40{commit}");
    super::tests::check("requirements.txt", &line, &[&expected, "b@1"]);
}

#[test]
fn what_is_no_text_is_told() {
    let text = "a==1\nb==2\u{0}\n# c \u{1}\nd==3 # \u{1}\n\te == 4\u{c}\n\u{7f}ELF\u{2}\u{1}\n";
    let (packages, unread) = read_file("requirements.txt", text);
    assert_eq!(packages, ["a@1", "d@3", "e@4"]);
    assert_eq!(unread, ["malformed: line 2 is no text", "malformed: line 6 is no text"]);
    let latin = File::in_memory("requirements.txt", *b"a==1 # \xe9t\xe9\nb\xff==2\n");
    let mut report = Report::default();
    read(Kind::Requirements, &latin, &mut report).unwrap();
    assert_eq!((report.packages().count(), report.unread.len()), (1, 1));
}

#[test]
fn a_file_of_an_unknown_form_is_named_and_a_project_without_packages_is_not() {
    let unread = |path: &str, text: &str, expected: &str| {
        assert_eq!(read_file(path, text), (vec![], vec![expected.to_owned()]), "{path}: {text}");
    };
    let a = "[[package]]\nname = \"a\"\nversion = \"1\"\n";
    for version in ["2", "\"1\"", "1.5"] {
        let why = format!("unsupported: the lock file is of version {version}; version 1 is read");
        unread("uv.lock", &format!("version = {version}\n\n{a}"), &why);
    }
    let why = "unsupported: the lock file is of version \"2.0\"; version 1 is read";
    unread("pylock.toml", "lock-version = \"2.0\"\n[[packages]]\nname = \"a\"\nversion = \"1\"\n", why);
    let why = "malformed: it has no packages, and line 3 begins what no such file has";
    unread("uv.lock", "version = 1\n\n[[pkg]]\nname = \"a\"\nversion = \"1\"\n", why);
    let why = "malformed: it has no packages, and nothing else that such a file has";
    unread("poetry.lock", "name = \"a\"\n", why);
    assert!(
        read_file("poetry.lock", "this is no lock file\n").1[0]
            .starts_with("malformed: the record at line 1: ")
    );
    unread("Pipfile.lock", "{}", "malformed: it has no `_meta` and no packages");
    let why = "unsupported: the lock file is of version 77; versions up to 6 are read";
    unread("Pipfile.lock", r#"{"_meta": {"pipfile-spec": 77}, "default": {"a": {"version": "==1"}}}"#, why);
    check(
        "poetry.lock",
        "# This file is automatically @generated by Poetry.\npackage = []\n\n[metadata]\nlock-version = \"2.1\"\n",
        &[],
    );
    check("uv.lock", "version = 1\nrevision = 3\nrequires-python = \">=3.12\"\n\n[options]\nx = 1\n", &[]);
    check("pdm.lock", "# This file is @generated by PDM.\n\n[metadata]\nlock_version = \"4.5.0\"\n", &[]);
    check("pylock.toml", "lock-version = \"1.0\"\ncreated-by = \"pip\"\n", &[]);
    check("Pipfile.lock", r#"{"_meta": {"pipfile-spec": 6}, "default": {}, "develop": {}}"#, &[]);
    for path in ["poetry.lock", "requirements.txt"] {
        check(path, "", &[]);
        check(path, "# nothing\n\n", &[]);
    }
}

#[test]
fn a_damaged_record_costs_itself() {
    let (packages, unread) = read_file(
        "poetry.lock",
        "[[package]]\nname = 1\nversion = \"1\"\n[[package]]\nname = \"a\"\nversion = \"1\n[[package]]\nname = \"b\"\n\
         [[package]]\nname = \"c c\"\nversion = \"1\"\n[[package]]\nname = \"d\"\nversion = \"1\"\n",
    );
    assert_eq!(packages, ["d@1"]);
    assert_eq!(
        unread,
        [
            "malformed: the record at line 1: invalid type: integer `1`, expected a string",
            "malformed: the record at line 4: invalid basic string, expected `\"`",
            "malformed: package `b` has no version",
            "malformed: `c c 1` is no name and version",
        ]
    );
    let (packages, unread) =
        read_file("Pipfile.lock", r#"{"default": {"a": {"version": 1}, "b": {}, "c": {"version": "==1"}}}"#);
    assert_eq!(packages, ["c@1"]);
    assert_eq!(
        unread,
        [
            "malformed: package `a`: invalid type: integer `1`, expected a string at line 1 column 13",
            "malformed: package `b` has no version",
        ]
    );
    assert!(read_file("Pipfile.lock", "[]").1[0].starts_with("malformed: "));
}

#[test]
fn no_file_is_too_large_too_deep_or_of_too_many_packages_to_be_bounded() {
    let long = format!(
        "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [\n{}]\n[[package]]\nname = \"b\"\nversion = \"1\"\n",
        "    {file = \"a\"},\n".repeat(lock::MAX_RECORD / 16)
    );
    assert_eq!(
        read_file("uv.lock", &long),
        (
            vec!["b@1".to_owned()],
            vec![
                "unsupported: the record at line 1 is longer than this plugin's limit of 1048576".to_owned()
            ]
        )
    );
    let deep = format!("[[package]]\nname = \"a\"\nversion = \"1\"\nx = {}\n", "[".repeat(100_000));
    assert_eq!(read_file("uv.lock", &deep).0, [""; 0]);
    let deep = format!(r#"{{"default": {{"a": {}}}}}"#, "[".repeat(100_000));
    assert_eq!(read_file("Pipfile.lock", &deep).0, [""; 0]);
    let many: String = (0..=MAX_PACKAGES).map(|number| format!("a{number}==1\n")).collect();
    let (packages, unread) = read_file("requirements.txt", &many);
    assert_eq!(packages.len(), MAX_PACKAGES);
    assert_eq!(unread, ["unsupported: the file declares more packages than this plugin's limit of 100000"]);
    let large = " ".repeat(MAX_FILE as usize + 1);
    assert!(read_file("Pipfile.lock", &large).1[0].starts_with("unsupported: the file has 16777217 bytes"));
    let utf_16 = File::in_memory("requirements.txt", [0xff, 0xfe, b'a', 0]);
    let error = read(Kind::Requirements, &utf_16, &mut Report::default()).unwrap_err();
    assert_eq!(error.to_string(), "unsupported: the file is in UTF-16");
}

proptest! {
    #[test]
    fn what_was_written_is_read(packages in prop::collection::btree_map("[a-z][a-z0-9]{0,8}", "[0-9]{1,3}(\\.[0-9]{1,3}){0,2}", 0..10)) {
        let expected: Vec<_> = packages.iter().map(|(name, version)| format!("{name}@{version}")).collect();
        let records = |table: &str| -> String {
            packages.iter().map(|(name, version)| format!("[[{table}]]\nname = \"{name}\"\nversion = \"{version}\"\n\n")).collect()
        };
        prop_assert_eq!(&read_file("uv.lock", &records("package")).0, &expected);
        prop_assert_eq!(&read_file("pylock.toml", &records("packages")).0, &expected);
        let lines: String = packages.iter().map(|(name, version)| format!("{name}=={version}\r\n")).collect();
        prop_assert_eq!(&read_file("requirements.txt", &lines).0, &expected);
        let entries: serde_json::Map<_, _> = packages
            .iter()
            .map(|(name, version)| (name.clone(), serde_json::json!({"version": format!("=={version}")})))
            .collect();
        prop_assert_eq!(&read_file("Pipfile.lock", &serde_json::json!({"default": entries}).to_string()).0, &expected);
    }

    #[test]
    fn no_text_is_too_odd_to_be_read(text in "(\\[\\[package\\]\\]\n|\\[package\\.source\\]\n|name = \"a\"\n|version = \"[1 ]\"\n|git = \"[a?#]{0,3}\"\n|url = 1\n|\\PC{0,5}\n|a==1\\\\?\n){0,12}") {
        for path in ["uv.lock", "pylock.toml", "Pipfile.lock", "requirements.txt"] {
            read_file(path, &text);
        }
    }
}
