//! Bitnami's own list of what it put into an image: `{"redis": {"arch": "amd64", "version": "7.4.1-0"}}`. Images from
//! before it wrote SPDX have nothing else.

use limpid_plugin_sdk::detector::{Evidence, File, Package, Problems, Report};
use limpid_plugin_sdk::{Error, Purl};
use serde::Deserialize;

/// Where Bitnami installs its components.
pub(crate) const FOLDER: &str = "opt/bitnami/";

pub(crate) const LIST: &str = "opt/bitnami/.bitnami_components.json";

/// The type of package URLs, and the namespace of advisories and the scheme of versions as well.
pub(crate) const TYPE: &str = "bitnami";

/// The largest list that is read, in bytes: an image has a dozen of components.
const MAX_LIST: u64 = 1 << 20;

#[derive(Deserialize)]
struct Component {
    version: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    distro: String,
}

pub(crate) fn read(file: &File, report: &mut Report) -> Result<(), Error> {
    let list: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&file.read_to_vec(MAX_LIST)?).map_err(Error::malformed)?;
    let mut problems = Problems::default();
    for (name, value) in list {
        let component = match Component::deserialize(value) {
            Ok(component) if !name.is_empty() && !component.version.is_empty() => component,
            Ok(_) => {
                problems
                    .push(Error::malformed(format_args!("component `{name:.200}` has no name or version")));
                continue;
            }
            Err(error) => {
                problems.push(Error::malformed(format_args!("component `{name:.200}`: {error}")));
                continue;
            }
        };
        report.found(file.path(), package(&name, component));
    }
    report.unread_parts(file.path(), problems);
    Ok(())
}

fn package(name: &str, component: Component) -> Package {
    let Component { version, arch, distro } = component;
    let purl = Purl::new(TYPE, name).version(&version).qualifier("arch", arch).qualifier("distro", distro);
    Package::new(name.to_lowercase(), version, TYPE).namespace(TYPE).purl(purl).evidence(Evidence::Declared)
}
