use limpid_layers::Limits;
use limpid_model::AttachmentKind;
use limpid_test_archives::{Layout, Tar};
use serde_json::{Value, json};

use super::super::test_support::open;
use super::*;
use crate::{AttachedSettings, Belief, ImageSource};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const STATEMENT: &str = "application/vnd.in-toto+json";
const OF_SBOM: &str = "https://cyclonedx.org/bom";

fn any() -> Attaching {
    let settings = AttachedSettings { vex: Belief::Any, sboms: Belief::Any, ..AttachedSettings::default() };
    Attaching::new(settings).unwrap()
}

fn digest(descriptor: &Value) -> Digest {
    descriptor["digest"].as_str().unwrap().parse().unwrap()
}

fn image(layout: &mut Layout) -> Value {
    let tar = Tar::default().file("a", b"x").end();
    layout.image(&[("application/vnd.oci.image.layer.v1.tar", &tar, &tar)])
}

/// A manifest with a statement that says which components something has.
fn statement(layout: &mut Layout, about: &Value, more: Value) -> Value {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "web", "digest": {"sha256": digest(about).hex()}}],
        "predicateType": OF_SBOM,
        "predicate": {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "a"}]},
    });
    let mut layer = layout.blob(STATEMENT, statement.to_string().as_bytes());
    layer["annotations"] = json!({"in-toto.io/predicate-type": OF_SBOM});
    let config = layout.blob("application/vnd.oci.empty.v1+json", b"{}");
    let mut manifest =
        json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]});
    manifest.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    layout.blob(MANIFEST, manifest.to_string().as_bytes())
}

/// What is attached to the one image of a layout.
fn attached(archive: &[u8], attaching: &Attaching) -> Option<Vec<FoundAttachment>> {
    let (archive, stop) = (open(archive).unwrap(), Stop::default());
    let images = archive.images(&stop).unwrap();
    let [image] = images.as_slice() else { panic!("{} images", images.len()) };
    archive.attached(image, attaching, &stop).unwrap()
}

/// From where one bill of materials is, which counts.
fn counted(archive: &[u8]) -> String {
    let attached = attached(archive, &any()).unwrap();
    let [found] = attached.as_slice() else { panic!("{attached:?}") };
    assert_eq!((found.attachment.kind, &found.attachment.unused), (AttachmentKind::Sbom, &None));
    found.attachment.from.clone()
}

#[test]
fn what_buildkit_exports_beside_an_image_is_found() {
    let mut layout = Layout::default();
    let image = image(&mut layout);
    let mut beside = statement(&mut layout, &image, json!({}));
    beside["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    beside["annotations"] = json!({
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image["digest"],
    });
    // It writes an index of one index.
    let index = layout.index(&[image, beside.clone()]);
    assert_eq!(counted(&layout.tar(&[index])), format!("attestation `{}`", digest(&beside)));
}

#[test]
fn what_refers_to_an_image_or_its_index_is_found() {
    let mut layout = Layout::default();
    let image = image(&mut layout);
    let index = layout.index(std::slice::from_ref(&image));
    for about in [&image, &index] {
        let mut layout = layout.clone();
        let more = json!({"artifactType": STATEMENT, "subject": about});
        let referrer = statement(&mut layout, about, more);
        let archive = layout.tar(&[index.clone(), referrer.clone()]);
        assert_eq!(counted(&archive), format!("referrer `{}`", digest(&referrer)));
    }
}

#[test]
fn what_lies_under_cosigns_tag_is_found() {
    let mut layout = Layout::default();
    let image = image(&mut layout);
    let mut tagged = statement(&mut layout, &image, json!({}));
    let tag = format!("sha256-{}.att", digest(&image).hex());
    tagged["annotations"] =
        json!({"org.opencontainers.image.ref.name": format!("registry.example/web:{tag}")});
    assert_eq!(counted(&layout.tar(&[image, tagged])), format!("tag `{tag}`"));
}

#[test]
fn a_layout_with_nothing_beside_an_image_says_nothing() {
    let mut layout = Layout::default();
    let image = image(&mut layout);
    assert!(attached(&layout.clone().tar(std::slice::from_ref(&image)), &any()).is_none());
    // Of another image.
    let other = layout.blob(MANIFEST, b"{}");
    let more = json!({"artifactType": STATEMENT, "subject": other});
    let referrer = statement(&mut layout, &other, more);
    let archive = layout.tar(&[image, referrer]);
    assert!(attached(&archive, &any()).is_none());
    // Nobody of the settings could be believed.
    assert!(attached(&archive, &Attaching::default()).is_none());
}

#[test]
fn what_is_missing_or_damaged_costs_only_itself() {
    let mut layout = Layout::default();
    let image = image(&mut layout);
    let more = json!({"artifactType": STATEMENT, "subject": image});
    let referrer = statement(&mut layout, &image, more);
    let statement = layout.0.iter().position(|(_, bytes)| bytes.starts_with(b"{\"_type\"")).unwrap();
    let why = |layout: &Layout| {
        let found = attached(&layout.clone().tar(&[image.clone(), referrer.clone()]), &any()).unwrap();
        assert_eq!(found.len(), 1);
        found[0].attachment.unused.clone().unwrap()
    };
    let mut damaged = layout.clone();
    let last = damaged.0[statement].1.last_mut().unwrap();
    *last = b' ';
    assert!(why(&damaged).contains("has digest"), "{}", why(&damaged));
    damaged.0[statement].1.pop();
    assert!(why(&damaged).contains("by its descriptor"), "{}", why(&damaged));
    damaged.0.remove(statement);
    assert!(why(&damaged).contains("not in the archive"), "{}", why(&damaged));
}

#[test]
fn no_more_is_looked_at_than_an_archive_may_have_and_that_is_told() {
    let mut layout = Layout::default();
    let image = image(&mut layout);
    // They name nothing that is there, and do not count as images.
    let named = json!({"mediaType": MANIFEST, "digest": "", "size": 0, "artifactType": "x"});
    let unknown = json!({"os": "unknown", "architecture": "unknown"});
    let mut index = layout.index(&vec![named; Limits::default().manifests_per_archive as usize]);
    index["platform"] = unknown;
    let found = attached(&layout.tar(&[image, index]), &any()).unwrap();
    let [found] = found.as_slice() else { panic!("{found:?}") };
    let why = found.attachment.unused.as_deref().unwrap();
    assert!(why.contains("`manifests_per_archive`"), "{why}");
}

#[test]
fn indexes_that_lead_to_each_other_end() {
    let mut layout = Layout::default();
    let image = image(&mut layout);
    let mut index = layout.index(std::slice::from_ref(&image));
    for _ in 0..Limits::default().index_depth {
        index = layout.index(&[index]);
    }
    index["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    let found = attached(&layout.tar(&[image, index]), &any()).unwrap();
    let why = found[0].attachment.unused.as_deref().unwrap();
    assert!(why.contains("`index_depth`"), "{why}");
}
