//! Images by name: who has one is asked one after the other.

use anyhow::Context as _;
use indicatif::HumanBytes;
use limpid_fetch::{Logins, PlainHttp, Registries};
use limpid_images::{Choice, Daemon, DaemonKind, Error, RegistryImages, Tried};
use limpid_model::{ImageReference, Platforms};
use limpid_scanner::Stop;

use super::{Input, scratch};
use crate::holder::Holder;
use crate::progress::Spinner;
use crate::settings::Settings;

/// An image by its name, and who may have it.
#[derive(Debug)]
pub(crate) struct ByName {
    name: String,
    platforms: Platforms,
    asked: Asked,
}

#[derive(Debug)]
enum Asked {
    /// The store, the daemons that are there, the registry; and what the name was taken for before.
    Any(Tried),
    Daemon(DaemonKind),
    Registry,
}

/// What an image of a daemon is for whoever indexes.
#[expect(clippy::large_enum_variant, reason = "there is one for a moment")]
enum OfDaemon {
    /// What is known already, by its digest.
    Known(Vec<String>),
    Exported(Input),
}

impl ByName {
    pub(super) const fn of_any(name: String, tried: Tried, platforms: Platforms) -> Self {
        Self { name, platforms, asked: Asked::Any(tried) }
    }

    pub(super) const fn of_daemon(daemon: DaemonKind, name: String, platforms: Platforms) -> Self {
        Self { name, platforms, asked: Asked::Daemon(daemon) }
    }

    pub(super) const fn of_registry(name: String, platforms: Platforms) -> Self {
        Self { name, platforms, asked: Asked::Registry }
    }

    /// The image of that name in its registry, and no other.
    #[must_use]
    pub(crate) fn in_registry(self) -> Option<Self> {
        match self.asked {
            Asked::Any(_) | Asked::Registry => Some(Self { asked: Asked::Registry, ..self }),
            Asked::Daemon(_) => None,
        }
    }

    /// Whether images that were scanned before are meant, too.
    pub(crate) const fn may_be_known(&self) -> bool {
        matches!(self.asked, Asked::Any(_))
    }

    /// The images of that name that were scanned before; none where there are none, and where it is said that
    /// others are meant.
    ///
    /// # Errors
    /// The name means several, or nobody can say.
    pub(crate) fn known(&mut self, holder: &Holder) -> anyhow::Result<Option<Vec<String>>> {
        let Asked::Any(tried) = &mut self.asked else { return Ok(None) };
        let known = holder.known(&self.name, &self.platforms)?;
        if known.is_none() {
            let of = if self.platforms == Platforms::All { "" } else { " and platform" };
            tried.add("an image that was scanned before", format!("none of that name{of} was"));
        }
        Ok(known)
    }

    /// Gets the images from whoever has them, and indexes them.
    ///
    /// # Errors
    /// Nobody has them, or they cannot be indexed. Of a name that may be anybody's, the error says who was
    /// asked, and what each said.
    pub(crate) fn fetched(self, holder: &Holder, settings: &Settings) -> anyhow::Result<Vec<String>> {
        let Self { name, platforms, asked } = self;
        let mut tried = match asked {
            Asked::Daemon(kind) => {
                let found = of_daemon(kind, &name, &platforms, holder, settings);
                let found = found.with_context(|| format!("`{}{name}` cannot be had", kind.prefix()))?;
                return found.indexed(holder, settings);
            }
            Asked::Registry => return of_registry(name, platforms, holder, settings),
            Asked::Any(tried) => tried,
        };
        for kind in DaemonKind::ALL {
            match of_daemon(kind, &name, &platforms, holder, settings) {
                Ok(found) => return found.indexed(holder, settings),
                Err(error) => match error.downcast_ref::<Error>() {
                    Some(Error::Missing { .. } | Error::Unavailable { .. }) => {
                        tried.add(format!("an image of {kind}"), crate::chain(&error));
                    }
                    _ => return Err(error),
                },
            }
        }
        of_registry(name.clone(), platforms, holder, settings).map_err(|error| {
            tried.add("an image of a registry", crate::chain(&error));
            tried.into_error(&name).into()
        })
    }
}

impl OfDaemon {
    fn indexed(self, holder: &Holder, settings: &Settings) -> anyhow::Result<Vec<String>> {
        match self {
            Self::Known(images) => Ok(images),
            Self::Exported(input) => holder.index(input, settings),
        }
    }
}

/// An image that is known needs not be exported; of another one all layers are, as daemons leave out none.
fn of_daemon(
    kind: DaemonKind,
    name: &str,
    platforms: &Platforms,
    holder: &Holder,
    settings: &Settings,
) -> anyhow::Result<OfDaemon> {
    let stop = Stop::default();
    let daemon = Daemon::find(kind, &settings.daemons, &|name| std::env::var_os(name))?;
    let image = daemon.image(name, &stop)?;
    let id = image.id().to_string();
    // Only an image that has this name already: it would go on being the name of another one.
    if holder.is_called(&id, name)?
        && let Some(known) = holder.known(&id, platforms)?
    {
        return Ok(OfDaemon::Known(known));
    }
    let file = {
        let spinner = Spinner::start(&format!("{kind} exports the image"));
        let tell = |bytes| spinner.say(format!("{kind} exports the image: {}", HumanBytes(bytes)));
        image.export(&scratch(settings)?, &stop, tell)?
    };
    let choice = Choice { name: None, platforms: platforms.clone() };
    Ok(OfDaemon::Exported(Input::of_file(file, None, choice, settings)?))
}

fn of_registry(
    reference: String,
    platforms: Platforms,
    holder: &Holder,
    settings: &Settings,
) -> anyhow::Result<Vec<String>> {
    let reference = ImageReference { reference, platforms };
    holder.index_reference(
        reference,
        |reference| {
            let logins = match settings.registries.docker_config.clone() {
                Some(file) => Logins::Docker(file),
                None => Logins::docker(),
            };
            let registries = Registries::by_hand(settings.registries.clone(), logins, PlainHttp::Loopback)?;
            Ok(RegistryImages::new(&registries, reference, None, &settings.layers)?)
        },
        settings,
    )
}
