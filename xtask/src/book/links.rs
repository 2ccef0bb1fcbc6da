//! Where the links of the documentation lead.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::PAGES;
use crate::tree::Tree;

/// The chapters of the book.
const SUMMARY: &str = "docs/SUMMARY.md";

/// Pages beside the book whose links are checked.
const OTHERS: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "plugins/README.md",
    "wit/README.md",
];

/// Where the files of the repository are read on the web.
const REPOSITORY: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main");

/// A page: the anchors that it has, and its links.
struct Page {
    anchors: BTreeSet<String>,
    links: Vec<Link>,
}

/// A link to somewhere in this repository.
struct Link {
    /// Where it stands in the page.
    range: Range<usize>,
    line: usize,
    /// As it is written.
    target: String,
}

/// Pages that are in no chapter or in several, and links that lead nowhere.
///
/// # Errors
/// Where a page cannot be read.
pub(super) fn problems(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut names: Vec<PathBuf> = OTHERS.iter().map(PathBuf::from).collect();
    let folder = Tree::of_folder(&root.join(PAGES))?;
    let pages = folder.files().map(|(path, _)| path).filter(|path| path.ends_with(".md"));
    names.extend(pages.map(|path| Path::new(PAGES).join(path)));
    let mut pages = BTreeMap::new();
    for name in names {
        let path = root.join(&name);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        pages.insert(name, Page::read(&text));
    }
    let mut problems = in_chapters(&pages);
    for (name, page) in &pages {
        for link in &page.links {
            if let Err(why) = follow(root, &pages, name, link) {
                problems.push(format!("{}:{}: `{}`: {why}", name.display(), link.line, link.target));
            }
        }
    }
    Ok(problems)
}

fn in_chapters(pages: &BTreeMap<PathBuf, Page>) -> Vec<String> {
    let Some(summary) = pages.get(Path::new(SUMMARY)) else {
        return vec![format!("there is no `{SUMMARY}`")];
    };
    let chapters: Vec<PathBuf> =
        summary.links.iter().map(|link| resolve(Path::new(SUMMARY), &link.target)).collect();
    let mut problems = Vec::new();
    for name in pages.keys().filter(|name| name.starts_with(PAGES) && *name != Path::new(SUMMARY)) {
        match chapters.iter().filter(|chapter| *chapter == name).count() {
            1 => {}
            0 => problems.push(format!("`{}` is in no chapter: add it to `{SUMMARY}`", name.display())),
            count => problems.push(format!("`{}` is in {count} chapters of `{SUMMARY}`", name.display())),
        }
    }
    problems
}

fn follow(root: &Path, pages: &BTreeMap<PathBuf, Page>, from: &Path, link: &Link) -> Result<(), String> {
    let target = resolve(from, &link.target);
    if !root.join(&target).exists() {
        return Err(format!("there is no `{}`", target.display()));
    }
    let Some((_, anchor)) = link.target.split_once('#') else { return Ok(()) };
    match pages.get(&target) {
        Some(page) if page.anchors.contains(anchor) => Ok(()),
        Some(_) => Err(format!("`{}` has no heading `#{anchor}`", target.display())),
        None => Err(format!("`{}` is no page whose headings are known", target.display())),
    }
}

/// The file to which a link leads, by its path in the repository.
fn resolve(from: &Path, target: &str) -> PathBuf {
    let path = target.split_once('#').map_or(target, |(path, _)| path);
    if path.is_empty() {
        return from.to_owned();
    }
    let mut resolved = from.parent().unwrap_or(Path::new("")).to_owned();
    for component in Path::new(path).components() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

impl Page {
    fn read(text: &str) -> Self {
        let mut page = Self { anchors: BTreeSet::new(), links: Vec::new() };
        let mut heading: Option<String> = None;
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let mut unique = anchor.clone();
                    for number in 1.. {
                        if page.anchors.insert(unique) {
                            break;
                        }
                        unique = format!("{anchor}-{number}");
                    }
                }
                Event::Text(part) | Event::Code(part) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&part);
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    let is_here = !dest_url.contains("://") && !dest_url.starts_with("mailto:");
                    if is_here && !dest_url.is_empty() {
                        let before = text.get(..range.start).unwrap_or_default();
                        let line = before.matches('\n').count().saturating_add(1);
                        page.links.push(Link { range, line, target: dest_url.into_string() });
                    }
                }
                _ => {}
            }
        }
        page
    }
}

/// What a heading is called in addresses, by mdBook and by GitHub.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars().filter_map(|letter| match letter {
        _ if letter.is_whitespace() => Some('-'),
        '-' | '_' => Some(letter),
        _ => letter.is_alphanumeric().then_some(letter),
    });
    letters.collect::<String>().to_lowercase()
}

/// The text of a page, in which links that lead out of the book lead to the repository.
pub(super) fn within_book(text: &str, place: &Path) -> String {
    let mut text = text.to_owned();
    let mut links = Page::read(&text).links;
    // From the end, so that what is before stays where it is.
    links.sort_by_key(|link| std::cmp::Reverse(link.range.start));
    for link in links {
        let file = resolve(place, &link.target);
        if file.starts_with(PAGES) {
            continue;
        }
        let anchor = link.target.split_once('#').map(|(_, anchor)| format!("#{anchor}")).unwrap_or_default();
        let whole = format!("]({REPOSITORY}/{}{anchor})", file.display());
        if let Some(written) = text.get(link.range.clone()) {
            let changed = written.replace(&format!("]({})", link.target), &whole);
            text.replace_range(link.range, &changed);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_called_as_mdbook_and_github_call_them() {
        let page = Page::read("# `limpid scan`, and more\n\n## A\n\n## A\n\n### Trivy's JSON\n");
        let anchors: Vec<_> = page.anchors.iter().map(String::as_str).collect();
        assert_eq!(anchors, ["a", "a-1", "limpid-scan-and-more", "trivys-json"]);
    }

    #[test]
    fn links_that_lead_nowhere_are_told_with_their_line() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for other in OTHERS {
            put(other, "# A\n\n[b](#a)\n");
        }
        put("docs/SUMMARY.md", "# Summary\n\n- [A](a.md)\n- [C](c.md)\n");
        put(
            "docs/a.md",
            "# A\n\n[b](b.md) [c](sub/b.md#b) [d](../README.md#x) [e](https://a.example/#x)\n`[f](g)`\n",
        );
        put("docs/sub/b.md", "# B\n\n[up](../a.md#a)\n");
        let expected = [
            "`docs/sub/b.md` is in no chapter: add it to `docs/SUMMARY.md`",
            "docs/SUMMARY.md:4: `c.md`: there is no `docs/c.md`",
            "docs/a.md:3: `b.md`: there is no `docs/b.md`",
            "docs/a.md:3: `../README.md#x`: `README.md` has no heading `#x`",
        ];
        assert_eq!(problems(root.path()).unwrap(), expected);
    }

    #[test]
    fn links_that_lead_out_of_the_book_lead_to_the_repository() {
        let page = "[`wit`](../wit/README.md#worlds) and [api](api.md#errors)\n";
        let expected = format!("[`wit`]({REPOSITORY}/wit/README.md#worlds) and [api](api.md#errors)\n");
        assert_eq!(within_book(page, Path::new("docs/plugins.md")), expected);
    }
}
