//! CPE names, by [NISTIR 7695](https://doi.org/10.6028/NIST.IR.7695): the formatted string binding of version 2.3.

/// How many attributes a name has.
const ATTRIBUTES: usize = 11;

/// The attributes of a name that are looked at, without backslashes. `*` is any value and `-` that there is none; neither
/// is an ordinary character of a value here, because publishers' names that are looked at have none of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpe {
    /// `a` of an application, `o` of an operating system, `h` of hardware.
    pub part: String,
    /// Who publishes it.
    pub vendor: String,
    /// What it is called.
    pub product: String,
    /// Its version.
    pub version: String,
    /// What of the version: `rc1`, `update392`.
    pub update: String,
    /// Which edition of it: `enterprise`, `lts`.
    pub edition: String,
    /// On what software it runs: `windows`, `node.js`.
    pub target_software: String,
    /// On what hardware it runs: `x64`.
    pub target_hardware: String,
}

impl Cpe {
    /// Reads a name; none where it is not one.
    pub fn parse(name: &str) -> Option<Self> {
        let mut attributes = vec![String::new()];
        let mut characters = name.strip_prefix("cpe:2.3:")?.chars();
        while let Some(character) = characters.next() {
            match character {
                ':' if attributes.len() == ATTRIBUTES => return None,
                ':' => attributes.push(String::new()),
                '\\' => attributes.last_mut()?.push(characters.next()?),
                other => attributes.last_mut()?.push(other),
            }
        }
        let [part, vendor, product, version, update, _, _, edition, target_software, target_hardware, _] =
            <[String; ATTRIBUTES]>::try_from(attributes).ok()?;
        let is_named = !part.is_empty() && !vendor.is_empty() && !product.is_empty() && !version.is_empty();
        is_named.then_some(Self {
            part,
            vendor,
            product,
            version,
            update,
            edition,
            target_software,
            target_hardware,
        })
    }
}

/// A value as it stands in a name: all but letters, digits and `_`, `-` and `.` has a backslash, and so has a value that
/// is nothing but `-`.
pub(crate) fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for character in value.chars() {
        if !(character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-')) || value == "-" {
            text.push('\\');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}
