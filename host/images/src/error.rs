use limpid_layers::Error as Content;

/// Why images could not be had from a source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not something that this crate reads at all: send an image archive instead.
    #[error("not an image archive: {0}")]
    NotAnImage(String),
    /// Something that a manifest names is not where its image is.
    #[error("{what} is missing: {why}")]
    Missing {
        /// The part, by digest or by member name.
        what: String,
        /// Who names it.
        why: String,
    },
    /// The source does not give it, at the moment.
    #[error("{what} cannot be had from its source")]
    Unavailable {
        /// What was asked for.
        what: String,
        /// What came instead.
        #[source]
        source: std::io::Error,
    },
    /// Whoever wanted it wants it no more.
    #[error("{what} was not waited for: the service is ending")]
    Interrupted {
        /// What was asked for.
        what: String,
    },
    /// A registry does not give it.
    #[error(transparent)]
    Fetch(#[from] limpid_fetch::Error),
    /// There are images, and none of a platform that is meant.
    #[error("{what} leads to no image for {}: there are those for {}", .wanted.join(", "), .others.join(", "))]
    OtherPlatforms {
        /// The reference.
        what: String,
        /// Which platforms are meant.
        wanted: Vec<String>,
        /// For which there are images.
        others: Vec<String>,
    },
    /// What came, an archive, document or layer, cannot be read.
    #[error(transparent)]
    Content(#[from] Content),
}

/// Whose fault an error is, which decides what is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Of what was handed in: another try would end the same.
    Input,
    /// Of where images come from: it may answer another time.
    Source,
    /// Of this service: its machine, its plugins, its settings, its end.
    Host,
}

impl Error {
    /// Whose fault it is.
    pub const fn fault(&self) -> Fault {
        match self {
            Self::NotAnImage(_) | Self::Missing { .. } | Self::OtherPlatforms { .. } => Fault::Input,
            Self::Fetch(limpid_fetch::Error::Stopped) => Fault::Host,
            Self::Fetch(error) if error.is_of_host() => Fault::Host,
            Self::Fetch(error) if error.is_of_source() => Fault::Source,
            Self::Fetch(_) => Fault::Input,
            Self::Unavailable { .. } => Fault::Source,
            Self::Interrupted { .. } => Fault::Host,
            Self::Content(error) if error.is_of_input() => Fault::Input,
            Self::Content(_) => Fault::Host,
        }
    }

    /// Whether another try would end the same, although what was handed in is not to blame.
    pub const fn is_for_good(&self) -> bool {
        matches!(self, Self::Fetch(error) if error.leads_astray())
    }

    pub(crate) fn damaged(what: &str, offset: u64, why: impl Into<String>) -> Self {
        Content::damaged(what, offset, why).into()
    }

    pub(crate) fn unsupported(what: impl Into<String>, why: impl Into<String>) -> Self {
        Content::unsupported(what, why).into()
    }

    pub(crate) fn missing(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Missing { what: what.into(), why: why.into() }
    }

    /// What a stream failed of: within it is what a registry failed of, where it comes from one.
    pub(crate) fn of_stream(what: String, source: std::io::Error) -> Self {
        match source.downcast::<limpid_fetch::Error>() {
            Ok(error) => Self::Fetch(error),
            Err(source) => Self::Unavailable { what, source },
        }
    }

    pub(crate) fn io(doing: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Content::io(doing)(source).into()
    }
}

impl From<limpid_bytes::Error> for Error {
    fn from(error: limpid_bytes::Error) -> Self {
        Content::from(error).into()
    }
}

/// Foreign text in a message: as much of it as a reader needs.
pub(crate) fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(200)).unwrap_or(text)
}
