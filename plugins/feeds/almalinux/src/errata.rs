use std::fmt;
use std::io::Read;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Meter, Sink};
use limpid_updateinfo::{Collection, Intake, Package, Reference, Update};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;

use crate::publisher::{Alsa, release_of_page};

/// Bytes of one erratum. The largest have some hundred KiB.
const MAX_ERRATUM: u64 = 16 << 20;

/// An erratum, as far as it is used.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Erratum {
    id: Option<String>,
    issued_date: Option<Seconds>,
    updated_date: Option<Seconds>,
    severity: Option<String>,
    title: Option<String>,
    description: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    packages: Option<Vec<Listed>>,
    modules: Option<Vec<Module>>,
    references: Option<Vec<Linked>>,
}

/// Seconds since 1970, or whatever else stands there.
#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(u64),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Listed {
    name: Option<String>,
    epoch: Option<String>,
    version: Option<String>,
    release: Option<String>,
    arch: Option<String>,
}

#[derive(Deserialize)]
struct Module {
    name: Option<String>,
    stream: Option<String>,
}

#[derive(Deserialize)]
struct Linked {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    href: Option<String>,
    title: Option<String>,
}

impl From<Erratum> for Update {
    fn from(erratum: Erratum) -> Self {
        let date = |seconds: Option<Seconds>| match seconds {
            Some(Seconds::Number(seconds)) => seconds.to_string(),
            Some(Seconds::Other(_)) | None => String::new(),
        };
        let references = erratum.references.into_iter().flatten().map(|linked| Reference {
            href: linked.href.unwrap_or_default(),
            id: linked.id.unwrap_or_default(),
            kind: linked.kind.unwrap_or_default(),
            title: linked.title.unwrap_or_default(),
        });
        Self {
            id: erratum.id.unwrap_or_default(),
            kind: erratum.kind.unwrap_or_default(),
            title: erratum.title.unwrap_or_default(),
            severity: erratum.severity.unwrap_or_default(),
            description: erratum.description.unwrap_or_default(),
            issued: date(erratum.issued_date),
            updated: date(erratum.updated_date),
            references: references.collect(),
            collections: collections(erratum.packages, erratum.modules),
            ..Self::default()
        }
    }
}

/// Packages that are of any of the modules, and those that are of none.
fn collections(packages: Option<Vec<Listed>>, modules: Option<Vec<Module>>) -> Vec<Collection> {
    let named = |module: Module| Some(format!("{}:{}", module.name?, module.stream?));
    let mut modules: Vec<String> = modules.into_iter().flatten().filter_map(named).collect();
    modules.sort_unstable();
    modules.dedup();
    let packages = packages.into_iter().flatten().map(|listed| Package {
        name: listed.name.unwrap_or_default(),
        epoch: listed.epoch.unwrap_or_default(),
        version: listed.version.unwrap_or_default(),
        release: listed.release.unwrap_or_default(),
        arch: listed.arch.unwrap_or_default(),
    });
    let (modular, plain): (Vec<_>, Vec<_>) = packages.partition(Package::is_modular);
    let modular = Collection { modules, packages: modular, ..Collection::default() };
    vec![modular, Collection { packages: plain, ..Collection::default() }]
}

/// Reads the errata of a release, one after the other.
///
/// # Errors
///
/// [`Error::Malformed`] where the document is broken, has no errata, is of another release than its source, or where
/// no erratum could be used.
pub(crate) fn read(source: &str, document: impl Read, sink: &mut dyn Sink) -> Result<(), Error> {
    let meter = Meter::new(MAX_ERRATUM);
    let publisher = Alsa { source };
    let mut errata = Errata { meter: &meter, intake: Intake::new(&publisher, sink), release: None, count: 0 };
    let mut json = Deserializer::from_reader(meter.measure(document));
    json.deserialize_map(&mut errata)
        .and_then(|()| json.end())
        .map_err(|error| Error::malformed(format_args!("the document has no errata: {error}")))?;
    let Errata { intake, release, count, .. } = errata;
    if count == 0 {
        return Err(Error::malformed("the document has no errata"));
    }
    intake.finish()?;
    match release {
        Some(release) if crate::RELEASES.contains(&source) && source != release => Err(Error::malformed(
            format_args!("the document is of release {release}, and was asked for as release {source}"),
        )),
        Some(release) => {
            sink.identify(&release);
            Ok(())
        }
        None => Ok(()),
    }
}

/// The errata of a document.
struct Errata<'a> {
    meter: &'a Meter,
    intake: Intake<'a>,
    /// That the pages of errata name.
    release: Option<String>,
    count: u64,
}

impl Errata<'_> {
    fn erratum(&mut self, json: &serde_json::value::RawValue) {
        self.meter.reset();
        self.count += 1;
        match serde_json::from_str::<Erratum>(json.get()) {
            Ok(erratum) => {
                let update = Update::from(erratum);
                if self.release.is_none() {
                    let page = update.references.iter().find_map(|linked| release_of_page(&linked.href));
                    self.release = page.map(str::to_owned);
                }
                self.intake.update(&update);
            }
            Err(why) => self.intake.reject(&format!("data[{}]", self.count - 1), Error::malformed(why)),
        }
    }
}

impl<'de> Visitor<'de> for &mut Errata<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "data" => map.next_value_seed(Data(&mut *self))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// `data`, one erratum at a time.
struct Data<'a, 'b>(&'a mut Errata<'b>);

impl<'de> DeserializeSeed<'de> for Data<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Data<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array of errata")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut errata: A) -> Result<(), A::Error> {
        while let Some(json) = errata.next_element::<Box<serde_json::value::RawValue>>()? {
            self.0.erratum(&json);
        }
        Ok(())
    }
}
