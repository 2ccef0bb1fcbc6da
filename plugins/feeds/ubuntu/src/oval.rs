//! Documents of OVAL. They are read for what stands beside the tests: the comment of each criterion, which names a
//! source package, a release or pocket, and what the team says of it.

use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Rating, Sink};
use limpid_xml::{Step, Xml};

use crate::index;
use crate::judgement::All;
use crate::release::{ESM, Name, Place, Platform, named};
use crate::said::{Said, Word};
use crate::text;
use crate::tracker::RATER;

/// Statements of one definition: of a kernel there are some hundred.
const MAX_STATEMENTS: usize = 100_000;
/// Addresses of one definition.
const MAX_REFERENCES: usize = 256;

/// Where a description ends, and advice begins that is of no use for an image.
const ADVICE: &str = "Update Instructions:";

/// What a document turned out to be.
#[derive(Default)]
struct Summary {
    /// Definitions of vulnerabilities.
    definitions: usize,
    /// Those that state something, or that nobody is affected.
    read: usize,
    /// The series of which the first one is, and its platform.
    about: Option<(String, Platform)>,
    why: Option<Error>,
}

/// Reads a document.
///
/// # Errors
///
/// Where it is no document of definitions of vulnerabilities, ends early, or no definition could be used.
pub(crate) fn read(source: &str, document: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let mut xml = Xml::new(document);
    match xml.next()? {
        Step::Open if xml.name() == "oval_definitions" => {}
        Step::Open => {
            let why = format!("the document is a `{:.100}`, not `oval_definitions`", xml.name());
            return Err(Error::malformed(why));
        }
        Step::Close | Step::End => return Err(Error::malformed("the document has no element")),
    }
    let mut summary = Summary::default();
    while xml.child()? {
        match xml.name() {
            "generator" => generator(&mut xml, sink)?,
            "definitions" => {
                while xml.child()? {
                    definition(&mut xml, &mut summary, sink)?;
                    xml.record();
                }
            }
            // What is tested, in which way.
            "tests" | "objects" | "states" | "variables" => {
                while xml.child()? {
                    xml.skip()?;
                    xml.record();
                }
            }
            _ => xml.skip()?,
        }
    }
    let Summary { definitions, read, about, why } = summary;
    match (definitions, read, why) {
        (0, ..) => Err(Error::unsupported("the document has no definition of a vulnerability")),
        (1, 0, Some(why)) => Err(why),
        (_, 0, Some(why)) => Err(Error::malformed(format_args!(
            "none of {definitions} definitions could be used, the first: {why}"
        ))),
        _ => {
            if let Some((series, platform)) = about {
                identify(source, &series, &platform, sink);
            }
            Ok(())
        }
    }
}

/// A document that was fetched is the one that was asked for: pockets are not called in it as in its name.
fn identify(source: &str, series: &str, platform: &Platform, sink: &mut dyn Sink) {
    let is_known = source.strip_prefix("oval/").is_some_and(|name| name.rsplit('_').next() == Some(series));
    if !is_known {
        let name = match &platform.pocket {
            Some(pocket) => format!("{pocket}_{series}"),
            None => series.to_owned(),
        };
        sink.identify(&index::source_of(&name));
    }
}

fn generator<R: Read>(xml: &mut Xml<R>, sink: &mut dyn Sink) -> Result<(), Error> {
    while xml.child()? {
        let is_time = xml.name() == "timestamp";
        let value = xml.text()?;
        if let Some(time) = Some(value).filter(|_| is_time).and_then(|value| text::time(&value)) {
            sink.dated(&time);
        }
    }
    Ok(())
}

/// What a definition says beside its criteria.
#[derive(Default)]
struct Metadata {
    advisory: Advisory,
    platform: Option<Platform>,
}

fn definition<R: Read>(xml: &mut Xml<R>, summary: &mut Summary, sink: &mut dyn Sink) -> Result<(), Error> {
    let is_vulnerability = xml.attribute("class")?.as_deref() == Some("vulnerability");
    let is_deprecated = matches!(xml.attribute("deprecated")?.as_deref(), Some("true" | "1"));
    if !is_vulnerability || is_deprecated {
        return xml.skip();
    }
    summary.definitions += 1;
    let id = xml.attribute_or_empty("id")?;
    let mut metadata = Metadata::default();
    let mut comments = Vec::new();
    while xml.child()? {
        match xml.name() {
            "metadata" => metadata.read(xml)?,
            "criteria" => criteria(xml, &mut comments)?,
            _ => xml.skip()?,
        }
    }
    match stated(&id, metadata, comments, summary, sink) {
        Ok(advisory) => {
            summary.read += 1;
            advisory.into_iter().for_each(|advisory| sink.advisory(advisory));
        }
        Err(why) => {
            summary.why.get_or_insert_with(|| why.clone());
            sink.reject(text::shown(&id), why);
        }
    }
    Ok(())
}

/// The comments of all criteria, however deep these lie.
fn criteria<R: Read>(xml: &mut Xml<R>, comments: &mut Vec<String>) -> Result<(), Error> {
    while xml.child()? {
        match xml.name() {
            "criteria" => criteria(xml, comments)?,
            "criterion" => {
                if comments.len() < MAX_STATEMENTS {
                    comments.push(xml.attribute_or_empty("comment")?);
                }
                xml.skip()?;
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

/// The advisory that a definition is; none where nobody is affected.
fn stated(
    id: &str,
    metadata: Metadata,
    comments: Vec<String>,
    summary: &mut Summary,
    sink: &mut dyn Sink,
) -> Result<Option<Advisory>, Error> {
    let Metadata { advisory, platform } = metadata;
    if advisory.id.is_empty() {
        return Err(Error::malformed("it names no vulnerability"));
    }
    let platform = platform.ok_or_else(|| Error::malformed("it names no version of Ubuntu"))?;
    let series = id.strip_prefix("oval:com.ubuntu.").and_then(|rest| rest.split(':').next());
    let series = series.ok_or_else(|| Error::malformed("its identifier names no series of Ubuntu"))?;
    let own = Some((series, platform.version.as_str()));
    if comments.len() >= MAX_STATEMENTS {
        return Err(Error::malformed(format_args!("it has more than {MAX_STATEMENTS} criteria")));
    }
    let mut said = All::default();
    let mut running = Vec::new();
    for comment in &comments {
        let (package, release, one) = match Comment::of(comment) {
            Ok(Comment::Said { package, release, said }) => (package, release, said),
            Ok(Comment::Running(kernel)) => {
                running.push(kernel);
                continue;
            }
            Ok(Comment::Other) => continue,
            Err(why) => {
                sink.reject(&format!("{}/{}", advisory.id, text::shown(comment)), why);
                continue;
            }
        };
        match named(release.unwrap_or(series), own) {
            Name::Place(place) if is_stated(&place, &platform) => said.add(place, package, one),
            Name::Place(_) | Name::Other => {}
            Name::Unknown => {
                let why = Error::unsupported("it is of no release that is known");
                sink.reject(&format!("{}/{}", advisory.id, text::shown(comment)), why);
            }
        }
    }
    // Of a kernel without a fix it is only asked whether it runs; in the documents of pockets not where it is from.
    let place = Place { version: platform.version.clone(), pocket: None };
    for kernel in running.into_iter().filter(|_| platform.pocket.is_none()) {
        let is_fixed_in =
            |pocket: &str| said.has(&Place { pocket: Some(pocket.to_owned()), ..place.clone() }, kernel);
        if !said.has(&place, kernel) && !ESM.into_iter().any(is_fixed_in) {
            said.add(place.clone(), kernel, Said::new(Word::Needed, ""));
        }
    }
    let is_nothing = said.is_empty() && platform.pocket.is_none();
    summary.about.get_or_insert_with(|| (series.to_owned(), platform));
    if is_nothing {
        let first = comments.first().map_or("", String::as_str);
        let why = format!("no criterion says anything of a package, the first: `{}`", text::shown(first));
        return Err(Error::malformed(why));
    }
    let affected = said.affected(|_, _| Vec::new());
    Ok(Some(Advisory { affected, ..advisory }).filter(|advisory| !advisory.affected.is_empty()))
}

/// Whether a document states what it says of a place. Those of pockets with builds of their own also repeat what the
/// release and its ESM pockets say.
fn is_stated(place: &Place, platform: &Platform) -> bool {
    let goes_on = place.pocket.as_deref().is_none_or(|pocket| ESM.contains(&pocket));
    goes_on == platform.pocket.is_none()
}

/// What the comment of a criterion says.
#[derive(Debug, PartialEq, Eq)]
enum Comment<'a> {
    /// Something of a package, in a release or pocket where it names one.
    Said { package: &'a str, release: Option<&'a str>, said: Said },
    /// That this kernel has to run.
    Running(&'a str),
    /// Nothing of a package.
    Other,
}

impl<'a> Comment<'a> {
    /// Parses it. The wording of the generator has changed over the years:
    ///
    /// - `openssh package in jammy was vulnerable but has been fixed (note: '1:8.9p1-3ubuntu0.5').`
    /// - `openssh source package in esm-apps/noble, is affected and has been fixed (note: '1:9.6p1-3ubuntu13.3').`
    /// - `'linux' kernel in noble was vulnerable but has been fixed (note: '6.8.0-84.84').`
    /// - `jquery: while related to the CVE in some way, a decision has been made to ignore this issue.`
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] where it says something of a package that is not known.
    fn of(comment: &'a str) -> Result<Self, Error> {
        let comment = comment.trim();
        if let Some(kernel) =
            comment.strip_prefix("Is kernel ").and_then(|rest| rest.strip_suffix(" running?"))
        {
            let kernel = bare(kernel);
            return Ok(if text::is_word(kernel) { Self::Running(kernel) } else { Self::Other });
        }
        let parts = [" source package in ", " package in ", " kernel in "];
        let split = parts.into_iter().find_map(|part| comment.split_once(part));
        let (package, release, phrase) = match split {
            Some((package, rest)) => {
                let end = rest.find([' ', ',']).unwrap_or(rest.len());
                let (release, phrase) = rest.split_at_checked(end).unwrap_or((rest, ""));
                (package, Some(release), phrase)
            }
            None => match comment.split_once(": while related to the CVE in some way") {
                Some((package, phrase)) => (package, None, phrase),
                None => return Ok(Self::Other),
            },
        };
        let package = bare(package.strip_prefix("The ").unwrap_or(package));
        if !text::is_word(package) {
            return Err(Error::malformed("the package's name is empty, too long or has blanks"));
        }
        Ok(Self::Said { package, release, said: said(phrase)? })
    }
}

/// Without quotation marks.
fn bare(name: &str) -> &str {
    name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')).unwrap_or(name)
}

/// What the team says, in the words of the generator.
fn said(phrase: &str) -> Result<Said, Error> {
    let (phrase, note) = match phrase.split_once("(note: '") {
        Some((phrase, rest)) => (phrase, rest.rsplit_once("')").map_or(rest, |(note, _)| note)),
        None => (phrase, ""),
    };
    let has = |words: &str| phrase.contains(words);
    let word = match () {
        () if has("related to the CVE in some way and has been fixed") || has("not affected") => {
            Word::NotAffected
        }
        () if has("has been fixed") => Word::Released,
        () if has("pending publication") => Word::Pending,
        () if has("defer") => Word::Deferred,
        () if has("ignore") || has("no longer supported") || has("end of life") => Word::Ignored,
        () if has("may need fixing") || has("pending evaluation") => Word::NeedsTriage,
        () if has("needs fixing") => Word::Needed,
        () if has("does not exist") => Word::Missing,
        () => return Err(Error::unsupported(format_args!("`{}` is no status", text::shown(phrase.trim())))),
    };
    let detail = match word {
        Word::Ignored if note.is_empty() && !has("ignore") => "no longer supported",
        _ => note,
    };
    Ok(Said::new(word, detail))
}

impl Metadata {
    fn read<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<(), Error> {
        while xml.child()? {
            match xml.name() {
                "reference" => {
                    let is_cve = xml.attribute("source")?.as_deref() == Some("CVE");
                    let id = xml.attribute_or_empty("ref_id")?;
                    let address = xml.attribute_or_empty("ref_url")?;
                    if is_cve && self.advisory.id.is_empty() && text::is_identifier(&id) {
                        self.refer(&format!("https://ubuntu.com/security/{id}"));
                        self.advisory.id = id;
                    }
                    self.refer(&address);
                    xml.skip()?;
                }
                "description" => {
                    let text = xml.text()?;
                    let text = text.split(ADVICE).next().unwrap_or_default();
                    text.trim().clone_into(&mut self.advisory.details);
                }
                "affected" => {
                    while xml.child()? {
                        let platform = xml.text()?;
                        self.platform = self.platform.take().or_else(|| Platform::of(&platform));
                    }
                }
                "advisory" => {
                    while xml.child()? {
                        self.read_detail(xml)?;
                    }
                }
                _ => xml.skip()?,
            }
        }
        Ok(())
    }

    fn read_detail<R: Read>(&mut self, xml: &mut Xml<R>) -> Result<(), Error> {
        match xml.name() {
            "severity" => {
                let word = xml.text()?.to_ascii_lowercase();
                self.rate(&word);
            }
            "public_date" => self.advisory.published = text::time(&xml.text()?),
            "bug" | "ref" => {
                let address = xml.text()?;
                self.refer(&address);
            }
            "cve" => {
                let priority = xml.attribute_or_empty("priority")?;
                let vector = xml.attribute_or_empty("cvss_vector")?;
                let notices = xml.attribute_or_empty("usns")?;
                xml.skip()?;
                self.rate(&priority);
                if let Some(system) = text::system(&vector) {
                    self.advisory.ratings.push(Rating::word(system, vector.clone()));
                }
                for notice in notices.split(',').filter(|notice| text::is_identifier(notice)) {
                    self.refer(&format!("https://ubuntu.com/security/notices/USN-{notice}"));
                }
            }
            _ => xml.skip()?,
        }
        Ok(())
    }

    /// Takes the team's priority. That it is not given yet is none; severity and priority are the same.
    fn rate(&mut self, word: &str) {
        let is_word = (1..=32).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let is_rated = self.advisory.ratings.iter().any(|rating| rating.system == RATER);
        if is_word && word != "untriaged" && !is_rated {
            self.advisory.ratings.push(Rating::word(RATER, word));
        }
    }

    fn refer(&mut self, address: &str) {
        let references = &mut self.advisory.references;
        let is_new = references.len() < MAX_REFERENCES && !references.iter().any(|known| known == address);
        if is_new && text::is_address(address) {
            references.push(address.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_says_what_the_tracker_says() {
        let check = |comment: &str, package: &str, release: Option<&str>, word: Word, detail: &str| {
            let expected = Comment::Said { package, release, said: Said::new(word, detail) };
            assert_eq!(Comment::of(comment), Ok(expected), "{comment}");
        };
        let jammy = Some("jammy");
        check(
            "openssh package in jammy was vulnerable but has been fixed (note: '1:8.9p1-3ubuntu0.5').",
            "openssh",
            jammy,
            Word::Released,
            "1:8.9p1-3ubuntu0.5",
        );
        check(
            "openssh source package in esm-apps/noble, is affected and has been fixed (note: '1.2-3').",
            "openssh",
            Some("esm-apps/noble"),
            Word::Released,
            "1.2-3",
        );
        check(
            "'linux' kernel in noble was vulnerable but has been fixed (note: '6.8.0-84.84').",
            "linux",
            Some("noble"),
            Word::Released,
            "6.8.0-84.84",
        );
        check(
            "The 'php-openid' package in trusty is affected and needs fixing.",
            "php-openid",
            Some("trusty"),
            Word::Needed,
            "",
        );
        check(
            "jquery package in jammy is affected and may need fixing.",
            "jquery",
            jammy,
            Word::NeedsTriage,
            "",
        );
        check(
            "jquery source package in jammy, might be affected and may need fixing.",
            "jquery",
            jammy,
            Word::NeedsTriage,
            "",
        );
        check(
            "jquery package in jammy is affected, but a decision has been made to defer addressing it (note: '2019-01-01').",
            "jquery",
            jammy,
            Word::Deferred,
            "2019-01-01",
        );
        check(
            "grub2-unsigned package in jammy is affected. An update containing the fix has been completed and is pending publication (note: '2.04-1ubuntu42').",
            "grub2-unsigned",
            jammy,
            Word::Pending,
            "2.04-1ubuntu42",
        );
        check(
            "jquery: while related to the CVE in some way, a decision has been made to ignore this issue (note: 'end of life, was needed').",
            "jquery",
            None,
            Word::Ignored,
            "end of life, was needed",
        );
        check(
            "jquery package in jammy, is related to the CVE in some way and has been fixed (note: '3.12.0-2').",
            "jquery",
            jammy,
            Word::NotAffected,
            "3.12.0-2",
        );
        check(
            "firefox package in jammy was vulnerable and has been fixed, but no release version available for it.",
            "firefox",
            jammy,
            Word::Released,
            "",
        );
        check(
            "jquery package in jammy is no longer supported.",
            "jquery",
            jammy,
            Word::Ignored,
            "no longer supported",
        );
    }

    #[test]
    fn other_comments_say_nothing_or_something_that_is_not_known() {
        assert_eq!(Comment::of("Is kernel 'linux-hwe-6.8' running?"), Ok(Comment::Running("linux-hwe-6.8")));
        assert_eq!(Comment::of("Is kernel running?"), Ok(Comment::Other));
        assert_eq!(Comment::of("Ubuntu 24.04 LTS (noble) is installed"), Ok(Comment::Other));
        assert_eq!(Comment::of(""), Ok(Comment::Other));
        assert!(Comment::of("jquery package in jammy is blue.").is_err());
        assert!(Comment::of("'' package in jammy is affected and needs fixing.").is_err());
        assert!(Comment::of("a b package in jammy is affected and needs fixing.").is_err());
    }
}
