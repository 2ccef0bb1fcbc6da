//! Pages in Chromium: whether anybody can use them, and whether anything of others does something in them.
//!
//! Each view is opened over a store that the service has filled itself. `LIMPID_PICTURES` names a folder for pictures
//! of what was opened.

mod chromium;
mod place;
mod tab;

use std::path::PathBuf;
use std::{env, fs};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use xtask::AXE;

use crate::program::{Setup, built};
use crate::service::{Service, until};
use place::{HOSTILE, Place};
use tab::{Key, NARROW, Tab, WIDE};

/// The success criteria of [WCAG 2.2](https://www.w3.org/TR/WCAG22/) at level AA, as axe-core names them.
const CRITERIA: &str = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']";

/// Largest page, in bytes, before it is compressed.
const LARGEST: u64 = 100_000;

/// What can be reached with the keyboard, in the order of the document.
const REACHABLE: &str = "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary, \
                         [tabindex=\"0\"]')].filter(it => it.checkVisibility({ visibilityProperty: true }))";

/// Saves what is shown, where somebody wants to look at it.
fn picture(tab: &mut Tab, path: &str, manner: &str) {
    let Some(folder) = env::var_os("LIMPID_PICTURES").map(PathBuf::from) else { return };
    let name: String =
        path.chars().take(60).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.{manner}.png")), BASE64_STANDARD.decode(tab.picture()).unwrap())
        .unwrap();
}

fn open_details(tab: &mut Tab) {
    tab.value("document.querySelectorAll('details').forEach(it => { it.open = true }); 0");
}

/// What axe-core finds, of which there shall be nothing.
fn violations(tab: &mut Tab) -> Vec<String> {
    let run = format!(
        "axe.run(document, {{ runOnly: {{ type: 'tag', values: {CRITERIA} }}, resultTypes: ['violations'] }})\
         .then(found => found.violations.flatMap(it => it.nodes.map(node => \
         it.id + ': ' + node.target.join(' ') + ': ' + node.failureSummary)))"
    );
    let found = tab.value(&run);
    found.as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs Chromium and axe-core: `cargo xtask test-with browser`"]
fn no_view_keeps_anybody_from_using_it() {
    let axe = fs::read_to_string(built(&format!("../{AXE}"))).unwrap();
    let place = Place::shared();
    let mut tab = Tab::new(place.address());
    let mut found = Vec::new();
    for path in place.views() {
        for scheme in ["light", "dark"] {
            tab.prefer(scheme);
            tab.open(&path);
            picture(&mut tab, &path, scheme);
            open_details(&mut tab);
            tab.load(&axe);
            found.extend(violations(&mut tab).into_iter().map(|it| format!("{path} ({scheme}): {it}")));
        }
    }
    assert_eq!(found, Vec::<String>::new(), "{}", found.join("\n"));
    tab.value("document.documentElement.removeAttribute('lang'); 0");
    assert!(violations(&mut tab)[0].starts_with("html-has-lang"), "what is wrong is found");
}

#[test]
#[ignore = "needs Chromium and axe-core: `cargo xtask test-with browser`"]
fn a_report_in_html_keeps_nobody_from_using_it() {
    let axe = fs::read_to_string(built(&format!("../{AXE}"))).unwrap();
    let place = Place::shared();
    let mut tab = Tab::new(place.address());
    for path in place.reports() {
        for (scheme, width) in [("light", WIDE), ("dark", WIDE), ("light", NARROW)] {
            tab.resize(width);
            tab.prefer(scheme);
            tab.open(&path);
            picture(&mut tab, &path, &format!("{scheme}-{width}"));
            open_details(&mut tab);
            tab.load(&axe);
            assert_eq!(violations(&mut tab), Vec::<String>::new(), "{path} ({scheme}, {width})");
        }
    }
}

#[test]
#[ignore = "needs Chromium and axe-core: `cargo xtask test-with browser`"]
fn no_view_is_wider_than_the_narrowest_screen() {
    let axe = fs::read_to_string(built(&format!("../{AXE}"))).unwrap();
    let place = Place::shared();
    let mut tab = Tab::new(place.address());
    tab.resize(NARROW);
    let mut found = Vec::new();
    for path in place.views() {
        tab.open(&path);
        picture(&mut tab, &path, "narrow");
        open_details(&mut tab);
        let width = tab.value("document.scrollingElement.scrollWidth");
        if width != NARROW {
            let widest = "[...document.querySelectorAll('main *, header *, footer *')].filter(it => \
                          it.getBoundingClientRect().right > innerWidth).slice(-3).map(it => it.outerHTML.slice(0, 200))";
            found.push(format!("{path} is {width} wide: {}", tab.value(widest)));
        }
        tab.load(&axe);
        found.extend(violations(&mut tab).into_iter().map(|it| format!("{path} (narrow): {it}")));
    }
    assert_eq!(found, Vec::<String>::new(), "{}", found.join("\n"));
}

#[test]
#[ignore = "needs Chromium: `cargo xtask test-with browser`"]
fn what_others_write_is_text_on_every_view() {
    let place = Place::shared();
    let mut tab = Tab::new(place.address());
    let marked = "[document.querySelectorAll('script:not([src]), img, iframe, object, embed, style').length, \
                  [...document.querySelectorAll('*')].filter(it => [...it.attributes].some(at => \
                  at.name.startsWith('on') || at.name === 'style' || \
                  /^\\s*(javascript|data|vbscript):/i.test(at.value))).length]";
    let mut seen = [false; HOSTILE.len()];
    for path in place.views() {
        // It fails where the browser is troubled.
        tab.open(&path);
        open_details(&mut tab);
        assert_eq!(tab.value(marked), serde_json::json!([0, 0]), "{path}");
        let text = tab.value("document.body.textContent");
        let text = text.as_str().unwrap();
        for (hostile, seen) in HOSTILE.iter().zip(&mut seen) {
            *seen |= text.contains(&hostile.replace('\u{202e}', "\u{2039}U+202E\u{203a}"));
            assert!(!text.contains('\u{202e}'), "{path}");
        }
        assert_eq!(tab.troubles(), Vec::<String>::new(), "{path}");
        if path != "/images/nothing" {
            let bytes = tab.value("fetch(location).then(it => it.arrayBuffer()).then(it => it.byteLength)");
            assert!(bytes.as_u64().unwrap() < LARGEST, "{path} has {bytes} bytes");
        }
    }
    assert_eq!(seen, [true; HOSTILE.len()], "each of the texts is shown somewhere");
    // What a page may not do would have been noticed.
    tab.value("fetch('http://127.0.0.1:1/').catch(() => 0)");
    let troubles = until("the browser tells of it", || Some(tab.troubles()).filter(|it| !it.is_empty()));
    assert!(troubles.concat().contains("Content Security Policy"), "{troubles:?}");
}

#[test]
#[ignore = "needs Chromium: `cargo xtask test-with browser`"]
fn the_keyboard_reaches_everything_in_its_order() {
    let place = Place::shared();
    let mut tab = Tab::new(place.address());
    tab.open("/");
    tab.press(Key::Tab);
    assert_eq!(tab.value("document.activeElement.className"), "skip");
    tab.press(Key::Enter);
    tab.until("location.hash === '#main'");
    tab.press(Key::Tab);
    assert_eq!(tab.value("document.querySelector('main').contains(document.activeElement)"), true);
    for path in place.views() {
        tab.open(&path);
        let all = tab.value(&format!(
            "window.all = {REACHABLE}; window.reached = []; window.unseen = []; \
             document.addEventListener('focusin', ({{ target }}) => {{ \
             const at = all.indexOf(target); if (at >= 0) reached.push(at); \
             if (getComputedStyle(target).outlineStyle === 'none') unseen.push(target.outerHTML) }}); all.length"
        ));
        let all = all.as_u64().unwrap();
        // A field of a date has several stops.
        for _ in 0..all + 12 {
            tab.press(Key::Tab);
            if tab.value("reached.length") == all {
                break;
            }
        }
        let reached = tab.value("reached");
        assert_eq!(reached, Value::from((0..all).collect::<Vec<_>>()), "{path}");
        assert_eq!(tab.value("unseen"), serde_json::json!([]), "{path}");
    }
}

/// How many findings a page of an image says that it shows.
const COUNT: &str = "document.querySelector('#findings .count').textContent.trim()";

#[test]
#[ignore = "needs Chromium: `cargo xtask test-with browser`"]
fn a_filter_gives_the_same_view_with_scripts_and_without_and_after_going_back() {
    let place = Place::shared();
    let path = format!("/images/{}", place.debian);
    let filter = |tab: &mut Tab| {
        tab.value("document.querySelector('#findings input[name=q]').focus(); 0");
        tab.write("curl");
        tab.press(Key::Enter);
    };
    let mut plain = Tab::new(place.address());
    plain.without_scripts();
    plain.open(&path);
    let all = plain.value(COUNT);
    filter(&mut plain);
    plain.arrive();
    let (some, address) = (plain.value(COUNT), plain.value("location.search"));
    assert_ne!(all, some);
    assert!(address.as_str().unwrap().contains("q=curl"), "{address}");

    let mut tab = Tab::new(place.address());
    tab.open(&path);
    tab.value("window.mark = 1; 0");
    filter(&mut tab);
    tab.until("location.search.includes('q=curl')");
    tab.until(&format!("{COUNT} === {some}"));
    assert_eq!(tab.value("window.mark"), 1, "the page was not loaded anew");
    assert_eq!(tab.troubles(), Vec::<String>::new());
    tab.value("history.back(); 0");
    tab.until(&format!("document.readyState === 'complete' && {COUNT} === {all}"));
    let search = address.as_str().unwrap();
    tab.open(&format!("{path}{search}"));
    assert_eq!(tab.value(COUNT), some, "a copied address gives the same view");
}

#[test]
#[ignore = "needs Chromium: `cargo xtask test-with browser`"]
fn every_view_is_whole_without_scripts() {
    let place = Place::shared();
    let (mut plain, mut tab) = (Tab::new(place.address()), Tab::new(place.address()));
    plain.without_scripts();
    let text = "document.querySelector('main').innerText";
    for path in place.views() {
        plain.open(&path);
        tab.open(&path);
        let (without, with) = (plain.value(text), tab.value(text));
        // How long ago something was changes between two pages, and each problem has a number of its own.
        if path != "/images/nothing" && !path.starts_with("/feeds") {
            assert_eq!(without, with, "{path}");
        }
        assert!(without.as_str().unwrap().len() > 20, "{path}: {without}");
    }
}

#[test]
#[ignore = "needs Chromium: `cargo xtask test-with browser`"]
fn forms_do_what_they_say() {
    let place = Place::shared();
    let mut tab = Tab::new(place.address());
    tab.open("/notices?state=dead");
    let rows = "document.querySelectorAll('#notices tbody tr').length";
    assert!(tab.value(rows).as_u64().unwrap() > 0);
    tab.value("document.querySelector('form.act button').focus(); 0");
    tab.press(Key::Enter);
    tab.arrive();
    assert_eq!(tab.value("location.pathname + location.search"), "/notices?subscription=shop");
    // A proof of another page does nothing.
    tab.open("/subscriptions/shop");
    let stolen = "fetch('/subscriptions/shop', { method: 'POST', headers: { 'content-type': \
                  'application/x-www-form-urlencoded' }, body: 'action=test&proof=00' }).then(it => it.status)";
    assert_eq!(tab.value(stolen), 403);
}

#[test]
#[ignore = "needs Chromium: `cargo xtask test-with browser`"]
fn whoever_signs_in_comes_back_to_where_they_were() {
    let service = Service::with(Setup::new().with("LIMPID_ACCESS__REQUIRED", true));
    let made = service.setup.run(["token", "create", "tester", "--role", "read"]).ok();
    let mut tab = Tab::new(service.api.address().trim_start_matches("http://"));
    tab.open("/feeds?format=");
    assert_eq!(tab.value("location.pathname"), "/sign-in");
    tab.value("document.querySelector('input[name=token]').focus(); 0");
    tab.write(made.trim());
    tab.press(Key::Enter);
    tab.arrive();
    assert_eq!(tab.value("location.pathname + document.cookie"), "/feeds", "no script reads the cookie");
    tab.value("document.querySelector('form.out button').focus(); 0");
    tab.press(Key::Enter);
    tab.arrive();
    assert_eq!(tab.value("location.pathname"), "/sign-in");
}

#[test]
#[ignore = "needs Chromium: `cargo xtask test-with browser`"]
fn an_image_can_be_printed() {
    let place = Place::shared();
    let mut tab = Tab::new(place.address());
    tab.resize(WIDE);
    tab.prefer("dark");
    tab.open(&format!("/images/{}", place.debian));
    let pdf = BASE64_STANDARD.decode(tab.pdf()).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    tab.print();
    let shown = |selector: &str| format!("document.querySelector('{selector}').checkVisibility()");
    assert_eq!(tab.value(&shown("#findings table")), true);
    for gone in [".top nav", "#findings .filter"] {
        assert_eq!(tab.value(&shown(gone)), false, "{gone}");
    }
    let ink =
        tab.value("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]");
    assert_eq!(ink, serde_json::json!(["rgb(0, 0, 0)", "rgb(255, 255, 255)"]), "ink is dark on paper");
}
