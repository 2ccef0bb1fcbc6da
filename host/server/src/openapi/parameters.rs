//! Parameters and bodies that several operations have, or that no type of their own reads.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::answers::fields;

macro_rules! parameters {
    ($($(#[$doc:meta])* $type:ident = $made:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $type;

        impl IntoParams for $type {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                $made
            }
        }
    )*};
}

/// Names that this service gives to nothing else.
const SHORT_NAME: &str = "^[a-z0-9-]{1,64}$";
const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";

parameters! {
    ImageName = vec![in_path(
        "image",
        "A name, a digest, or the beginning of one. A slash in a name may be written as `%2F`.",
        text(),
    )];
    OtherImage = vec![in_path("other", "The second image, named likewise.", text())];
    RepositoryName = vec![in_path("name", "A repository, as images are named, without the tag.", text())];
    OwnerName = vec![in_path("name", "An owner, as setting `owners` names them.", text())];
    VulnerabilityId = vec![in_path("id", "Any of its identifiers, in upper or lower case.", text())];
    PackageName = vec![
        in_path("namespace", "Where advisories on it are published, as `debian:12`.", text()),
        in_path("name", "The package; may have slashes.", text()),
    ];
    DiffId = vec![in_path("diff_id", "Digest of its tar.", text())];
    JobId = vec![in_path("id", "The number of the job.", text())];
    BackupId = vec![in_path("id", "The number of the backup.", text())];
    PluginName = vec![in_path("name", "The name of the plugin.", text())];
    FeedName = vec![in_path("name", "The name of the feed.", text())];
    SourceName = vec![in_path("source", "The name of the source; may have slashes.", text())];
    SubscriptionName = vec![in_path("name", "The name of the subscription.", text().pattern(Some(SHORT_NAME)))];
    NoticeSubscription = vec![in_path("subscription", "The name of the subscription.", text())];
    NoticeNumber = vec![in_path("number", "The number of the notice there.", whole())];
    WatchName = vec![in_path("name", "The name of the watch.", text().pattern(Some(SHORT_NAME)))];
    DecisionName = vec![in_path("name", "What it is called here.", text().pattern(Some(NAME)))];
    TokenName = vec![in_path("name", "Its name, or its identifier.", text())];
    SchemaName = vec![in_path("name", "`report-1.json`.", text())];
    Signature = vec![in_header(
        "x-limpid-signature",
        "A signature over the digest of the component, in hex or base64, where `plugins.allow` asks for one.",
    )];
    /// Where the pages of a list are shorter than elsewhere.
    TagPaging = vec![
        in_query("after", "`next` of the page before.", text()),
        in_query("limit", "How many on a page, 100 at most.", whole()),
    ];
    /// Of answers that have a tag.
    NoneMatch = vec![in_header("If-None-Match", "The `ETag` of an answer that the client has.")];
    /// Of what does something each time that it is asked for.
    IdempotencyKey = vec![in_header(
        "Idempotency-Key",
        "A text of the client's choice, such as a UUID: a request with the same key and body is done once, and answered \
         as it was then.",
    )];
    /// Of answers in JSON.
    Fields = vec![in_query(
        fields::PARAMETER,
        "The fields that are wanted, with commas between them, as `images.digest,next`: others are left out, also \
         those that are always there otherwise. The items of a list have the path of the list.",
        text(),
    )];
    /// Of what takes time.
    Prefer = vec![in_header("Prefer", "`wait=N`: waits so many seconds for the result.")];
}

/// Bytes of any kind.
pub(crate) struct Binary;

impl PartialSchema for Binary {
    fn schema() -> RefOr<Schema> {
        text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary))).into()
    }
}

impl ToSchema for Binary {}

pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

pub(super) fn whole() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0))
}

fn in_path(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn in_query(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn in_header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text()))
        .build()
}
