//! What the [definitions of types](https://github.com/package-url/purl-spec/tree/main/types) say of the canonical
//! form of their parts. A part that is not case sensitive is in lower case.

use std::borrow::Cow;

/// How a part is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    AsItIs,
    LowerCase,
    UpperCase,
    /// In lower case, and each run of `-`, `_` and `.` is one `-`
    /// ([PyPA](https://packaging.python.org/en/latest/specifications/name-normalization/)).
    Pypi,
    /// A commit is in lower case, a name of one is as it is
    /// ([huggingface](https://github.com/package-url/purl-spec/blob/main/types/huggingface-definition.json)).
    Commit,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) namespace: Form,
    pub(crate) name: Form,
    pub(crate) version: Form,
}

const AS_IT_IS: Rules = Rules { namespace: Form::AsItIs, name: Form::AsItIs, version: Form::AsItIs };
const VENDOR: Rules = Rules { namespace: Form::LowerCase, ..AS_IT_IS };
const NAME: Rules = Rules { name: Form::LowerCase, ..AS_IT_IS };
const BOTH: Rules = Rules { name: Form::LowerCase, ..VENDOR };

/// Those of a type, in lower case; of a type that is not known, all is as it is.
pub(crate) fn rules(kind: &str) -> Rules {
    match kind {
        "alpm" | "apk" | "bitbucket" | "composer" | "deb" | "github" | "golang" | "hex" | "npm" | "nix"
        | "vscode-extension" => BOTH,
        "qpkg" | "rpm" => VENDOR,
        "bitnami" | "brew" | "oci" | "pub" => NAME,
        "cpan" => Rules { namespace: Form::UpperCase, ..AS_IT_IS },
        "pypi" => Rules { name: Form::Pypi, version: Form::LowerCase, ..AS_IT_IS },
        "huggingface" => Rules { version: Form::Commit, ..AS_IT_IS },
        _ => AS_IT_IS,
    }
}

impl Form {
    pub(crate) fn apply(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::AsItIs => text.into(),
            Self::LowerCase if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) => {
                text.into()
            }
            Self::LowerCase => text.to_lowercase().into(),
            Self::Commit if text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                text.to_ascii_lowercase().into()
            }
            Self::Commit => text.into(),
            Self::UpperCase => text.to_ascii_uppercase().into(),
            Self::Pypi => {
                let mut name = String::with_capacity(text.len());
                for character in text.to_lowercase().chars() {
                    match character {
                        '-' | '_' | '.' if name.ends_with('-') => {}
                        '-' | '_' | '.' => name.push('-'),
                        character => name.push(character),
                    }
                }
                name.into()
            }
        }
    }
}
