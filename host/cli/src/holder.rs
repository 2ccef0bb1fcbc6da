//! Who holds what is known of images and advisories, and does what a command asks for: this process,
//! which has the data directory to itself, or the service that has it.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use limpid_client::AffectedFilter;
use limpid_formats::json as api;
use limpid_images::{ImageSource, RegistryImages};
use limpid_model::{DecisionDocument, DecisionKind, Digest, ImageReference, Platform, Platforms, Role};
use limpid_policy::Order;
use limpid_scanner::{AsOf, Error, Filter, Position, Progress, Scanner, Stop};

use crate::input::{Input, Named};
use crate::open;
use crate::progress::{IndexingBar, Spinner};
use crate::service::Service;
use crate::settings::Settings;
use crate::turn::{Outcome, Turn};

/// Images of one name that are looked at for their platforms.
const NAMED: usize = 100;

/// Images that are asked for at once.
const PAGE: usize = 1_000;

/// Whoever does the work.
pub(crate) enum Holder {
    Here(Here),
    Service(Service),
}

/// This process. The store is closed before the turn ends.
pub(crate) struct Here {
    pub(crate) scanner: Scanner,
    _turn: Option<Turn>,
}

impl Holder {
    /// The service that is named, or whoever has the data directory, which is waited for. `command` is who others
    /// wait for meanwhile, `roles` are those of the plugins that it needs.
    ///
    /// # Errors
    /// Nobody lets go of the data directory, or it cannot be opened.
    pub(crate) fn of(settings: &Settings, command: &str, roles: &[Role]) -> anyhow::Result<Self> {
        if let Some(remote) = &settings.remote {
            return Ok(Self::Service(Service::new(remote.client(&settings.shown()?)?)));
        }
        let spinner = Spinner::start("waiting for the data directory");
        match Turn::take(&settings.data_dir, command, settings.waits())? {
            Outcome::Service(service) => Ok(Self::Service(service)),
            Outcome::Turn(turn) => {
                drop(spinner);
                Ok(Self::Here(Here { scanner: open::scanner(settings, roles)?, _turn: Some(turn) }))
            }
        }
    }

    /// This process with a store that is gone with it.
    ///
    /// # Errors
    /// The plugins cannot be read.
    pub(crate) fn passing(settings: &Settings, scratch: &Path) -> anyhow::Result<Self> {
        let scanner = open::passing_scanner(settings, scratch, &open::OF_IMAGES)?;
        Ok(Self::Here(Here { scanner, _turn: None }))
    }

    /// The images that are meant: those of an archive or directory, which are indexed; or those of a name, which
    /// are known, or got from whoever has them and indexed.
    ///
    /// # Errors
    /// No detector is loaded, nobody has the image, or it cannot be used.
    pub(crate) fn images(&self, named: Named, settings: &Settings) -> anyhow::Result<Vec<String>> {
        match named {
            Named::Input(input) => self.index(input, settings),
            Named::Image(mut by_name) => match by_name.known(self)? {
                Some(images) => Ok(images),
                None => by_name.fetched(self, settings),
            },
        }
    }

    /// The images of a name or digest that are known, for these platforms. Where none is named, the image that
    /// had the name last is meant.
    ///
    /// # Errors
    /// The beginning of a digest means several.
    pub(crate) fn known(&self, name: &str, platforms: &Platforms) -> anyhow::Result<Option<Vec<String>>> {
        let Some(one) = self.find(name)? else { return Ok(None) };
        if *platforms == Platforms::All {
            return Ok(Some(vec![name.to_owned()]));
        }
        let mut all = match self {
            Self::Here(here) => {
                let page = here.scanner.images_named(name, None, NAMED)?;
                page.items.into_iter().map(api::Image::from).collect()
            }
            Self::Service(service) => service.client.images(Some(name), None, NAMED)?.images,
        };
        all.push(one);
        let is_meant = |image: &api::Image| {
            let api::Platform { os, architecture, variant } = image.platform.clone();
            platforms.include(&Platform { os, architecture, variant })
        };
        let meant: BTreeSet<_> =
            all.iter().filter(|image| is_meant(image)).map(|it| it.digest.clone()).collect();
        Ok((!meant.is_empty()).then(|| meant.into_iter().collect()))
    }

    /// Whether the image of a digest is known, and is the one of that name.
    ///
    /// # Errors
    /// Nobody can say.
    pub(crate) fn is_called(&self, id: &str, name: &str) -> anyhow::Result<bool> {
        let (image, named) = (self.find(id)?, self.find(name)?);
        Ok(image.zip(named).is_some_and(|(image, named)| image.digest == named.digest))
    }

    fn find(&self, name: &str) -> anyhow::Result<Option<api::Image>> {
        let here = match self {
            Self::Here(here) => here,
            Self::Service(service) => return Ok(service.client.find_image(name)?),
        };
        match here.image(name) {
            Ok(digest) => Ok(Some(here.scanner.image(&digest)?.into())),
            Err(Error::NoImage(_) | Error::NoImageNamed(_) | Error::BadDigest(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Indexes what lies on this machine: here, or by sending it to the service.
    ///
    /// # Errors
    /// No detector is loaded, or the images cannot be used.
    pub(crate) fn index(&self, input: Input, settings: &Settings) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Here(here) => {
                let opened = input.opened(|| Ok(here.scanner.wanted()?), settings)?;
                here.index(&opened.images, settings)
            }
            Self::Service(service) => {
                let opened = input.opened(|| open::wanted(settings), settings)?;
                let chosen = opened.images.images(&Stop::default())?;
                let chosen: BTreeSet<_> = chosen.iter().map(|found| found.image.id.to_string()).collect();
                let mut images = service.index(opened.into_file(settings)?)?;
                images.retain(|image| chosen.contains(image));
                Ok(images)
            }
        }
    }

    /// Indexes an image of a registry: here, or by having the service ask the registry.
    ///
    /// # Errors
    /// No detector is loaded, or the registry does not give it.
    pub(crate) fn index_reference(
        &self,
        reference: ImageReference,
        source: impl FnOnce(ImageReference) -> anyhow::Result<RegistryImages>,
        settings: &Settings,
    ) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Here(here) => here.index(&source(reference)?, settings),
            Self::Service(service) => service.index_reference(&reference),
        }
    }

    /// What is found in an image, which may be named in any way.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn report(&self, image: &str) -> anyhow::Result<api::Report> {
        match self {
            Self::Here(here) => Ok(api::Report::of(here.scanner.report(&here.image(image)?)?)?),
            Self::Service(service) => Ok(service.client.report(image)?),
        }
    }

    /// The same as of a time, or of a revision of a feed.
    ///
    /// # Errors
    /// There is no such image, or nothing is kept of that time.
    pub(crate) fn report_as_of(&self, image: &str, as_of: &str) -> anyhow::Result<api::Report> {
        match self {
            Self::Here(here) => {
                let as_of: AsOf = as_of.parse().map_err(anyhow::Error::msg)?;
                Ok(api::Report::of(here.scanner.report_as_of(&here.image(image)?, Some(&as_of))?)?)
            }
            Self::Service(service) => Ok(service.client.report_as_of(image, as_of)?),
        }
    }

    /// An image, by any of its names.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn image(&self, image: &str) -> anyhow::Result<api::Image> {
        match self {
            Self::Here(here) => Ok(here.scanner.image(&here.image(image)?)?.into()),
            Self::Service(service) => Ok(service.client.image(image)?),
        }
    }

    /// Images by digest, so many at most; of a repository, with a tag or without, where one is named.
    ///
    /// # Errors
    /// The store or the service fails.
    pub(crate) fn list_images(&self, name: Option<&str>, limit: usize) -> anyhow::Result<api::Images> {
        let mut all = api::Images { images: Vec::new(), next: None };
        loop {
            let page =
                self.page_of_images(name, all.next.as_deref(), (limit - all.images.len()).min(PAGE))?;
            all.images.extend(page.images);
            all.next = page.next;
            if all.next.is_none() || all.images.len() >= limit {
                return Ok(all);
            }
        }
    }

    fn page_of_images(
        &self,
        name: Option<&str>,
        after: Option<&str>,
        limit: usize,
    ) -> anyhow::Result<api::Images> {
        let here = match self {
            Self::Here(here) => here,
            Self::Service(service) => return Ok(service.client.images(name, after, limit)?),
        };
        let after = after.map(str::parse::<Digest>).transpose()?;
        let page = match name {
            Some(name) => here.scanner.images_named(name, after.as_ref(), limit)?,
            None => here.scanner.images(after.as_ref(), limit)?,
        };
        let next = page.next.map(|digest| digest.to_string());
        Ok(api::Images { images: page.items.into_iter().map(api::Image::from).collect(), next })
    }

    /// Deletes the image of a digest, and the layers that no other image uses.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn delete_image(&self, digest: &str) -> anyhow::Result<()> {
        match self {
            Self::Here(here) => Ok(here.scanner.delete_image(&digest.parse()?)?),
            Self::Service(service) => Ok(service.client.delete_image(digest)?),
        }
    }

    /// All that is known of a vulnerability, by any of its identifiers.
    ///
    /// # Errors
    /// No feed knows it.
    pub(crate) fn vulnerability(&self, id: &str) -> anyhow::Result<api::Vulnerability> {
        match self {
            Self::Here(here) => Ok(here.scanner.vulnerability(id)?.into()),
            Self::Service(service) => Ok(service.client.vulnerability(id)?),
        }
    }

    /// Images that a vulnerability affects, so many at most.
    ///
    /// # Errors
    /// No feed knows it.
    pub(crate) fn affected_images(
        &self,
        id: &str,
        filter: &Filter,
        limit: usize,
    ) -> anyhow::Result<api::AffectedImages> {
        let mut all = api::AffectedImages { images: Vec::new(), next: None };
        loop {
            let room = (limit - all.images.len()).min(PAGE);
            let page = match self {
                Self::Here(here) => {
                    let after = all.next.as_deref().map(str::parse::<Position>).transpose()?;
                    here.scanner.affected_images(id, filter, after.as_ref(), room)?.into()
                }
                Self::Service(service) => {
                    service.client.affected_images(id, &asked(filter), all.next.as_deref(), room)?
                }
            };
            all.images.extend(page.images);
            all.next = page.next;
            if all.next.is_none() || all.images.len() >= limit {
                return Ok(all);
            }
        }
    }

    /// What is installed in an image.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn inventory(&self, image: &str) -> anyhow::Result<api::Inventory> {
        match self {
            Self::Here(here) => Ok(here.scanner.inventory(&here.image(image)?)?.into()),
            Self::Service(service) => Ok(service.client.packages(image)?),
        }
    }

    /// Who orders the versions of an image's packages; none where a service has the image, which tells no order.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn schemes(&self, image: &str) -> anyhow::Result<Option<Schemes<'_>>> {
        let Self::Here(Here { scanner, .. }) = self else {
            eprintln!(
                "ranges of versions in VEX documents are not compared: put the documents in force with \
                 `limpid vex add`, and the service compares them"
            );
            return Ok(None);
        };
        let packages = scanner.inventory(&scanner.find_image(image)?)?.packages.into_iter();
        let schemes = packages.map(|it| ((it.purl, it.version.to_string()), it.scheme.to_string())).collect();
        Ok(Some(Schemes { scanner, schemes }))
    }

    /// What each layer of an image did.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn layers(&self, image: &str) -> anyhow::Result<api::ImageLayers> {
        match self {
            Self::Here(here) => Ok(here.scanner.layers(&here.image(image)?)?.into()),
            Self::Service(service) => Ok(service.client.layers(image)?),
        }
    }

    /// What to do about the findings of an image.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn plan(&self, image: &str) -> anyhow::Result<api::Plan> {
        match self {
            Self::Here(here) => Ok(here.scanner.plan(&here.image(image)?)?.into()),
            Self::Service(service) => Ok(service.client.plan(image)?),
        }
    }

    /// In what two images differ.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn difference(&self, before: &str, after: &str) -> anyhow::Result<api::Difference> {
        match self {
            Self::Here(here) => {
                Ok(here.scanner.difference(&here.image(before)?, &here.image(after)?)?.into())
            }
            Self::Service(service) => Ok(service.client.difference(before, after)?),
        }
    }

    /// Whether a vulnerability affects an image, and why.
    ///
    /// # Errors
    /// There is no such image, or what is asked for is no identifier.
    pub(crate) fn explain(&self, image: &str, vulnerability: &str) -> anyhow::Result<api::Explanation> {
        match self {
            Self::Here(here) => Ok(here.scanner.explain(&here.image(image)?, vulnerability)?.into()),
            Self::Service(service) => Ok(service.client.explain(image, vulnerability)?),
        }
    }

    /// The feeds and what is kept of each.
    ///
    /// # Errors
    /// The store or the service fails.
    pub(crate) fn feeds(&self) -> anyhow::Result<api::Feeds> {
        match self {
            Self::Here(here) => {
                Ok(api::Feeds { feeds: here.scanner.feeds()?.into_iter().map(Into::into).collect() })
            }
            Self::Service(service) => Ok(service.client.feeds()?),
        }
    }

    /// The subscriptions, and how their deliveries go.
    ///
    /// # Errors
    /// The store or the service fails.
    pub(crate) fn subscriptions(&self) -> anyhow::Result<api::Subscriptions> {
        match self {
            Self::Here(here) => {
                let states = here.scanner.subscription_states()?;
                Ok(api::Subscriptions { subscriptions: states.into_iter().map(Into::into).collect() })
            }
            Self::Service(service) => Ok(service.client.subscriptions()?),
        }
    }

    /// The watches, and how their listings go.
    ///
    /// # Errors
    /// The store or the service fails.
    pub(crate) fn watches(&self) -> anyhow::Result<api::Watches> {
        match self {
            Self::Here(here) => {
                let states = here.scanner.watch_states()?;
                Ok(api::Watches { watches: states.into_iter().map(Into::into).collect() })
            }
            Self::Service(service) => Ok(service.client.watches()?),
        }
    }

    /// All policies, or all VEX documents, that are in force.
    ///
    /// # Errors
    /// The store or the service fails.
    pub(crate) fn decision_documents(&self, kind: DecisionKind) -> anyhow::Result<Vec<api::PolicyDocument>> {
        match self {
            Self::Here(here) => {
                Ok(here.scanner.decision_documents(kind)?.into_iter().map(Into::into).collect())
            }
            Self::Service(service) => Ok(match kind {
                DecisionKind::Vex => service.client.vex_documents()?.documents,
                _ => service.client.policies()?.policies,
            }),
        }
    }

    /// All VEX documents that are in force, and the repositories.
    ///
    /// # Errors
    /// The store or the service fails.
    pub(crate) fn vex_documents(&self) -> anyhow::Result<api::VexDocuments> {
        match self {
            Self::Here(here) => {
                let documents = here.scanner.decision_documents(DecisionKind::Vex)?;
                let repositories = here.scanner.vex_repositories()?;
                Ok(api::VexDocuments {
                    documents: documents.into_iter().map(Into::into).collect(),
                    repositories: repositories.into_iter().map(Into::into).collect(),
                })
            }
            Self::Service(service) => Ok(service.client.vex_documents()?),
        }
    }

    /// Adds a VEX repository, or gives the one of that name another address.
    ///
    /// # Errors
    /// Its name or its address makes no sense.
    pub(crate) fn put_vex_repository(&self, name: &str, url: &str) -> anyhow::Result<api::VexRepository> {
        match self {
            Self::Here(here) => Ok(here.scanner.put_vex_repository(name, url)?.into()),
            Self::Service(service) => Ok(service.client.put_vex_repository(name, url)?),
        }
    }

    /// Removes a VEX repository with its documents.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn remove_vex_repository(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Here(here) => Ok(here.scanner.remove_vex_repository(name)?),
            Self::Service(service) => Ok(service.client.remove_vex_repository(name)?),
        }
    }

    /// Fetches a VEX repository: here, or by having the service do so, which says nothing yet of how that goes.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn update_vex_repository(&self, name: &str) -> anyhow::Result<Option<api::VexRepository>> {
        match self {
            Self::Here(here) => {
                let spinner = Spinner::start("fetching");
                let updated = here.scanner.update_vex_repository(name, &Stop::default());
                drop(spinner);
                Ok(Some(updated?.into()))
            }
            Self::Service(service) => {
                service.client.update_vex_repository(name)?;
                Ok(None)
            }
        }
    }

    /// One of them, with its text.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn decision_document(
        &self,
        kind: DecisionKind,
        name: &str,
    ) -> anyhow::Result<api::PolicyDocument> {
        match self {
            Self::Here(here) => Ok(here.scanner.decision_document(kind, name)?.into()),
            Self::Service(service) => Ok(match kind {
                DecisionKind::Vex => service.client.vex_document(name)?,
                DecisionKind::PolicyToml | DecisionKind::PolicyJson => service.client.policy(name)?,
            }),
        }
    }

    /// Puts a policy or a VEX document in force.
    ///
    /// # Errors
    /// It makes no sense.
    pub(crate) fn put_decision_document(
        &self,
        document: DecisionDocument,
    ) -> anyhow::Result<api::PolicyDocument> {
        match self {
            Self::Here(here) => Ok(here.scanner.put_decision_document(document)?.into()),
            Self::Service(service) => {
                let DecisionDocument { name, bytes, .. } = &document;
                Ok(match document.kind {
                    DecisionKind::PolicyToml => service.client.put_policy(name, bytes)?,
                    DecisionKind::PolicyJson => service.client.put_json_policy(name, bytes)?,
                    DecisionKind::Vex => service.client.put_vex_document(name, bytes)?,
                })
            }
        }
    }

    /// Takes a policy or a VEX document out of force.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn remove_decision_document(&self, kind: DecisionKind, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Here(here) => Ok(here.scanner.remove_decision_document(kind, name)?),
            Self::Service(service) => match kind {
                DecisionKind::Vex => Ok(service.client.remove_vex_document(name)?),
                DecisionKind::PolicyToml | DecisionKind::PolicyJson => {
                    Ok(service.client.remove_policy(name)?)
                }
            },
        }
    }

    /// Makes a token.
    ///
    /// # Errors
    /// It makes no sense, or there is one of that name.
    pub(crate) fn create_token(&self, wanted: api::TokenWanted) -> anyhow::Result<api::MadeToken> {
        match self {
            Self::Here(here) => {
                let spec = wanted.spec().map_err(anyhow::Error::msg)?;
                Ok(here.scanner.create_token(spec)?.into())
            }
            Self::Service(service) => Ok(service.client.create_token(&wanted)?),
        }
    }

    /// All tokens, by name.
    ///
    /// # Errors
    /// The store fails, or the service does not answer.
    pub(crate) fn tokens(&self) -> anyhow::Result<api::Tokens> {
        match self {
            Self::Here(here) => {
                let tokens = here.scanner.tokens()?.into_iter().map(api::Token::from).collect();
                Ok(api::Tokens { tokens })
            }
            Self::Service(service) => Ok(service.client.tokens()?),
        }
    }

    /// Takes a token no longer.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn revoke_token(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Here(here) => Ok(here.scanner.revoke_token(name)?),
            Self::Service(service) => Ok(service.client.revoke_token(name)?),
        }
    }

    /// The last changes over HTTP.
    ///
    /// # Errors
    /// The store fails, or the service does not answer.
    pub(crate) fn audit(&self, limit: usize) -> anyhow::Result<api::Audit> {
        match self {
            Self::Here(here) => {
                let page = here.scanner.changes(None, limit)?;
                let records = page.items.into_iter().map(api::AuditRecord::from).collect();
                Ok(api::Audit { records, next: None })
            }
            Self::Service(service) => {
                let (mut all, mut before) = (Vec::new(), None);
                loop {
                    let rest = limit.saturating_sub(all.len());
                    let page = service.client.audit(before.as_deref(), rest.clamp(1, 1_000))?;
                    all.extend(page.records.into_iter().take(rest));
                    match page.next {
                        Some(next) if all.len() < limit => before = Some(next),
                        next => return Ok(api::Audit { records: all, next }),
                    }
                }
            }
        }
    }

    /// Makes a watch, or changes the one of that name.
    ///
    /// # Errors
    /// It makes no sense.
    pub(crate) fn put_watch(&self, name: &str, wanted: &api::WatchWanted) -> anyhow::Result<api::Watch> {
        match self {
            Self::Here(here) => {
                here.scanner.put_watch(name, wanted.spec().map_err(anyhow::Error::msg)?)?;
                Ok(here.scanner.watch_state(name)?.into())
            }
            Self::Service(service) => Ok(service.client.put_watch(name, wanted)?),
        }
    }

    /// Removes a watch.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn remove_watch(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Here(here) => Ok(here.scanner.remove_watch(name)?),
            Self::Service(service) => Ok(service.client.remove_watch(name)?),
        }
    }

    /// Lets the registry of a watch be listed by the service, at once.
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn list_watch(&self, name: &str) -> anyhow::Result<()> {
        match self {
            Self::Here(here) => Ok(here.scanner.list_watch(name)?),
            Self::Service(service) => Ok(service.client.list_watch(name)?),
        }
    }
}

/// Who orders the versions of an image's packages.
#[derive(Debug)]
pub(crate) struct Schemes<'h> {
    scanner: &'h Scanner,
    /// By package URL and version.
    schemes: HashMap<(String, String), String>,
}

impl Schemes<'_> {
    /// The scheme that orders the versions of a package.
    pub(crate) fn of(&self, package: &api::Package) -> Option<&str> {
        self.schemes.get(&(package.purl.clone(), package.version.clone())).map(String::as_str)
    }
}

impl Order for Schemes<'_> {
    fn keys(&self, scheme: &str, versions: &[&str]) -> Vec<Option<Vec<u8>>> {
        let versions: Vec<_> = versions.iter().map(|version| (*version).to_owned()).collect();
        match self.scanner.keys(scheme, &versions) {
            Ok(keys) => keys.iter().map(|key| key.ok().map(<[u8]>::to_vec)).collect(),
            Err(error) => {
                tracing::warn!("versions of VEX documents are not ordered: {error}");
                Vec::new()
            }
        }
    }
}

impl Here {
    fn index(&self, source: &dyn ImageSource, settings: &Settings) -> anyhow::Result<Vec<String>> {
        open::some_detector(&self.scanner, settings)?;
        let (progress, stop) = (Progress::default(), Stop::default());
        let from = limpid_scanner::ImageInput { source, stop: &stop };
        let indexed =
            IndexingBar::start().watching(|| seen(&progress), || self.scanner.index(from, &progress))?;
        Ok(indexed.images.iter().map(ToString::to_string).collect())
    }

    fn image(&self, name: &str) -> Result<Digest, Error> {
        self.scanner.find_image(name)
    }
}

/// A filter as a service is asked for it.
fn asked(filter: &Filter) -> AffectedFilter {
    AffectedFilter {
        name: filter.name.clone(),
        label: filter.label.clone(),
        severity: filter.severity.map(|severity| severity.as_str().to_owned()),
        leave_out_unrated: filter.leave_out_unrated,
        fixable: filter.fixable,
    }
}

/// How far indexing is.
fn seen(progress: &Progress) -> api::JobProgress {
    let (layers, layers_done) = (progress.layers(), progress.layers_done());
    let phase = match layers {
        0 => "opening",
        _ if layers_done < layers => "reading",
        _ => "storing",
    };
    let (bytes, bytes_done) = (progress.bytes(), progress.bytes_done());
    let bytes_fetched = progress.bytes_fetched();
    api::JobProgress { phase: phase.into(), layers, layers_done, bytes, bytes_done, bytes_fetched }
}
