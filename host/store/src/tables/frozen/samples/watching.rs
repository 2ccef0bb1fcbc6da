//! What is known of registries, and of the tags in them.

use limpid_model::{
    Attachment, AttachmentKind, ImageReference, Listings, Platforms, SeenAttached, Signer, Watch, WatchSpec,
    WatchedTag,
};

use super::{Sample, digest, packed, sample, some, texts};
use crate::table;
use crate::tables::{attached, listings, origins, tags, watched, watches};

pub(super) fn all() -> Vec<Sample> {
    let tag = tags::Key { repository: "shop/web".into(), tag: "1".into(), since: 300 };
    let pointing = tags::Row::new(Some(digest(2)), vec![digest(1), digest(3)], 400);
    let unknown = tags::Row::new(None, vec![digest(1)], 400);
    let reference = |platforms| ImageReference { reference: "registry.example/a:1".into(), platforms };
    let only = || Platforms::Only(vec!["linux/arm64/v8".parse().unwrap()]);
    let watched = watched::Key { watch: "w".into(), repository: "a/b".into(), tag: "1".into() };
    let followed = WatchedTag {
        repository: "a/b".into(),
        tag: "1".into(),
        digest: digest(2),
        since: 300,
        seen: 400,
        gone: Some(500),
        made: Some(200),
        job: Some(7),
        attached: Vec::new(),
        asked: None,
    };
    let seen = vec![SeenAttached { place: "sha256-00.att".into(), digest: digest(3) }];
    let attached = WatchedTag { attached: seen, asked: Some(600), ..followed.clone() };
    let name = "w".to_owned();
    vec![
        sample::<tags::Tags>("index", &tag, &pointing),
        sample::<tags::Tags>("unknown", &tag, &unknown),
        sample::<origins::Origins>("all", &digest(1), &(&reference(Platforms::All)).into()),
        sample::<origins::Origins>("some", &digest(1), &(&reference(only())).into()),
        of_attached("all", &attachments()),
        of_attached("keyless", &keyless()),
        sample::<watches::Watches>("one", &name, &(&watch(only())).into()),
        sample::<listings::Listings>("one", &name, &went().into()),
        sample::<listings::Listings>("none", &name, &listings::Row::default()),
        sample::<watched::Watched>("one", &watched, &(&followed).into()),
        sample::<watched::Watched>("attached", &watched, &(&attached).into()),
    ]
}

fn of_attached(name: &str, documents: &[attached::Document]) -> Sample {
    let key = attached::Key { image: digest(1), since: 300 };
    packed::<attached::Attached>(name, &key, &attached::Row::pack(documents).unwrap(), |key, row| {
        let key = table::decode_key::<attached::Attached>(key).unwrap();
        let row = table::decode_row::<attached::Attached>(row).unwrap();
        format!("{key:?} {:?}", row.unpack().unwrap())
    })
}

fn attachment(kind: AttachmentKind, signer: Option<Signer>, unused: Option<&str>) -> attached::Document {
    attached::Document {
        attachment: Attachment {
            kind,
            from: "tag `sha256-ab.att`".into(),
            about: digest(2),
            signer,
            unused: unused.map(str::to_owned),
        },
        extension: "cdx.json".into(),
        bytes: if unused.is_some() { Vec::new() } else { b"{}".to_vec() },
    }
}

fn attachments() -> [attached::Document; 3] {
    let signer = Signer::Key { file: "cosign.pub".into(), fingerprint: "sha256:ab".into() };
    [
        attachment(AttachmentKind::Vex, Some(signer), None),
        attachment(AttachmentKind::Sbom, None, None),
        attachment(AttachmentKind::Unknown, None, Some("why")),
    ]
}

/// Version 1 knows keys alone.
fn keyless() -> [attached::Document; 1] {
    let signer =
        Signer::Identity { subject: "https://a.example/b".into(), issuer: "https://c.example".into() };
    [attachment(AttachmentKind::Vex, Some(signer), None)]
}

fn watch(platforms: Platforms) -> Watch {
    let spec = WatchSpec {
        registry: "registry.example".into(),
        aliases: texts(["registry:5000"]),
        repositories: texts(["a/*"]),
        tags: texts(["1*"]),
        newest: Some(300),
        max_age: Some(400),
        platforms,
        interval: Some(500),
        enabled: true,
    };
    Watch { name: "w".into(), created: 1, spec }
}

fn went() -> Listings {
    Listings {
        last: Some(300),
        last_complete: Some(301),
        next: Some(302),
        failures: 3,
        why: some("why"),
        failed: vec![("a".into(), "why".into())],
        failed_count: 304,
        repositories: 305,
        tags: 306,
        gone: 307,
        submitted: 308,
        dropped: 309,
    }
}
