use limpid_model::{Advisory, Affected, Bound, Enrichment, InputError, Range, Rating, Statement, Status};

use super::fields::Unusable;
use super::{Fields, input_error, shorten};
use crate::contract::{intake as wit, types};
use crate::{Mode, Source};

/// A record that cannot be used.
#[derive(Debug)]
pub(crate) struct Flaw {
    /// The record's own id, shortened.
    pub(crate) id: String,
    /// Which field, and why.
    pub(crate) why: InputError,
}

/// Converts a record, or says of which one what is wrong.
fn record<R>(id: String, convert: impl FnOnce(String) -> Result<R, Unusable>) -> Result<R, Flaw> {
    let known_as = shorten(id.clone());
    convert(id).map_err(|why| Flaw { id: known_as, why: InputError::Other(why) })
}

pub(crate) fn advisory(fields: &mut Fields, mut stated: wit::Advisory) -> Result<Advisory, Flaw> {
    record(std::mem::take(&mut stated.id), |id| {
        Ok(Advisory {
            id: fields.name("advisory.id", id)?,
            aliases: fields.names("advisory.aliases", stated.aliases)?,
            title: fields.text("advisory.title", stated.title)?,
            details: fields.text("advisory.details", stated.details)?,
            ratings: ratings(fields, stated.ratings)?,
            weaknesses: fields.names("advisory.weaknesses", stated.weaknesses)?,
            references: fields.texts("advisory.references", stated.references)?,
            published: fields.optional("advisory.published", stated.published)?,
            modified: fields.optional("advisory.modified", stated.modified)?,
            withdrawn: fields.optional("advisory.withdrawn", stated.withdrawn)?,
            affected: each(stated.affected, |stated| affected(fields, stated))?,
        })
    })
}

pub(crate) fn enrichment(fields: &mut Fields, mut stated: wit::Enrichment) -> Result<Enrichment, Flaw> {
    record(std::mem::take(&mut stated.id), |id| {
        Ok(Enrichment {
            id: fields.name("enrichment.id", id)?,
            kind: fields.name("enrichment.kind", stated.kind)?,
            ratings: ratings(fields, stated.ratings)?,
            facts: fields.pairs("enrichment.facts", stated.facts)?,
        })
    })
}

pub(crate) fn source(fields: &mut Fields, stated: wit::Source) -> Result<Source, Flaw> {
    record(stated.name, |name| {
        Ok(Source {
            name: fields.name("source.name", name)?,
            url: fields.name("source.url", stated.url)?,
            mode: match stated.mode {
                wit::Mode::Whole => Mode::Whole,
                wit::Mode::Delta => Mode::Delta,
            },
        })
    })
}

pub(crate) fn withdrawal(fields: &mut Fields, id: String) -> Result<String, Flaw> {
    record(id, |id| fields.name("withdraw.id", id))
}

/// A rejection is passed on whatever its id is: records are rejected that have none.
pub(crate) fn rejection(
    fields: &mut Fields,
    (id, why): (String, types::Error),
) -> Result<(String, InputError), Flaw> {
    record(shorten(id), |id| Ok((fields.short("reject.id", id)?, input_error(why))))
}

/// Longest date or time, in bytes.
const DATE_BYTES: usize = 64;

/// Of when a document says that it is: a date, alone or with a time after it.
pub(crate) fn date(fields: &mut Fields, when: String) -> Result<String, Flaw> {
    fields.count(when.len());
    if when.len() <= DATE_BYTES && begins_with_date(when.as_bytes()) {
        return Ok(when);
    }
    let why = format!("`{}` is no date as in RFC 3339", when.chars().take(DATE_BYTES).collect::<String>());
    Err(Flaw { id: "date of the document".to_owned(), why: InputError::Malformed(why) })
}

fn begins_with_date(text: &[u8]) -> bool {
    let Some((date, rest)) = text.split_first_chunk::<10>() else { return false };
    let fits = |(byte, form): (&u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form };
    date.iter().zip(b"0000-00-00").all(fits) && rest.first().is_none_or(|byte| b"Tt ".contains(byte))
}

/// What a feed wants to be given back at its next run.
pub(crate) fn cursor(cursor: Option<String>) -> Result<Option<String>, Unusable> {
    cursor.map(|cursor| Fields::default().text("cursor", cursor)).transpose()
}

fn each<W, M>(stated: Vec<W>, convert: impl FnMut(W) -> Result<M, Unusable>) -> Result<Vec<M>, Unusable> {
    stated.into_iter().map(convert).collect()
}

fn ratings(fields: &mut Fields, stated: Vec<wit::Rating>) -> Result<Vec<Rating>, Unusable> {
    each(stated, |stated| {
        Ok(Rating {
            system: fields.name("rating.system", stated.system)?,
            value: fields.short("rating.value", stated.value)?,
            // Not a number is not a score, and would compare with none.
            score: stated.score.filter(|score| score.is_finite()),
        })
    })
}

fn affected(fields: &mut Fields, stated: wit::Affected) -> Result<Affected, Unusable> {
    Ok(Affected {
        namespace: fields.name("affected.namespace", stated.namespace)?,
        name: fields.name("affected.name", stated.name)?,
        source: stated.source,
        scheme: fields.name("affected.scheme", stated.scheme)?,
        status: status(stated.status),
        ranges: each(stated.ranges, |stated| range(fields, stated))?,
        versions: fields.names("affected.versions", stated.versions)?,
        requires: requires(fields, stated.requires, stated.symbols)?,
        ratings: ratings(fields, stated.ratings)?,
        note: stated.note.map(|note| fields.text("affected.note", note)).transpose()?,
    })
}

/// What must be there, and what must be linked in, which is required like all else.
fn requires(
    fields: &mut Fields,
    stated: Vec<(String, Vec<String>)>,
    symbols: Vec<String>,
) -> Result<Vec<(String, Vec<String>)>, Unusable> {
    let mut requires = each(stated, |(name, values)| {
        let name = fields.name("affected.requires", name)?;
        Ok((name, fields.texts("affected.requires", values)?))
    })?;
    if !symbols.is_empty() {
        requires.push((Statement::SYMBOLS.to_owned(), fields.names("affected.symbols", symbols)?));
    }
    Ok(requires)
}

fn range(fields: &mut Fields, stated: wit::Range) -> Result<Range, Unusable> {
    let introduced = fields.optional("range.introduced", stated.introduced)?;
    let until = match stated.until {
        None => None,
        Some(wit::Bound::Excluding(version)) => Some(Bound::Excluding(fields.short("range.until", version)?)),
        Some(wit::Bound::Including(version)) => Some(Bound::Including(fields.short("range.until", version)?)),
        Some(wit::Bound::Limit(version)) => Some(Bound::Limit(fields.short("range.until", version)?)),
    };
    Ok(Range { introduced, until })
}

const fn status(stated: wit::Status) -> Status {
    match stated {
        wit::Status::Affected => Status::Affected,
        wit::Status::Fixed => Status::Fixed,
        wit::Status::NotAffected => Status::NotAffected,
        wit::Status::UnderInvestigation => Status::UnderInvestigation,
        wit::Status::WontFix => Status::WontFix,
        wit::Status::FixDeferred => Status::FixDeferred,
        wit::Status::EndOfLife => Status::EndOfLife,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enrichment_with(id: &str, score: Option<f32>) -> wit::Enrichment {
        let rating = wit::Rating { system: "epss".into(), value: String::new(), score };
        wit::Enrichment { id: id.into(), kind: "epss".into(), ratings: vec![rating], facts: Vec::new() }
    }

    #[test]
    fn a_score_that_is_not_a_number_is_none() {
        let check = |score: Option<f32>, expected: Option<f32>| {
            let stated = enrichment_with("CVE-2024-1234", score);
            let converted = enrichment(&mut Fields::default(), stated).unwrap();
            assert_eq!(converted.ratings[0].score, expected);
        };
        check(Some(0.5), Some(0.5));
        check(Some(f32::NAN), None);
        check(Some(f32::INFINITY), None);
        check(None, None);
    }

    #[test]
    fn a_record_that_cannot_be_used_is_named_by_its_id() {
        let flaw = enrichment(&mut Fields::default(), enrichment_with("", None)).unwrap_err();
        assert_eq!(flaw.id, "");
        assert_eq!(flaw.why.to_string(), "`enrichment.id` is empty");

        let long = "C".repeat(5000);
        let flaw = withdrawal(&mut Fields::default(), long).unwrap_err();
        assert!(flaw.id.len() < 1100);
        assert_eq!(flaw.why.to_string(), "`withdraw.id` is 5000 bytes, over the limit of 4096");
    }
}
