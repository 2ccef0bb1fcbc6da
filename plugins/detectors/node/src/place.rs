//! Which files of that name are a package's.

/// What a `package.json` is by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Of a package in `node_modules`.
    Installed,
    /// Of a package, if it says that it is one.
    Elsewhere,
    /// Of a part of a package, of a tool, or of no package at all.
    Part,
}

impl Place {
    pub(crate) fn of(path: &str) -> Self {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut parts = folder.split('/').rev();
        let (name, above) = (parts.next().unwrap_or_default(), parts.next());
        let is_installed = match above {
            Some("node_modules") => true,
            Some(".store") | None => false,
            Some(scope) if scope.starts_with('@') => parts.next() == Some("node_modules"),
            // Yarn's, where it links as pnpm does: `node_modules/.store/ms-npm-2.1.3-81ff3cfac1/package`.
            Some(_) => {
                name == "package" && parts.next() == Some(".store") && parts.next() == Some("node_modules")
            }
        };
        match is_installed {
            // Others in `node_modules` are of scopes (`@babel`) and of tools (`.bin`, `.cache`): no name of a package
            // begins like these.
            true if name.starts_with(['@', '.']) => Self::Part,
            true => Self::Installed,
            false if folder.split('/').any(|part| part == "node_modules") || is_material(folder) => {
                Self::Part
            }
            false => Self::Elsewhere,
        }
    }
}

/// Whether a folder is of what programs are tested by, made from or explained with. A folder at the top, or of
/// somebody's home, may be called as it likes.
fn is_material(folder: &str) -> bool {
    let own = if folder.starts_with("home/") { 2 } else { 1 };
    folder.starts_with("usr/share/doc/")
        || folder.contains("{{")
        || folder.split('/').skip(own).any(|part| {
            matches!(
                part,
                "test"
                    | "tests"
                    | "__tests__"
                    | "testdata"
                    | "fixture"
                    | "fixtures"
                    | "__fixtures__"
                    | "test-fixtures"
                    | "example"
                    | "examples"
                    | "template"
                    | "templates"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_node_modules_each_folder_is_a_package_and_nothing_below_it() {
        let check = |path: &str, expected: Place| assert_eq!(Place::of(path), expected, "{path}");
        check("node_modules/a/package.json", Place::Installed);
        check("app/node_modules/@a/b/package.json", Place::Installed);
        check("usr/lib/node_modules/npm/package.json", Place::Installed);
        check("srv/test/node_modules/a/package.json", Place::Installed);
        check("node_modules/.pnpm/a@1.0.0/node_modules/a/package.json", Place::Installed);
        check("node_modules/.store/ms-npm-2.1.3-81ff3cfac1/package/package.json", Place::Installed);
        check("node_modules/.store/a@1.0.0/node_modules/a/package.json", Place::Installed);
        check("node_modules/.bun/a@1.0.0/node_modules/@a/b/package.json", Place::Installed);
        check("node_modules/.store/ms-npm-2.1.3-81ff3cfac1/package/lib/package.json", Place::Part);
        check("node_modules/.store/ms/package.json", Place::Part);
        check("node_modules/@a/package.json", Place::Part);
        check("node_modules/.cache/package.json", Place::Part);
        check("node_modules/@a/.b/package.json", Place::Part);
        check("node_modules/package.json", Place::Part);
        check("node_modules/a/lib/package.json", Place::Part);
        check("node_modules/a/@b/c/package.json", Place::Part);
        check("node_modules/@a/b/dist/esm/package.json", Place::Part);
        check("app/node_modules/a/test/fixtures/package.json", Place::Part);
    }

    #[test]
    fn elsewhere_any_folder_may_be_a_package_but_for_what_tests_and_examples_are_made_of() {
        let check = |path: &str, expected: Place| assert_eq!(Place::of(path), expected, "{path}");
        check("package.json", Place::Elsewhere);
        check("app/package.json", Place::Elsewhere);
        check("test/package.json", Place::Elsewhere);
        check("home/test/package.json", Place::Elsewhere);
        check("opt/yarn-v1.22.22/package.json", Place::Elsewhere);
        check("root/.cache/node/corepack/v1/pnpm/9.1.0/package.json", Place::Elsewhere);
        check("usr/share/nodejs/@babel/core/package.json", Place::Elsewhere);
        check("app/test/package.json", Place::Part);
        check("app/packages/a/__fixtures__/b/package.json", Place::Part);
        check("usr/share/doc/a/package.json", Place::Part);
        check("opt/{{cookiecutter.name}}/package.json", Place::Part);
        check("opt/generator/templates/app/package.json", Place::Part);
    }
}
