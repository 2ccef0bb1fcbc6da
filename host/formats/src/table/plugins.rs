use crate::json as api;

use super::{Page, rows};

/// The plugins, and files that were refused.
pub fn plugins(page: &mut Page, plugins: &api::Plugins) {
    let each = plugins.plugins.iter().map(|plugin| {
        let digest: String = plugin.id.digest.chars().skip("sha256:".len()).take(12).collect();
        vec![
            plugin.id.name.clone(),
            plugin.id.version.clone(),
            plugin.roles.join(", "),
            digest,
            plugin.description.clone().unwrap_or_default(),
        ]
    });
    rows(page, &["plugin", "version", "roles", "digest", "description"], each);
    for refused in &plugins.refused {
        page.line(&[format!("refused: {}: {}", refused.file, refused.reason).into()]);
    }
}
