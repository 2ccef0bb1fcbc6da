use std::fs;

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> SourceName {
    text.parse().unwrap()
}

#[test]
fn a_form_is_told_by_what_it_begins_with() {
    let text = |text: &str| SourceName::Text(text.to_owned());
    let check = |given: &str, expected: SourceName| assert_eq!(parsed(given), expected, "{given}");
    check("-", SourceName::StandardInput);
    // Images of these names, not transports.
    for image in ["docker:27-cli", "registry:2", "podman:5", "containerd:1", "nginx", "a/b:c", "oci"] {
        check(image, text(image));
    }
    check("dir:x", SourceName::Directory("x".into()));
    check("dir:/", SourceName::Directory("/".into()));
    check("sbom:a:b.json", SourceName::Bill("a:b.json".into()));
    check("docker://docker:27-cli", SourceName::Daemon(DaemonKind::Docker, "docker:27-cli".to_owned()));
    check("podman://localhost/a", SourceName::Daemon(DaemonKind::Podman, "localhost/a".to_owned()));
    check("registry://dir:x", SourceName::Registry("dir:x".to_owned()));
    check("c:\\x", text("c:\\x"));
    for path in ["./dir:x", "./nginx", "../a", "/a:b", ".", ".."] {
        check(path, SourceName::Path(path.into()));
    }
    let stored = |form, text: &str| SourceName::Stored { form, text: text.to_owned() };
    check("docker-archive:a.tar:b:1", stored(Form::DockerArchive, "a.tar:b:1"));
    check("oci-archive:a", stored(Form::OciArchive, "a"));
    check("oci:a:b", stored(Form::Oci, "a:b"));
}

#[test]
fn a_form_without_what_it_needs_is_refused() {
    let check = |given: &str, expected: &str| {
        let error = given.parse::<SourceName>().unwrap_err().to_string();
        assert!(error.contains(expected), "{given}: {error}");
    };
    check("", "it is empty");
    check("dir:", "a path is missing after `dir:`");
    check("sbom:", "a path is missing after `sbom:`");
    check("oci:", "a path is missing after `oci:`");
    check("docker://", "the name of an image is missing after `docker://`");
    check("docker://../../info", "begins with a letter or digit");
    check("podman://a b", "it holds ` `");
    check("registry://https://a/b", "no form begins with `https://`");
}

#[test]
fn a_text_that_can_be_no_image_says_what_it_was_taken_for() {
    let check = |given: &str, expected: &[&str]| {
        let error = parsed(given).resolve().unwrap_err().to_string();
        for expected in expected {
            assert!(error.contains(expected), "{given}: {error}");
        }
    };
    check("c:\\x", &["as a path, nothing is there", "as the name of an image, it holds `\\`"]);
    check("https://registry.example/a", &["as a path", "no form begins with `https://`"]);
    check("image.tar", &["as a path, nothing is there"]);
    check("./nginx-that-is-not-here", &["as a path, nothing is there"]);
    check("a@b", &["no digest"]);
    check("a:b:c", &["a tag is one word"]);
    check("oci:no:such", &["as the path `no:such`, nothing is there", "the path `no` with the image `such`"]);
    check("dir:no-such", &["as a root file system, nothing is there"]);
    check("sbom:no-such", &["as a bill of materials, nothing is there"]);
    check("sbom:/", &["as a bill of materials, what is there is a directory"]);
    check("no-such.json", &["as a path, nothing is there"]);
}

#[test]
fn what_begins_as_in_other_tools_is_told_the_form_of_ours() {
    let check = |given: &str, expected: &str| {
        let error = match parsed(given).resolve() {
            Err(error) => error,
            // Nobody has an image of that name.
            Ok(Place::Image { name, tried }) => tried.into_error(&name),
            Ok(place) => panic!("{given}: {place:?}"),
        };
        let error = error.to_string();
        assert!(error.ends_with(expected), "{given}: {error}");
    };
    check(
        "docker-daemon:nginx:1",
        "in place of `docker-daemon:…`, write `docker://NAME` (an image of Docker)",
    );
    check(
        "containers-storage:nginx",
        "write `podman://NAME` (an image of Podman, whose service has that storage)",
    );
    check("containerd:nginx", "write `oci-archive:PATH` (what `ctr images export` writes)");
    check("image:nginx:1", "write `NAME` alone");
    check("oci-dir:x", "write `oci:PATH` (a directory that is an OCI image layout)");
    check("docker:nginx:1", "write `docker://NAME` (an image of Docker)");
    check("registry:a.example/b:1", "write `registry://NAME` (an image of a registry)");
    check("oci://a.example/b:1", "in place of `oci://…`, write `registry://NAME` (an image of a registry)");
    check("https://a.example/b", "write `registry://NAME` (an image of a registry)");
    check("nginx:1:2", "a tag is one word after one `:`");
    for own in ["docker://a b", "podman://", "registry://a b"] {
        let error = own.parse::<SourceName>().unwrap_err().to_string();
        assert!(!error.contains("in place of"), "{error}");
    }
}

#[test]
fn a_name_that_is_no_path_is_an_image() {
    for name in
        ["nginx", "docker:27-cli", "registry.example:5000/a/b:1@sha256:12", "sha256:0123", "0123abcdef12"]
    {
        let Place::Image { name: found, tried } = parsed(name).resolve().unwrap() else { panic!("{name}") };
        assert_eq!((found.as_str(), tried.to_string().as_str()), (name, "as a path, nothing is there"));
    }
}

#[test]
fn the_longest_path_that_is_there_wins() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
    for name in ["a", "a:b"] {
        fs::write(at(name), "").unwrap();
    }
    fs::create_dir(at("a:b:c")).unwrap();
    let check = |given: String, path: &str, name: Option<&str>| {
        let expected = Place::Stored { path: at(path).into(), name: name.map(str::to_owned) };
        assert_eq!(parsed(&given).resolve().unwrap(), expected, "{given}");
    };
    check(format!("oci-archive:{}", at("a")), "a", None);
    check(format!("oci-archive:{}", at("a:")), "a", None);
    check(format!("oci-archive:{}", at("a:b")), "a:b", None);
    check(format!("oci-archive:{}", at("a:b:1")), "a:b", Some("1"));
    check(format!("docker-archive:{}", at("a:x.example:5000/y:1")), "a", Some("x.example:5000/y:1"));
    // What is there must be of the form.
    check(format!("oci-archive:{}", at("a:b:c")), "a:b", Some("c"));
    check(format!("oci:{}", at("a:b:c:sha256:12")), "a:b:c", Some("sha256:12"));
    let error = parsed(&format!("oci:{}", at("a"))).resolve().unwrap_err().to_string();
    assert!(error.contains("an OCI archive is `oci-archive:PATH`"), "{error}");
}

#[test]
fn a_directory_that_is_no_layout_hides_no_image_of_its_name() {
    let root = tempfile::tempdir().unwrap();
    let error = SourceName::Path(root.path().into()).resolve().unwrap_err().to_string();
    assert!(error.contains("a root file system is `dir:"), "{error}");
    // The tests run in the folder of their crate.
    let Place::Image { tried, .. } = parsed("src").resolve().unwrap() else { panic!() };
    assert!(tried.to_string().contains("no OCI image layout"), "{tried}");
    fs::write(root.path().join("index.json"), "").unwrap();
    let place = SourceName::Path(root.path().into()).resolve().unwrap();
    assert_eq!(place, Place::Stored { path: root.path().into(), name: None });
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused_with_a_reason(text in ".{0,40}") {
        match text.parse::<SourceName>().and_then(SourceName::resolve) {
            Ok(Place::Image { name, .. }) => prop_assert_eq!(name, text),
            Ok(_) => {}
            Err(error) => prop_assert!(error.to_string().contains("as ")),
        }
    }
}
