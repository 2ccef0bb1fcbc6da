use super::*;
use crate::test_support::{Tar, magic, path};

/// Holds what one claimant of `glob` sees of layers against what is right.
fn check(glob: &str, layers: &[Tar], expected: &[(&str, &str)]) -> Image {
    let layers: Vec<_> = layers.iter().map(|layer| layer.clone().end()).collect();
    let image = image(&layers, &[vec![path(glob)]]);
    let seen: Vec<_> = by_path(&image.seen).into_iter().map(|((_, path), content)| (path, content)).collect();
    assert_eq!(seen, expected);
    image
}

fn tar() -> Tar {
    Tar::default()
}

#[test]
fn a_claimed_path_is_read_through_links_to_files_and_directories() {
    let there = || tar().file("x/status", b"1");
    for target in ["../../../x/status", "/x/status", "../.././../x/./status", "/../x/status"] {
        let layers = [there().symlink("var/lib/db/status", target)];
        let image = check("var/lib/db/status", &layers, &[("var/lib/db/status", "1")]);
        assert_eq!(image.unread, []);
    }
    for (link, target) in [("var/lib/db", "../../x"), ("var/lib/db", "/x"), ("var/lib/db", "/x/.")] {
        let expected = [("var/lib/db/status", "1")];
        check("var/lib/db/status", &[there().symlink(link, target)], &expected);
        check("var/lib/db/*", &[there(), tar().symlink(link, target)], &expected);
        check("var/lib/db/*", &[tar().symlink(link, target), there()], &expected);
    }
}

#[test]
fn links_lead_over_links_of_other_layers() {
    let layers = [
        tar().symlink("a", "b/c"),
        tar().symlink("b", "/d").file("d/e/status", b"1"),
        tar().symlink("d/c", "../d/e"),
    ];
    let image = check("a/status", &layers, &[("a/status", "1")]);
    let file = &image.links.files[0];
    assert_eq!((file.layer, file.since, file.real.as_str()), (1, 2, "d/e/status"));
}

#[test]
fn a_file_that_is_claimed_where_a_link_leads_is_seen_once() {
    let glob = "{etc,usr/lib}/os-release";
    let release = tar().file("usr/lib/os-release", b"1").symlink("etc/os-release", "../usr/lib/os-release");
    let image = check(glob, &[release], &[("usr/lib/os-release", "1")]);
    assert_eq!(image.links, Links::default());
    let usrmerge = tar().symlink("lib", "usr/lib").file("usr/lib/m/package.json", b"1");
    let expected = [("usr/lib/m/package.json", "1")];
    check("**/package.json", std::slice::from_ref(&usrmerge), &expected);
    check("{usr/,}lib/*/package.json", &[usrmerge], &expected);
    let twice = tar().file("x", b"1").symlink("etc/a", "../x").symlink("etc/b", "../x");
    check("etc/*", &[twice], &[("etc/a", "1")]);
}

#[test]
fn linked_modules_are_seen_where_they_are_linked() {
    let glob = "**/node_modules/*/package.json";
    let module =
        || tar().file("app/packages/a/package.json", b"1").file("app/packages/a/lib/package.json", b"2");
    let expected = [("app/node_modules/a/package.json", "1")];
    check(glob, &[module().symlink("app/node_modules/a", "../packages/a")], &expected);
    check(glob, &[module().symlink("app/node_modules", "packages")], &expected);
    let file = tar().file("x.json", b"1").symlink("node_modules/a/package.json", "../../x.json");
    check(glob, &[file], &[("node_modules/a/package.json", "1")]);
}

#[test]
fn links_that_lead_nowhere_or_in_a_circle_are_no_files_and_no_gap() {
    let nowhere = tar().symlink("a/b", "../x").symlink("a/c", "c").symlink("a/d", "../a/e/x");
    assert_eq!(check("a/*", &[nowhere], &[]).unread, []);
    check("a/*", &[tar().symlink("a", "b").symlink("b", "a")], &[]);
    // A directory that holds itself.
    check("**/m/*/p", &[tar().symlink("m/m", "..").file("m/x/p", b"1")], &[("m/x/p", "1")]);
}

#[test]
fn a_whiteout_below_a_link_removes_what_a_container_loses_by_it() {
    let below = || tar().file("var/lib/db/status", b"1");
    let directory = tar().directory("d").file("d/status", b"x");
    let link = tar().symlink("d", "var/lib/db").file("d/.wh.status", b"");
    check("var/lib/db/status", &[below(), directory, link], &[]);
    let through = |target: &str, whiteout: &str, expected: &[(&str, &str)]| {
        let layers = [below().symlink("d", target), tar().file(whiteout, b"")];
        check("var/lib/db/*", &layers, expected);
    };
    through("var/lib/db", "d/.wh.status", &[]);
    through("var/lib", "d/.wh.db", &[]);
    through("/var", "d/lib/.wh..wh..opq", &[]);
    // That of the link itself removes the link.
    through("var/lib/db", ".wh.d", &[("var/lib/db/status", "1")]);
}

#[test]
fn what_is_written_through_a_link_replaces_the_file_where_it_lands() {
    let below = || tar().file("var/lib/db/status", b"1").symlink("d", "var/lib/db");
    let upper = tar().file("d/status", b"2").file("d/new", b"3");
    let expected = [("var/lib/db/new", "3"), ("var/lib/db/status", "2")];
    let image = check("var/lib/db/*", &[below(), upper], &expected);
    assert_eq!(image.links.files.iter().map(|file| file.layer).collect::<Vec<_>>(), [1, 1]);
    // Seen once where both paths are claimed, and under the other one when the link is gone.
    let both = "{d,var/lib/db}/*";
    check(both, &[below(), tar().file("d/status", b"2")], &[("d/status", "2")]);
    let gone = [below(), tar().file("d/status", b"2"), tar().file(".wh.d", b"")];
    check(both, &gone, &[("var/lib/db/status", "2")]);
    // Through a link that leads to nothing yet.
    check("a/b/c", &[tar().symlink("d", "a/b"), tar().file("d/c", b"1")], &[("a/b/c", "1")]);
}

#[test]
fn a_link_in_place_of_a_directory_shows_what_it_leads_to() {
    let lower = tar().file("var/lib/db/status", b"1").file("e/db/status", b"2");
    let layers = [lower, tar().symlink("var/lib", "../e")];
    let image = check("var/lib/db/status", &layers, &[("var/lib/db/status", "2")]);
    let file = &image.links.files[0];
    assert_eq!((file.layer, file.since), (0, 1));
}

#[test]
fn a_directory_in_place_of_a_link_is_not_what_the_link_led_to() {
    let below = tar().file("x/status", b"1").symlink("var/db", "../x");
    check("var/db/*", &[below.clone(), tar().directory("var/db")], &[]);
    let upper = tar().directory("var/db").file("var/db/status", b"2");
    check("var/db/*", &[below, upper], &[("var/db/status", "2")]);
}

#[test]
fn hard_links_have_the_content_of_the_lower_layer() {
    let below = || tar().file("x/status", b"1");
    let link = || tar().hard_link("db/status", "x/status");
    let removed = link().file("x/.wh.status", b"");
    let replaced = link().file("x/status", b"2");
    for upper in [link(), removed, replaced] {
        let image = check("db/status", &[below(), upper], &[("db/status", "1")]);
        assert_eq!(image.unread, []);
        assert_eq!((image.links.files[0].layer, image.links.files[0].since), (0, 1));
    }
    let after = tar().file("x/status", b"2").hard_link("db/status", "x/status");
    check("db/status", &[below(), after], &[("db/status", "2")]);
    let through = [below().symlink("y", "x"), tar().hard_link("db/status", "y/status")];
    check("db/status", &through, &[("db/status", "1")]);
    let chain = [below(), link(), tar().hard_link("db/s", "db/status")];
    check("db/*", &chain, &[("db/s", "1"), ("db/status", "1")]);
    // To a symbolic link: another one.
    let symbolic = [below().symlink("y", "x/status"), tar().hard_link("s", "y")];
    check("s", &symbolic, &[("s", "1")]);
}

#[test]
fn a_hard_link_that_leads_to_nothing_is_unread() {
    let image = check("db/status", &[tar().file("a", b"1"), tar().hard_link("db/status", "x")], &[]);
    let why = "a hard link to `x`, which is no file of this layer or of those below it";
    assert_eq!(image.unread.len(), 1);
    assert!(image.unread[0].2.contains(why), "{:?}", image.unread);
}

#[test]
fn files_that_are_claimed_for_their_content_are_seen_under_what_names_are_left() {
    let layers = [tar().file("x", b"MAGIC"), tar().hard_link("y", "x").file(".wh.x", b"")];
    let image = image(&layers.map(Tar::end), &[vec![magic(b"MAGIC")]]);
    assert_eq!(image.seen, [(0, "y".to_owned(), "MAGIC".to_owned())]);
}

#[test]
fn who_claims_where_a_link_leads_is_not_shown_the_link() {
    let layers = [tar().file("x/status", b"1").symlink("db", "x").end()];
    let claims = [vec![path("db/*")], vec![path("**/status")], vec![path("db/*"), path("x/*")]];
    let image = image(&layers, &claims);
    let expected = [(0, "db/status"), (1, "x/status"), (2, "x/status")];
    assert_eq!(image.seen, expected.map(|(claimant, path)| (claimant, path.to_owned(), "1".to_owned())));
}

#[test]
fn a_whiteout_counts_in_the_order_of_the_tar() {
    let below = || tar().file("a/x", b"1");
    check("a/*", &[below(), tar().file("a/x", b"2").file("a/.wh.x", b"")], &[]);
    check("a/*", &[below(), tar().file("a/.wh.x", b"").file("a/x", b"2")], &[("a/x", "2")]);
    // An opaque marker leaves what its own layer has, wherever it stands.
    check("a/*", &[below(), tar().file("a/y", b"2").file("a/.wh..wh..opq", b"")], &[("a/y", "2")]);
}

#[test]
fn what_is_over_a_limit_is_stated_of_the_claimed_path() {
    let layers = [tar().file("x/a", b"11").file("x/b", b"2").symlink("db", "x").end()];
    let check = |limits: Limits, seen: usize, expected: &str| {
        let image = image_within(&layers, &[vec![path("db/*")]], &limits);
        let message: String = image.unread.iter().map(|(_, path, why)| format!("{path}: {why}\n")).collect();
        assert!(
            image.seen.len() == seen && message.contains(expected),
            "{expected}: {:?}: {message}",
            image.seen
        );
    };
    let limits = Limits::default;
    check(Limits { claimed_file_bytes: 1, ..limits() }, 1, "db/a: ");
    check(Limits { claimed_file_bytes: 1, ..limits() }, 1, "`claimed_file_bytes` of 1");
    check(Limits { claimed_bytes: 2, ..limits() }, 1, "`claimed_bytes` of 2");
    check(Limits { linked_files: 1, ..limits() }, 1, "db/b: ");
    check(Limits { linked_files: 1, ..limits() }, 1, "`linked_files` of 1");
    check(Limits { linked_steps: 1, ..limits() }, 1, "`linked_steps` of 1");
    check(Limits { image_entries: 2, ..limits() }, 0, "`image_entries` of 2");
    check(Limits { links_followed: 0, ..limits() }, 0, "`links_followed` of 0");
}

/// What is stated of all paths of an image in which a link leads somewhere.
fn stated(layer: Tar, limits: &Limits) -> String {
    let image = image_within(&[layer.symlink("db", "x").end()], &[vec![path("db/*")]], limits);
    image.unread.iter().map(|(_, path, why)| format!("{path}: {why}\n")).collect()
}

#[test]
fn steps_of_long_paths_and_far_links_are_counted() {
    let far = |parts: usize| {
        let detour = "x/../".repeat(18);
        let links = (0..parts).fold(tar().directory("x"), |tar, number| {
            tar.symlink(&format!("l{number}"), &format!("{detour}l{}", number + 1))
        });
        let links = links.directory(&format!("l{parts}"));
        (0..20).fold(links, |tar, number| tar.file(&format!("l0/{number}"), b""))
    };
    let limits = Limits { linked_steps: 1_000, ..Limits::default() };
    assert_eq!(stated(far(1), &limits), "");
    assert!(stated(far(30), &limits).contains("`linked_steps` of 1000"));
    assert_eq!(stated(far(30), &Limits::default()), "");
}

#[test]
fn what_is_looked_at_to_hide_it_is_counted() {
    let files = (0..100).fold(tar().directory("x"), |tar, number| tar.file(&format!("x/{number}"), b""));
    let opaque = |times: usize| (0..times).fold(files.clone(), |tar, _| tar.file("x/.wh..wh..opq", b""));
    let limits = Limits { linked_steps: 1_000, ..Limits::default() };
    assert_eq!(stated(opaque(2), &limits), "");
    assert!(stated(opaque(100), &limits).contains("`linked_steps` of 1000"));
}

#[test]
fn directories_that_stand_too_deep_are_stated() {
    let deep = |levels: usize| {
        let name = vec!["d"; levels].join("/");
        tar().entry(tar::EntryType::GNULongName, "x", "", name.as_bytes()).directory("cut").file("x/1", b"1")
    };
    assert_eq!(stated(deep(1_000), &Limits::default()), "");
    assert!(stated(deep(1_100), &Limits::default()).contains("more than 1024 directories"));
}

#[test]
fn a_target_that_may_be_in_a_layer_that_was_not_read_is_stated_of_the_claimed_path() {
    let entries = |tar: Tar| {
        let claims = ClaimSet::new(std::iter::empty()).unwrap();
        let tar = tar.end();
        let mut sink = Recorder::default();
        read_layer(&undigested(&tar, &tar), &claims, &scratch(), &Limits::default(), &mut sink)
            .unwrap()
            .entries
    };
    let claim = [path("db/status")];
    let claims = ClaimSet::new([claim.as_slice()].into_iter()).unwrap();
    let unknown = LayerEntries::default();
    let upper = entries(tar().symlink("db/status", "/x").symlink("etc/y", "/z"));
    let found = links(&[&unknown, &upper], &BTreeSet::from([0]), &claims, &Limits::default());
    let message: Vec<_> = found.unfollowed.iter().map(|it| (it.path.as_str(), it.layer)).collect();
    assert_eq!(message, [("db/status", 1)]);
    assert!(links(&[&unknown, &upper], &BTreeSet::new(), &claims, &Limits::default()).is_empty());
}
