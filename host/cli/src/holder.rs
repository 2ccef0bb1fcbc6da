//! Who holds what is known of images and advisories, and does what a command asks for: this process,
//! which has the data directory to itself, or the service that has it.

use std::path::Path;

use limpid_formats::json as api;
use limpid_model::{Digest, Role};
use limpid_scanner::{Progress, Scanner, Stop};

use crate::input::{Input, Named};
use crate::open;
use crate::progress::Spinner;
use crate::service::Service;
use crate::settings::Settings;
use crate::turn::{Outcome, Turn};

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
    /// Waits for the data directory, or asks who has it. `command` is who others wait for meanwhile, `roles`
    /// are those of the plugins that it needs.
    ///
    /// # Errors
    /// Nobody lets go of it, or it cannot be opened.
    pub(crate) fn of_data_dir(settings: &Settings, command: &str, roles: &[Role]) -> anyhow::Result<Self> {
        let spinner = Spinner::start("waiting for the data directory");
        match Turn::take(&settings.data_dir, command, settings.waits())? {
            Outcome::Service(service) => Ok(Self::Service(service)),
            Outcome::Turn(turn) => {
                drop(spinner);
                Ok(Self::Here(Here { scanner: open::scanner(settings, roles)?, _turn: Some(turn) }))
            }
        }
    }

    /// The service at an address, or whoever has the data directory.
    ///
    /// # Errors
    /// As [`Self::of_data_dir`].
    pub(crate) fn at(
        service: Option<&str>,
        settings: &Settings,
        command: &str,
        roles: &[Role],
    ) -> anyhow::Result<Self> {
        match service {
            Some(url) => Ok(Self::Service(Service::at(url))),
            None => Self::of_data_dir(settings, command, roles),
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

    /// The images that are meant: those of an archive, which is indexed, or one that is known.
    ///
    /// # Errors
    /// No detector is loaded, or the archive cannot be used.
    pub(crate) fn images(&self, named: Named, settings: &Settings) -> anyhow::Result<Vec<String>> {
        match named {
            Named::Archive(input) => self.index(input, settings),
            Named::Known(name) => Ok(vec![name]),
        }
    }

    fn index(&self, input: Input, settings: &Settings) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Here(here) => {
                open::some_detector(&here.scanner, settings)?;
                let progress = Progress::default();
                let stop = Stop::default();
                let from = limpid_scanner::ImageInput { source: &input.archive, stop: &stop };
                let spinner = Spinner::start("reading layers");
                let indexed = spinner.watching(
                    || format!("reading layers: {} of {}", progress.done(), progress.total()),
                    || here.scanner.index(from, &progress),
                )?;
                Ok(indexed.images.iter().map(ToString::to_string).collect())
            }
            Self::Service(service) => service.index(input.into_file(settings)?),
        }
    }

    /// What is found in an image, which may be named in any way.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn report(&self, image: &str) -> anyhow::Result<api::Report> {
        match self {
            Self::Here(here) => Ok(api::Report::of(here.scanner.report(&here.image(image)?)?)?),
            Self::Service(service) => service.of_image(image, "report"),
        }
    }

    /// What is installed in an image.
    ///
    /// # Errors
    /// There is no such image.
    pub(crate) fn inventory(&self, image: &str) -> anyhow::Result<api::Inventory> {
        match self {
            Self::Here(here) => Ok(here.scanner.inventory(&here.image(image)?)?.into()),
            Self::Service(service) => service.of_image(image, "packages"),
        }
    }

    /// Whether a vulnerability affects an image, and why.
    ///
    /// # Errors
    /// There is no such image, or what is asked for is no identifier.
    pub(crate) fn explain(&self, image: &str, vulnerability: &str) -> anyhow::Result<api::Explanation> {
        match self {
            Self::Here(here) => Ok(here.scanner.explain(&here.image(image)?, vulnerability)?.into()),
            Self::Service(service) => service.explain(image, vulnerability),
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
            Self::Service(service) => service.get("/v1/feeds"),
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
            Self::Service(service) => service.get("/v1/subscriptions"),
        }
    }
}

impl Here {
    fn image(&self, name: &str) -> Result<Digest, limpid_scanner::Error> {
        self.scanner.find_image(name)
    }
}
