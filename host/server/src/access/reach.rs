//! What of the images somebody sees who is bound to some repositories.

use axum::extract::{FromRequestParts as _, RawPathParams};
use axum::http::request::Parts;
use limpid_scanner::{Error, Holder};

use super::{Caller, Known};
use crate::error::{Code, Failure};
use crate::routes::Endpoint;

/// What an endpoint is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing that belongs to anybody.
    Everybody,
    /// Images that the path names.
    Images,
    /// A repository that the path names.
    Repository,
    /// What the handler looks at itself.
    Handler,
    /// All images.
    All,
}

impl Reach {
    /// The word for it in documents.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Everybody => "everybody",
            Self::Images => "images",
            Self::Repository => "repository",
            Self::Handler => "submission",
            Self::All => "all",
        }
    }
}

/// Parameters of paths that name images.
const IMAGES: [&str; 2] = ["name", "other"];

/// What an endpoint is about. What is not listed is about all images.
pub(crate) fn of(endpoint: &Endpoint) -> Reach {
    let reads = !endpoint.permission.changes();
    match endpoint.path {
        "/healthz"
        | "/readyz"
        | "/openapi/v1"
        | "/robots.txt"
        | "/indexer/api/v1/index_state"
        | "/v1/openapi.json"
        | "/v1/schemas"
        | "/v1/schemas/{name}" => Reach::Everybody,
        // What publishers state, and what runs here.
        "/v1/vulnerabilities/{id}" | "/v1/feeds" | "/v1/feeds/{name}" | "/v1/plugins" if reads => {
            Reach::Everybody
        }
        "/harbor/api/v1/metadata" => Reach::Everybody,
        path if path.starts_with("/harbor/api/v1/scan") => Reach::Handler,
        "/v1/images" if !reads => Reach::Handler,
        path if path.starts_with("/v1/images/{name}") => Reach::Images,
        path if path.starts_with("/v1/repositories/{name}") => Reach::Repository,
        _ => Reach::All,
    }
}

/// Whether somebody sees what is asked for.
///
/// # Errors
/// It does not: what it does not see is not there.
pub(super) async fn check(
    known: Option<&Known>,
    caller: &Caller,
    endpoint: Option<&Endpoint>,
    parts: &mut Parts,
) -> Result<(), Failure> {
    let (Some(holder), Some(endpoint), Some(known)) = (caller.bound(), endpoint, known) else {
        return Ok(());
    };
    let parameters = RawPathParams::from_request_parts(parts, &()).await;
    let parameters: Vec<_> =
        parameters.iter().flatten().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    match of(endpoint) {
        Reach::Everybody | Reach::Handler => Ok(()),
        Reach::Repository => {
            let repository = parameters.into_iter().find(|(name, _)| name == "name");
            let repository = repository.map(|(_, value)| value).unwrap_or_default();
            match holder.sees(&repository) {
                true => Ok(()),
                false => Err(Error::NoRepository(repository).into()),
            }
        }
        Reach::Images => {
            for (_, name) in parameters.iter().filter(|(parameter, _)| IMAGES.contains(&parameter.as_str())) {
                see(known, holder, name, endpoint.permission.changes()).await?;
            }
            Ok(())
        }
        Reach::All => Err(Failure::new(
            Code::Forbidden,
            format!(
                "token `{}` is bound to repositories, and this is about all: it may ask for images, repositories and \
                 what publishers state",
                holder.token.spec.name
            ),
        )),
    }
}

/// Whether all images that a name may mean have any name that the holder sees; what is to be changed, no other.
async fn see(known: &Known, holder: &Holder, name: &str, is_change: bool) -> Result<(), Failure> {
    let (scanner, asked) = (known.scanner.clone(), name.to_owned());
    let names = known.readers.run(move || -> Result<Vec<Vec<String>>, Error> {
        // Routes read a name as a name of one image, or as a reference.
        let mut meant = vec![scanner.find_image(&asked)?];
        meant.extend(scanner.find_images(&asked).unwrap_or_default());
        meant.iter().map(|digest| Ok(scanner.image(digest)?.image.names)).collect()
    });
    // Whatever else is wrong with it would tell of images that the holder does not see.
    let names = match names.await {
        Ok(names) => names,
        Err(failure) if failure.status.is_client_error() => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let sees = |names: &Vec<String>| names.iter().any(|name| holder.sees(name));
    if names.is_empty() || !names.iter().all(sees) {
        return Err(Error::NoImageNamed(name.to_owned()).into());
    }
    if is_change && !names.iter().flatten().all(|name| holder.sees(name)) {
        let why =
            "the image has names in repositories that the token is not for: it is not theirs alone to change";
        return Err(Failure::new(Code::Forbidden, why));
    }
    Ok(())
}
