use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Advisory, Affected, Range};

use crate::definition::Definition;

/// What a feed knows of its publisher and OVAL does not say.
pub trait Publisher {
    /// What a definition says of a vulnerability, whoever is affected, and what it says of every package.
    ///
    /// # Errors
    ///
    /// Why the definition is rejected.
    fn statement(&self, definition: &Definition) -> Result<Statement, Error>;

    /// Whether a package names a release of a distribution, by being there: `oraclelinux-release`; or a file, by what is
    /// written in it: `/etc/os-release`.
    fn is_release(&self, package: &str) -> bool;

    /// The namespaces of the release whose package has such a version, or whose file such a text; none where no image
    /// states them, and then nothing is stated of that release.
    ///
    /// # Errors
    ///
    /// Why it cannot be told, for which the definition is rejected.
    fn namespaces(&self, package: &str, version: Condition<'_>) -> Result<Vec<String>, Error>;

    /// The namespaces that are meant where criteria name no release, by the versions of the package.
    fn implied(&self, _range: &Range) -> Vec<String> {
        Vec::new()
    }

    /// The range that is meant by one that criteria state.
    fn range(&self, range: Range) -> Range {
        range
    }
}

/// What a definition says.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it says of the vulnerability. Its `affected` is empty.
    pub advisory: Advisory,
    /// What is the same for every package that it affects: scheme, status, ratings, note. Namespace, name, ranges
    /// and versions come from the criteria.
    pub every: Affected,
}

/// What a state asks of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition<'a> {
    /// How the value compares.
    pub operation: Operation,
    /// With what.
    pub value: &'a str,
}

impl<'a> Condition<'a> {
    /// The version that this condition names: all of it where it must be equal, the number at its start where it is
    /// a pattern (`^8`, `^5[^\d]`), none otherwise.
    pub fn version(&self) -> Option<&'a str> {
        match self.operation {
            Operation::Equals => Some(self.value),
            Operation::Pattern => {
                let number = self.value.strip_prefix('^')?;
                let end = number.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(number.len());
                let rest = number.get(end..)?;
                let is_plain = rest.is_empty() || rest.starts_with("[^") || rest.starts_with("\\.");
                number.get(..end).filter(|number| is_plain && !number.is_empty())
            }
            _ => None,
        }
    }
}

/// How a value compares with that of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `equals`, which is also meant where nothing is stated
    Equals,
    /// `less than`
    Less,
    /// `less than or equal`
    LessOrEqual,
    /// `greater than`
    Greater,
    /// `greater than or equal`
    GreaterOrEqual,
    /// `pattern match`
    Pattern,
    /// Any other
    Other,
}

impl Operation {
    /// The operation of this name.
    pub fn of(name: &str) -> Self {
        match name {
            "" | "equals" => Self::Equals,
            "less than" => Self::Less,
            "less than or equal" => Self::LessOrEqual,
            "greater than" => Self::Greater,
            "greater than or equal" => Self::GreaterOrEqual,
            "pattern match" => Self::Pattern,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_a_version_or_does_not() {
        let check = |operation: &str, value: &str, expected: Option<&str>| {
            let condition = Condition { operation: Operation::of(operation), value };
            assert_eq!(condition.version(), expected, "{operation} {value}");
        };
        check("equals", "15.4", Some("15.4"));
        check("", "15.4", Some("15.4"));
        check("pattern match", "^8", Some("8"));
        check("pattern match", r"^5[^\d]", Some("5"));
        check("pattern match", r"^10\.", Some("10"));
        check("pattern match", "8", None);
        check("pattern match", "^8|^9", None);
        check("pattern match", "^", None);
        check("less than", "8", None);
        check("not equal", "8", None);
    }
}
