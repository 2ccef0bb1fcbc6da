//! Fields that are one word of a fixed set, as schemas describe them: with the words of the model.

use limpid_model::plan::Place;
use limpid_model::{
    AccessRole, Blame, EnrichmentKinds, FeedChangeKind, NoticeKind, NoticeState, Provenance, RepositoryOrder,
    RunKind, Severity, WatchPhase,
};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::{exchange, plan};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $words:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some($words)).into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

words! {
    /// What the holder of a token may.
    RoleWord = AccessRole::ALL.map(AccessRole::as_str);
    /// Who is to blame for a failure.
    BlameWord = [Blame::Plugin, Blame::Input, Blame::Host].map(Blame::as_str);
    /// What is stated of vulnerabilities, whoever is affected.
    EnrichmentWord = EnrichmentKinds { exploited: true, probability: true, other: true }.words();
    /// What changed.
    NoticeKindWord = NoticeKind::ALL.map(NoticeKind::as_str);
    /// What changed, as the type of a message.
    MessageWord = NoticeKind::ALL.map(|kind| format!("image.{}", kind.as_str()));
    /// How far a notice is.
    NoticeStateWord = NoticeState::ALL.map(NoticeState::as_str);
    /// By what repositories are sorted.
    OrderWord = RepositoryOrder::ALL.map(RepositoryOrder::as_str);
    /// How a change of what a feed states came about.
    RunWord = RunKind::ALL.map(RunKind::as_str);
    /// What became of what a feed states.
    FeedChangeWord = FeedChangeKind::ALL.map(FeedChangeKind::as_str);
    /// Whose layer it is.
    OriginWord = Provenance::ALL.map(Provenance::as_str);
    /// Where a command is run.
    PlaceWord = [Place::Image, Place::Sources].map(Place::as_str);
    /// How bad it is.
    SeverityWord = Severity::WORST_FIRST.map(Severity::as_str);
    /// What an image is that is not one.
    ImageKindWord = [limpid_model::Image::BILL_OF_MATERIALS.1];
    /// What a watch does.
    WatchWord = [WatchPhase::Listing, WatchPhase::Waiting].map(WatchPhase::as_str);
    /// The form of a report: this service's, or that of another tool.
    ReportFormWord = ["json"].into_iter().chain(exchange::Form::ALL.map(exchange::Form::as_str));
    /// The form of a plan.
    PlanFormWord = ["json"].into_iter().chain(plan::Form::ALL.map(plan::Form::as_str));
}
