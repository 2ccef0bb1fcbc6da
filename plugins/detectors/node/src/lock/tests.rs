use limpid_lockfile::MAX_PACKAGES;
use limpid_plugin_sdk::detector::{Evidence, Scope};
use proptest::prelude::*;

use super::*;

/// What a lock file declares, and why not all of it could be read.
fn read_file(path: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let file = File::in_memory(path, text);
    let mut report = Report::default();
    if let Err(error) = read(Kind::of(path).unwrap(), &file, &mut report) {
        report.unread(path, error);
    }
    for package in report.packages() {
        assert_eq!(package.evidence, Evidence::Declared);
        // What is not npm's says so, and is not judged by npm's advisories.
        let is_elsewhere = package.qualifiers.iter().any(|(key, _)| key == "source");
        let namespace = if is_elsewhere { "npm:elsewhere" } else { "npm" };
        assert_eq!(package.scope, Scope::Namespace(namespace.to_owned()), "{}", package.purl);
        assert!(is_elsewhere || !package.purl.contains('?'), "{}", package.purl);
    }
    let purl = |purl: &str| purl.replace("pkg:npm/", "").replace("%40", "@").replace("%2F", "/");
    let word = |package: &limpid_plugin_sdk::detector::Package| {
        let is_local = package.qualifiers.iter().any(|(_, value)| value == "local");
        format!("{}{}", purl(&package.purl), if is_local { " (local)" } else { "" })
    };
    let packages = report.packages().map(word).collect();
    (packages, report.unread.iter().map(|unread| unread.error.to_string()).collect())
}

fn check(path: &str, text: &str, expected: &[&str]) {
    check_with(path, text, expected, &[]);
}

fn check_with(path: &str, text: &str, expected: &[&str], unread: &[&str]) {
    let (packages, why) = read_file(path, text);
    assert_eq!(packages, expected, "{path}");
    assert_eq!(why, unread, "{path}");
}

#[test]
fn a_lock_file_is_known_by_its_name_where_it_is_not_of_others() {
    let check = |path: &str, expected: Option<Kind>| assert_eq!(Kind::of(path), expected, "{path}");
    check("app/package-lock.json", Some(Kind::Npm));
    check("npm-shrinkwrap.json", Some(Kind::Npm));
    check("app/node_modules/.package-lock.json", Some(Kind::Npm));
    check("node_modules/.package-lock.json", Some(Kind::Npm));
    check("home/test/app/yarn.lock", Some(Kind::Yarn));
    check("test/pnpm-lock.yaml", Some(Kind::Pnpm));
    check("app/bun.lock", Some(Kind::Bun));
    for path in [
        "app/.package-lock.json",
        "app/node_modules/a/package-lock.json",
        "node_modules/a/yarn.lock",
        "app/test/yarn.lock",
        "usr/lib/python3/site-packages/a/yarn.lock",
        "app/yarn.lock.bak",
    ] {
        check(path, None);
    }
}

#[test]
fn npm_declares_a_tree_in_version_1_and_folders_in_later_ones() {
    check_with(
        "package-lock.json",
        r#"{"name": "shop", "lockfileVersion": 1, "requires": true, "dependencies": {
            "debug": {"version": "2.6.9", "resolved": "https://registry.npmjs.org/debug/-/debug-2.6.9.tgz",
                "requires": {"ms": "2.0.0"}, "dependencies": {"ms": {"version": "2.0.0", "bundled": true, "dev": true}}},
            "renamed": {"version": "npm:@a/b@1.0.0"},
            "forked": {"version": "git+ssh://git@github.com/a/forked.git#0123abcd", "from": "github:a/forked"},
            "here": {"version": "file:here"},
            "packed": {"version": "file:packed.tgz"},
            "fetched": {"version": "https://example.org/fetched.tgz"}}}"#,
        &[
            "debug@2.6.9",
            "ms@2.0.0",
            "@a/b@1.0.0",
            "forked@0123abcd?vcs_url=git%2Bssh://github.com/a/forked.git@0123abcd",
        ],
        &["malformed: package `packed` has no version", "malformed: package `fetched` has no version"],
    );
    let folders = r#""packages": {
        "": {"name": "shop", "version": "1.0.0", "workspaces": ["packages/*"]},
        "packages/member": {"version": "2.0.0"},
        "../beside": {"version": "0.1.0"},
        "node_modules/beside": {"resolved": "../beside", "link": true},
        "node_modules/packed": {"version": "0.2.0", "resolved": "file:packed.tgz"},
        "node_modules/member": {"resolved": "packages/member", "link": true},
        "node_modules/@a/b": {"version": "1.0.0", "integrity": "sha512-"},
        "node_modules/renamed": {"name": "ms", "version": "2.0.0"},
        "node_modules/debug/node_modules/ms": {"version": "2.0.0", "inBundle": true, "resolved": true},
        "packages/member/node_modules/lodash": {"version": "3.10.1"},
        "not_node_modules/x": {"version": "1"},
        "node_modules/forked": {"version": "1.2.0", "resolved": "git+ssh://git@github.com/a/forked.git#0123abcd"}}"#;
    let expected = [
        "beside@0.1.0 (local)",
        "packed@0.2.0 (local)",
        "@a/b@1.0.0",
        "ms@2.0.0",
        "lodash@3.10.1",
        "forked@1.2.0?vcs_url=git%2Bssh://github.com/a/forked.git@0123abcd",
    ];
    let v2 = format!(
        r#"{{"lockfileVersion": 2, {folders}, "dependencies": {{"older": {{"version": "1.0.0"}}}}}}"#
    );
    check("app/package-lock.json", &v2, &expected);
    check("npm-shrinkwrap.json", &format!(r#"{{"lockfileVersion": 3, {folders}}}"#), &expected);
    check(
        "app/node_modules/.package-lock.json",
        &format!(r#"{{"lockfileVersion": 3, {folders}}}"#),
        &expected,
    );
    // Without a workspace, a folder is what the project asks for; without a project, nobody knows.
    let folders = r#""local": {"version": "0.3.0"}, "sub/dir": {"name": "other", "version": "0.4.0"}, "none": {},
        "node_modules/local": {"resolved": "local", "link": true}"#;
    let single = format!(r#"{{"lockfileVersion": 3, "packages": {{"": {{"name": "shop"}}, {folders}}}}}"#);
    check("package-lock.json", &single, &["local@0.3.0 (local)", "other@0.4.0 (local)"]);
    let hidden = format!(r#"{{"lockfileVersion": 3, "packages": {{{folders}}}}}"#);
    check("node_modules/.package-lock.json", &hidden, &[]);
}

#[test]
fn a_file_of_an_unknown_form_is_named_and_a_project_without_packages_is_not() {
    let unread = |path: &str, text: &str, expected: &str| check_with(path, text, &[], &[expected]);
    let version = |version: &str, newest: u8| {
        format!("unsupported: the lock file is of version {version}; versions up to {newest} are read")
    };
    let npm = "package-lock.json";
    unread(npm, "{}", "malformed: it has no `lockfileVersion`, `packages` or `dependencies`");
    let packages = r#""packages": {"node_modules/a": {"version": "1"}}"#;
    for odd in ["0", "4", "77", "1.5", "\"3\"", "null"] {
        // What is null is not there.
        let text = format!(r#"{{"lockfileVersion": {odd}, {packages}}}"#);
        match odd {
            "null" => check(npm, &text, &["a@1"]),
            _ => unread(npm, &text, &version(odd, 3)),
        }
    }
    unread(
        npm,
        r#"{"lockfileVersion": 3, "packages": []}"#,
        "malformed: invalid type: sequence, expected a map at line 1 column 0",
    );
    check(npm, r#"{"name": "shop", "lockfileVersion": 1}"#, &[]);
    check(npm, r#"{"lockfileVersion": 3, "packages": {"": {"name": "shop"}}}"#, &[]);
    check(
        "npm-shrinkwrap.json",
        r#"{"name": "shop", "dependencies": {"a": {"version": "1.0.0"}}}"#,
        &["a@1.0.0"],
    );

    unread("bun.lock", "{}", "malformed: it has no `lockfileVersion`");
    unread("bun.lock", r#"{"lockfileVersion": 3, "packages": {"a": ["a@1"]}}"#, &version("3", 2));
    for known in 0..=2 {
        let text = format!(r#"{{"lockfileVersion": {known}, "packages": {{"a": ["a@1"]}}}}"#);
        check("bun.lock", &text, &["a@1"]);
    }
    check("bun.lock", r#"{"lockfileVersion": 1, "workspaces": {"": {"name": "shop"}}, "packages": {}}"#, &[]);

    let pnpm = "pnpm-lock.yaml";
    for odd in ["77", "8.0", "4", "x", ""] {
        unread(pnpm, &format!("lockfileVersion: '{odd}'\npackages:\n  a@1: {{}}\n"), &version(odd, 9));
    }
    for known in ["5.4", "'6.0'", "'6.1'", "'7.0'", "'9.0'"] {
        check(
            pnpm,
            &format!("lockfileVersion: {known}\npackages:\n\n  /a/1.0.0@2: {{}}\n")
                .replace("/1.0.0@2", if known == "5.4" { "/1.0.0" } else { "@1.0.0" }),
            &["a@1.0.0"],
        );
        check(pnpm, &format!("lockfileVersion: {known}\nimporters:\n  .: {{}}\n"), &[]);
        check(pnpm, &format!("lockfileVersion: {known}\npackages: {{}}\n"), &[]);
    }
    check(pnpm, "", &[]);
    check_with(pnpm, "packages:\n  a@1.0.0: {}\n", &["a@1.0.0"], &["malformed: it has no `lockfileVersion`"]);
    unread(
        pnpm,
        "lockfileVersion: '9.0'\npackages:\n- name: a\n  version: 1.0.0\n",
        "malformed: `packages` is no map",
    );
    unread(pnpm, "lockfileVersion: '9.0'\npackages: a\n", "malformed: `packages` is no map");
    unread(pnpm, "- a\n", "malformed: it is no map");
    unread(pnpm, "this is no lock file\n", "malformed: it is no map");
    check_with(
        pnpm,
        "lockfileVersion: '9.0'\nx: &x {resolution: {}}\npackages:\n  a@1.0.0: *x\n  b@1.0.0: [1]\n  c@1.0.0: d\n  e@1.0.0:\n",
        &["e@1.0.0"],
        &[
            "malformed: package `a@1.0.0` is no map",
            "malformed: package `b@1.0.0` is no map",
            "malformed: package `c@1.0.0` is no map",
            "unsupported: 1 aliases of YAML, which pnpm does not write, are not followed",
        ],
    );

    check("yarn.lock", "", &[]);
    check("yarn.lock", "# THIS IS AN AUTOGENERATED FILE.\n# yarn lockfile v1\n\n\n", &[]);
    unread("yarn.lock", "# yarn lockfile v2\na@1:\n  version \"1\"\n", &version("2", 1));
    unread("yarn.lock", "{\"a\": 1}\n", "malformed: `{\"a\": 1}` begins no entry");
    unread("yarn.lock", "  a@1\n  version \"1\"\n", "malformed: line 1 belongs to no entry");
    for known in [8, 10] {
        check("yarn.lock", &format!("__metadata:\n  version: {known}\n"), &[]);
    }
    check_with(
        "yarn.lock",
        "__metadata:\n  version: 77\n\"a@npm:1\":\n  version: 1.0.0\n  resolution: \"a@npm:1.0.0\"\n",
        &["a@1.0.0"],
        &[&version("77", 10)],
    );
    check_with(
        "yarn.lock",
        "__metadata:\n  version: 8\n\"a@npm:1\": &a\n  version: 1.0.0\n\"b@npm:1\": *a\n",
        &["a@1.0.0"],
        &[
            "malformed: package `b` has no version",
            "unsupported: 1 aliases of YAML, which Yarn does not write, are not followed",
        ],
    );
}

#[test]
fn yarn_1_declares_what_patterns_stand_for() {
    check_with(
        "yarn.lock",
        r#"# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
# yarn lockfile v1


"@babel/code-frame@7.24.7", "@babel/code-frame@^7.0.0":
  version "7.24.7"
  resolved "https://registry.yarnpkg.com/@babel/code-frame/-/code-frame-7.24.7.tgz#882fd9e09e8ee324"
  dependencies:
    "@babel/highlight" "^7.24.7"
    version "9.9.9"

accepts@^1.3.7, accepts@~1.3.7:
  version "1.3.8"

"renamed@npm:@a/ms@2.0.0":
  version "2.0.0"

"forked@git+https://u:p@example.org/forked.git":
  version "1.2.0"
  resolved "git+https://u:p@example.org/forked.git#0123abcd"

"fetched@https://example.org/fetched.tgz":
  version "3.0.0"
  resolved "https://example.org/fetched.tgz#00ff00ff"

"beside@file:./beside":
  version "4.0.0"

"npms@https://registry.npmjs.org/npms/-/npms-5.0.0.tgz":
  version "5.0.0"
  resolved "https://registry.npmjs.org/npms/-/npms-5.0.0.tgz#00ff"

nothing@^1:
  resolved "x"

what is this
  version "1"
"#,
        &[
            "@babel/code-frame@7.24.7",
            "accepts@1.3.8",
            "@a/ms@2.0.0",
            "forked@1.2.0?vcs_url=git%2Bhttps://example.org/forked.git@0123abcd",
            "fetched@3.0.0?download_url=https://example.org/fetched.tgz",
            "beside@4.0.0 (local)",
            "npms@5.0.0",
        ],
        &["malformed: package `nothing` has no version", "malformed: `what is this` begins no entry"],
    );
}

#[test]
fn yarn_berry_declares_what_it_resolved() {
    let long = "a@npm:^1, ".repeat(500);
    check_with(
        "yarn.lock",
        &format!(
            r#"# This file is generated by running "yarn install" inside your project.

__metadata:
  version: 8
  cacheKey: 10c0

"@babel/code-frame@npm:7.24.7":
  version: 7.24.7
  resolution: "@babel/code-frame@npm:7.24.7"
  dependencies:
    version: "npm:^7.24.7"
  languageName: node
  linkType: hard

? "{long}a@npm:^2"
: version: 2.0.0
  resolution: "a@npm:2.0.0::__archiveUrl=https%3A%2F%2Fexample.org%2Fa.tgz"
  linkType: hard

"fsevents@patch:fsevents@npm%3A2.3.3#optional!builtin<compat/fsevents>":
  version: 2.3.3
  resolution: "fsevents@patch:fsevents@npm%3A2.3.3#optional!builtin<compat/fsevents>::version=2.3.3&hash=df0bf1"
  linkType: hard

"ms@npm:2.0.0, renamed@npm:ms@2.0.0":
  version: 2.0.0
  resolution: "ms@npm:2.0.0"
  linkType: hard

"forked@https://github.com/a/forked.git":
  version: 1.2.0
  resolution: "forked@https://github.com/a/forked.git#commit=0123abcd"
  linkType: hard

"member@workspace:packages/member":
  version: 0.0.0-use.local
  resolution: "member@workspace:packages/member"
  linkType: soft

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."

"copied@file:./copied::locator=shop%40workspace%3A.":
  version: 0.5.0
  resolution: "copied@file:./copied#./copied::hash=df0bf1&locator=shop%40workspace%3A."
  linkType: hard

"fetched@https://example.org/fetched.tgz":
  version: 3.0.0
  resolution: "fetched@https://example.org/fetched.tgz"
  linkType: hard

"nothing@npm:1":
  resolution: "nothing@npm:1.0.0"
  linkType: hard
"#
        ),
        &[
            "@babel/code-frame@7.24.7",
            "a@2.0.0",
            "fsevents@2.3.3",
            "ms@2.0.0",
            "forked@1.2.0?vcs_url=git%2Bhttps://github.com/a/forked.git@0123abcd",
            "copied@0.5.0 (local)",
            "fetched@3.0.0?download_url=https://example.org/fetched.tgz",
        ],
        &["malformed: package `nothing` has no version"],
    );
}

#[test]
fn pnpm_declares_packages_by_keys_of_all_its_versions() {
    check(
        "pnpm-lock.yaml",
        "lockfileVersion: 5.4\n\nspecifiers:\n  a: ^1\n\npackages:\n\n  /@babel/code-frame/7.24.7:\n    resolution: {integrity: sha512-x}\n    \
         dev: false\n  /react-dom/18.2.0_react@18.2.0:\n    resolution: {integrity: sha512-x}\n  \
         /a/1.0.0_b@2.0.0+c@3.0.0:\n    resolution: {integrity: sha512-x}\n    dependencies:\n      version: 9\n  \
         example.org/d/1.0.0:\n    resolution: {integrity: sha512-x, tarball: https://example.org/d.tgz}\n  \
         github.com/a/forked/0123abcd:\n    resolution: {tarball: https://codeload.github.com/a/forked/tar.gz/0123abcd}\n    \
         name: forked\n    version: 1.2.0\n  file:local:\n    resolution: {directory: local, type: directory}\n    name: local\n    version: 0.3.0\n  \
         npm.example.org/own/1.0.0:\n    resolution: {integrity: sha512-x}\n  \
         registry.npmjs.org/npms/1.0.0:\n    resolution: {integrity: sha512-x}\n",
        &[
            "@babel/code-frame@7.24.7",
            "react-dom@18.2.0",
            "a@1.0.0",
            "d@1.0.0?download_url=https://example.org/d.tgz",
            "forked@1.2.0?download_url=https://codeload.github.com/a/forked/tar.gz/0123abcd",
            "local@0.3.0 (local)",
            "own@1.0.0?repository_url=https://npm.example.org/",
            "npms@1.0.0",
        ],
    );
    check(
        "pnpm-lock.yaml",
        "lockfileVersion: '6.0'\n\npackages:\n\n  /@babel/code-frame@7.24.7:\n    resolution: {integrity: sha512-x}\n\n  \
         /react-dom@18.2.0(react@18.2.0):\n    resolution: {integrity: sha512-x}\n\n  file:local:\n    \
         resolution: {directory: local, type: directory}\n    name: local\n",
        &["@babel/code-frame@7.24.7", "react-dom@18.2.0"],
    );
    check_with(
        "pnpm-lock.yaml",
        "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      renamed:\n        version: ms@2.0.0\n\npackages:\n\n  \
         '@babel/code-frame@7.24.7':\n    resolution: {integrity: sha512-x}\n\n  ms@2.0.0:\n    resolution: {integrity: sha512-x}\n\n  \
         forked@https://codeload.github.com/a/forked/tar.gz/0123abcd:\n    \
         resolution: {tarball: https://codeload.github.com/a/forked/tar.gz/0123abcd}\n    version: 1.2.0\n\n  \
         cloned@git+https://example.org/c.git#0123abcd:\n    resolution: {commit: 0123abcd, repo: https://example.org/c.git, type: git}\n\n  \
         local@file:local:\n    resolution: {directory: local, type: directory}\n\n  \
         packed@file:packed.tgz:\n    resolution: {integrity: sha512-x, tarball: 'file:packed.tgz'}\n\nsnapshots:\n\n  \
         other@1.0.0:\n    dependencies:\n      ms: 2.0.0\n",
        &[
            "@babel/code-frame@7.24.7",
            "ms@2.0.0",
            "forked@1.2.0?download_url=https://codeload.github.com/a/forked/tar.gz/0123abcd",
            "cloned@0123abcd?vcs_url=git%2Bhttps://example.org/c.git@0123abcd",
        ],
        &["malformed: package `packed` has no version"],
    );
}

#[test]
fn bun_declares_lists_that_begin_with_name_and_version() {
    check_with(
        "bun.lock",
        r#"{
  "lockfileVersion": 1,
  "workspaces": { "": { "name": "shop", "dependencies": { "renamed": "npm:ms@2.0.0", }, }, },
  "packages": {
    "@babel/code-frame": ["@babel/code-frame@7.24.7", "", { "dependencies": { "picocolors": "^1.0.0" } }, "sha512-x=="],

    "renamed": ["ms@2.0.0", "", {}, "sha512-x=="],

    "forked": ["forked@github:a/forked#0123abcd", {}, "a-forked-0123abcd"],

    "local": ["local@file:local", { "dependencies": { "ms": "2.1.2" } }],

    "packed": ["packed@packed.tgz", {}],

    "member": ["member@workspace:packages/member"],

    "member/lodash": ["lodash@3.10.1", "", {}, "sha512-x=="],

    "odd": [1],
  },
}
"#,
        &[
            "@babel/code-frame@7.24.7",
            "ms@2.0.0",
            "forked@0123abcd?vcs_url=git%2Bhttps://github.com/a/forked@0123abcd",
            "lodash@3.10.1",
        ],
        &[
            "malformed: package `packed` has no version",
            "malformed: package `odd` is no list that begins with its name",
        ],
    );
}

#[test]
fn what_is_damaged_costs_itself_and_what_is_large_or_deep_ends() {
    check_with(
        "package-lock.json",
        r#"{"lockfileVersion": 3, "packages": {"node_modules/a": {"version": 1}, "node_modules/b b": {"version": "1"},
            "node_modules/c": {"version": "1.0.0"}}}"#,
        &["c@1.0.0"],
        &[
            "malformed: package `node_modules/a`: invalid type: integer `1`, expected a string at line 1 column 13",
            "malformed: `b b 1` is no name and version",
        ],
    );
    let deep = (0..npm::MAX_DEPTH + 5).fold("{}".to_owned(), |inner, number| {
        format!(r#"{{"a{number}": {{"version": "1.0.0", "dependencies": {inner}}}}}"#)
    });
    let (packages, unread) = read_file("package-lock.json", &format!(r#"{{"dependencies": {deep}}}"#));
    assert_eq!(packages.len(), npm::MAX_DEPTH);
    assert_eq!(unread, ["unsupported: dependencies are in each other deeper than this plugin's limit of 64"]);
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    check(
        "package-lock.json",
        &format!(
            r#"{{"x": {open}{close}, "packages": {{"node_modules/a": {{"version": "1", "y": {open}{close}}}}}}}"#
        ),
        &["a@1"],
    );
    for path in ["package-lock.json", "pnpm-lock.yaml", "bun.lock"] {
        let (packages, unread) = read_file(path, &open);
        assert_eq!((packages.len(), unread.len()), (0, 1), "{path}");
    }
    let many: String =
        (0..=MAX_PACKAGES).map(|number| format!("a{number}@1:\n  version \"1.0.0\"\n")).collect();
    let (packages, unread) = read_file("yarn.lock", &many);
    assert_eq!(packages.len(), MAX_PACKAGES);
    assert_eq!(unread, ["unsupported: the file declares more packages than this plugin's limit of 100000"]);
    let large = " ".repeat(MAX_FILE as usize + 1);
    check_with(
        "yarn.lock",
        &large,
        &[],
        &["unsupported: the file has 16777217 bytes, over this plugin's limit of 16777216"],
    );
    let large = format!("__metadata:{}", " ".repeat(MAX_YAML as usize));
    for (path, size) in [("yarn.lock", 8_388_619), ("pnpm-lock.yaml", 8_388_619)] {
        let why = format!("unsupported: the file has {size} bytes, over this plugin's limit of 8388608");
        check_with(path, &large, &[], &[&why]);
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(packages in prop::collection::btree_map("(@[a-z]{1,5}/)?[a-z][a-z0-9]{0,8}", "[0-9]{1,3}(\\.[0-9]{1,3}){2}", 0..10)) {
        let expected: Vec<_> = packages.iter().map(|(name, version)| format!("{name}@{version}")).collect();
        let each = |write: &dyn Fn(&str, &str) -> String| -> String {
            packages.iter().map(|(name, version)| write(name, version)).collect()
        };
        let json = each(&|name, version| format!("\"node_modules/{name}\": {{\"version\": \"{version}\"}},"));
        let json = format!("{{\"packages\": {{{}}}}}", json.trim_end_matches(','));
        prop_assert_eq!(&read_file("package-lock.json", &json).0, &expected);
        let json = each(&|name, version| format!("\"{name}\": {{\"version\": \"{version}\"}},"));
        let json = format!("{{\"dependencies\": {{{}}}}}", json.trim_end_matches(','));
        prop_assert_eq!(&read_file("package-lock.json", &json).0, &expected);
        let yarn = each(&|name, version| format!("\"{name}@^{version}\":\n  version \"{version}\"\n\n"));
        prop_assert_eq!(&read_file("yarn.lock", &yarn).0, &expected);
        let berry = each(&|name, version| format!("\"{name}@npm:^{version}\":\n  version: {version}\n  resolution: \"{name}@npm:{version}\"\n"));
        prop_assert_eq!(&read_file("yarn.lock", &format!("__metadata:\n  version: 8\n{berry}")).0, &expected);
        let pnpm = each(&|name, version| format!("  '{name}@{version}':\n    resolution: {{integrity: x}}\n"));
        prop_assert_eq!(&read_file("pnpm-lock.yaml", &format!("lockfileVersion: '9.0'\npackages:\n{pnpm}")).0, &expected);
        let pnpm = each(&|name, version| format!("  /{name}/{version}_peer@1:\n    resolution: {{integrity: x}}\n"));
        prop_assert_eq!(&read_file("pnpm-lock.yaml", &format!("lockfileVersion: 5.3\npackages:\n{pnpm}")).0, &expected);
        let bun = each(&|name, version| format!("\"x/{name}\": [\"{name}@{version}\", \"\", {{}},],\n"));
        prop_assert_eq!(&read_file("bun.lock", &format!("{{\"lockfileVersion\": 1, \"packages\": {{{bun}}},}}")).0, &expected);
    }

    #[test]
    fn no_text_is_too_odd_to_be_read(text in "(__metadata:\n|lockfileVersion: '9.0'\n|packages:\n|  |\"|a@npm:b|version:? \"?1\n|resolution: |[{}\\[\\],:#/@(]|\\PC{0,5}|\n){0,20}") {
        for path in ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"] {
            read_file(path, &text);
        }
    }
}

/// What packages of a lock file need, those that say it.
fn needs(path: &str, text: &str) -> Vec<String> {
    let file = File::in_memory(path, text);
    let mut report = Report::default();
    read(Kind::of(path).unwrap(), &file, &mut report).unwrap();
    let word = |needed: &Requirement| match &needed.version {
        Some(version) => format!("{}@{version}", needed.name),
        None => needed.name.clone(),
    };
    let line = |package: &Package| {
        let mut needed: Vec<_> = package.requires.as_ref()?.iter().map(word).collect();
        needed.sort_unstable();
        Some(format!("{}@{}: {}", package.name, package.version, needed.join(" ")))
    };
    report.packages().filter_map(line).collect()
}

#[test]
fn packages_of_npm_need_what_is_in_the_folders_around_them() {
    let text = r#"{"lockfileVersion": 3, "packages": {
        "": {"name": "shop", "workspaces": ["packages/*"], "dependencies": {"a": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1", "renamed": "npm:d@4"},
            "optionalDependencies": {"c": "1", "absent": "1"}, "devDependencies": {"x": "1"},
            "peerDependencies": {"x": "1"}},
        "node_modules/a/node_modules/b": {"version": "1.0.0", "dependencies": {"c": "*", "@s/e": "*"}},
        "node_modules/b": {"version": "2.0.0", "dependencies": {"c": "*", "beside": "*"}},
        "node_modules/c": {"version": "3.0.0"},
        "node_modules/renamed": {"name": "d", "version": "4.0.0", "dependencies": ["c"]},
        "node_modules/a/node_modules/@s/e": {"version": "5.0.0"},
        "node_modules/beside": {"resolved": "../beside", "link": true},
        "../beside": {"version": "0.1.0", "dependencies": {"c": "*"}},
        "packages/m/node_modules/f": {"version": "6.0.0", "dependencies": {"g": "*", "c": "*"}},
        "packages/m/node_modules/g": {"version": "7.0.0"}}}"#;
    let expected = [
        "a@1.0.0: absent b@1.0.0 c@3.0.0 d@4.0.0",
        "b@1.0.0: @s/e@5.0.0 c@3.0.0",
        "b@2.0.0: beside c@3.0.0",
        "c@3.0.0: ",
        "@s/e@5.0.0: ",
        "beside@0.1.0: c@3.0.0",
        "f@6.0.0: c@3.0.0 g@7.0.0",
        "g@7.0.0: ",
    ];
    assert_eq!(needs("app/package-lock.json", text), expected);
    let text = r#"{"lockfileVersion": 1, "requires": true, "dependencies": {
        "a": {"version": "1.0.0", "requires": {"b": "1", "c": "*"}, "dependencies": {
            "b": {"version": "1.0.0", "requires": {"c": "*", "renamed": "*"}}}},
        "b": {"version": "2.0.0"},
        "c": {"version": "3.0.0", "requires": true},
        "renamed": {"version": "npm:d@4.0.0", "requires": {"b": "2"}}}}"#;
    let expected = ["a@1.0.0: b@1.0.0 c@3.0.0", "b@1.0.0: c@3.0.0 d@4.0.0", "b@2.0.0: ", "d@4.0.0: b@2.0.0"];
    assert_eq!(needs("package-lock.json", text), expected);
    // npm before version 5 wrote no such thing.
    assert_eq!(needs("package-lock.json", &text.replace("\"lockfileVersion\": 1, ", "")), [""; 0]);
}

#[test]
fn packages_of_yarn_need_what_their_patterns_stand_for() {
    let text = "# yarn lockfile v1\n\n\n\"@s/a@^1.0.0\":\n  version \"1.0.0\"\n  dependencies:\n    b \"^1.0.0 || ^2.0.0\"\n    \
                \"@s/c\" \">=1\"\n    gone \"1\"\n  optionalDependencies:\n    d \"*\"\n\nb@^2.0.0, \"b@^1.0.0 || ^2.0.0\":\n  \
                version \"2.0.0\"\n\nb@^1.0.0:\n  version \"1.5.0\"\n  resolved \"https://registry.yarnpkg.com/b\"\n\n\
                \"@s/c@>=1\":\n  version \"3.0.0\"\n  other:\n    b \"^1.0.0\"\n\n\"d@*\", \"d@npm:e@1\":\n  version \"4.0.0\"\n";
    let expected = [
        "@s/a@1.0.0: @s/c@3.0.0 b@2.0.0 d@4.0.0 gone",
        "b@2.0.0: ",
        "b@1.5.0: ",
        "@s/c@3.0.0: ",
        "d@4.0.0: ",
    ];
    assert_eq!(needs("yarn.lock", text), expected);
    let text = "__metadata:\n  version: 6\n\n\"@s/a@npm:^1.0.0\":\n  version: 1.0.0\n  resolution: \"@s/a@npm:1.0.0\"\n  \
                dependencies:\n    b: \"^1.0.0 || ^2.0.0\"\n    renamed: \"npm:d@4\"\n    member: \"workspace:*\"\n  \
                peerDependencies:\n    x: 1\n\n\"b@npm:^1.0.0 || ^2.0.0, b@npm:^2.0.0\":\n  version: 2.0.0\n  \
                resolution: \"b@npm:2.0.0\"\n  dependencies:\n    b: \"npm:^1.0.0\"\n\n\"b@npm:^1.0.0\":\n  version: 1.5.0\n  \
                resolution: \"b@npm:1.5.0\"\n\n\"renamed@npm:d@4\":\n  version: 4.0.0\n  resolution: \"d@npm:4.0.0\"\n\n\
                \"member@workspace:*\":\n  version: 0.0.0-use.local\n  resolution: \"member@workspace:m\"\n  linkType: soft\n";
    let expected = ["@s/a@1.0.0: b@2.0.0 d@4.0.0 member", "b@2.0.0: b@1.5.0", "b@1.5.0: ", "d@4.0.0: "];
    assert_eq!(needs("yarn.lock", text), expected);
}

#[test]
fn packages_of_pnpm_need_the_versions_that_are_named() {
    let five = "lockfileVersion: 5.4\npackages:\n  /@s/a/1.0.0_b@2.0.0:\n    resolution: {integrity: x}\n    dependencies:\n      \
                b: 2.0.0\n      c: 3.0.0_b@2.0.0\n      renamed: /d/4.0.0\n      here: link:../here\n    optionalDependencies:\n      \
                e: 5.0.0\n    devDependencies:\n      x: 1.0.0\n  /b/2.0.0:\n    resolution: {integrity: x}\n";
    let expected = ["@s/a@1.0.0: b@2.0.0 c@3.0.0 d@4.0.0 e@5.0.0 here", "b@2.0.0: "];
    assert_eq!(needs("pnpm-lock.yaml", five), expected);
    let six = "lockfileVersion: '6.0'\npackages:\n  /@s/a@1.0.0(b@2.0.0):\n    dependencies:\n      c: 3.0.0(b@2.0.0)\n      \
               renamed: /@s/d@4.0.0\n  /@s/a@1.0.0(b@3.0.0):\n    dependencies:\n      c: 3.1.0(b@3.0.0)\n";
    assert_eq!(needs("pnpm-lock.yaml", six), ["@s/a@1.0.0: @s/d@4.0.0 c@3.0.0 c@3.1.0"]);
    let nine = "lockfileVersion: '9.0'\npackages:\n  '@s/a@1.0.0':\n    resolution: {integrity: x}\n  b@2.0.0:\n    \
                resolution: {integrity: x}\n  c@3.0.0:\n    resolution: {integrity: x}\nsnapshots:\n  \
                '@s/a@1.0.0(b@2.0.0)':\n    dependencies:\n      b: 2.0.0\n  '@s/a@1.0.0(b@3.0.0)':\n    dependencies:\n      \
                b: 3.0.0\n      renamed: '@s/d@4.0.0(b@3.0.0)'\n      other: https://example.org/other.tgz\n  b@2.0.0: {}\n";
    assert_eq!(needs("pnpm-lock.yaml", nine), ["@s/a@1.0.0: @s/d@4.0.0 b@2.0.0 b@3.0.0 other", "b@2.0.0: "]);
}

#[test]
fn packages_of_bun_need_what_is_in_the_folders_around_them() {
    let text = r#"{"lockfileVersion": 1, "packages": {
        "@s/a": ["@s/a@1.0.0", "", {"dependencies": {"b": "1", "c": "*"}, "optionalDependencies": {"d": "*"},
            "peerDependencies": {"x": "1"}}, "sha512-"],
        "@s/a/b": ["b@1.0.0", "", {"dependencies": {"c": "*"}}, "sha512-"],
        "b": ["b@2.0.0", "", {}, "sha512-"],
        "c": ["c@github:o/c#0123abcd", {"dependencies": {"b": "*"}}, "o-c-0123abcd"],
        "e": ["e@1.0.0"],
        "f": ["f@1.0.0", "", {"dependencies": ["b"]}, "sha512-"]}}"#;
    let expected =
        ["@s/a@1.0.0: b@1.0.0 c@0123abcd d", "b@1.0.0: c@0123abcd", "b@2.0.0: ", "c@0123abcd: b@2.0.0"];
    assert_eq!(needs("bun.lock", text), expected);
}
