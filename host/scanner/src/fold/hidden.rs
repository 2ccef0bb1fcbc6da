use std::collections::BTreeSet;

use super::Hidden;
use limpid_layers::Overlay;

/// Which files that state facts a later layer replaces or deletes, and which layer that is.
///
/// `stating` holds, for each layer, the paths that state something; `overlays` what each layer holds.
pub(crate) fn hidden(stating: &[BTreeSet<String>], overlays: &[Overlay<'_>]) -> Vec<Hidden> {
    let mut hidden = Vec::new();
    for (layer, paths) in stating.iter().enumerate() {
        for path in paths {
            let above = overlays.iter().enumerate().skip(layer + 1);
            let by = above.into_iter().find(|(_, overlay)| overlay.hides(path));
            hidden.extend(by.map(|(by, _)| Hidden { layer, path: path.clone(), by }));
        }
    }
    hidden
}
