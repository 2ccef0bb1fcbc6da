use proptest::prelude::*;

use super::*;

/// What lines state, and what of them is damaged.
fn parse(text: &str) -> (Modules, Vec<String>) {
    let mut problems = Problems::default();
    let modules = Modules::parse(text, &mut problems);
    let mut report = limpid_plugin_sdk::detector::Report::default();
    report.unread_parts("a", problems);
    (modules, report.unread.into_iter().map(|unread| unread.error.to_string()).collect())
}

fn code(modules: &Modules) -> Vec<(&str, &str)> {
    modules.main.iter().chain(&modules.dependencies).map(Module::code).collect()
}

#[test]
fn modules_are_those_whose_code_is_there() {
    let text = "path\texample.com/app/cmd\nmod\texample.com/app\tv1.0.0\th1:a=\n\
                dep\texample.com/a\tv1.2.3\th1:b=\n\
                dep\texample.com/b\tv1.0.0\n=>\texample.com/fork\tv1.0.1\th1:c=\n\
                dep\texample.com/c\tv1.0.0\n=>\t./c\t(devel)\t\n\
                dep\texample.com/d\tv0.0.0\n=>\t/src/d\t\t\n\
                dep\texample.com/e\tv0.0.0\n=>\tC:\\src\\e\t(devel)\t\n\
                dep\texample.com/f\t(devel)\t\n";
    let (modules, problems) = parse(text);
    assert_eq!(problems, [""; 0]);
    assert_eq!(modules.path, "example.com/app/cmd");
    assert_eq!(
        code(&modules),
        [
            ("example.com/app", "v1.0.0"),
            ("example.com/a", "v1.2.3"),
            ("example.com/fork", "v1.0.1"),
            ("example.com/c", UNKNOWN),
            ("example.com/d", UNKNOWN),
            ("example.com/e", UNKNOWN),
            ("example.com/f", UNKNOWN),
        ]
    );
}

#[test]
fn a_damaged_line_costs_its_module_and_no_other() {
    let text = "mod\texample.com/app\ndep\ta\tv1\tsum\tmore\n=>\tb\tv2\tsum\ndep\tc\tv3\n=>\tbroken\n\
                => \nnonsense\n\ndep\t\tv1\ndep\td\tv4\n\n=>\te\tv5\n";
    let (modules, problems) = parse(text);
    assert_eq!(code(&modules), [("c", UNKNOWN), ("e", "v5")]);
    assert_eq!(
        problems,
        [
            "malformed: line 1 of the build info names no module and version",
            "malformed: line 2 of the build info names no module and version",
            "malformed: line 5 of the build info names no module in the place of the one before",
            "malformed: line 9 of the build info names no module and version",
        ]
    );
    assert_eq!(parse("=>\ta\tv1\n").1, ["malformed: line 1 of the build info replaces no module"]);
    for blank in ["dep\ta\t(devel \n", "dep\t a\tv1\n"] {
        assert_eq!(parse(blank).1, ["malformed: line 1 of the build info names no module and version"]);
    }
}

#[test]
fn settings_are_read_as_go_writes_them() {
    let text = "build\tGOOS=linux\nbuild\t-tags=\"a b\"\nbuild\tCGO_CFLAGS=\nbuild\t\"odd key\"=`raw \"text\"`\n\
                build\tnone\nbuild\t\"open=1\nbuild\tx=\"\\q\"\nbuild\tGOOS=again\n\
                build\tescapes=\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\x41\\101\\u00e9\\U0001F600é\"\n";
    let (modules, problems) = parse(text);
    assert_eq!(problems, [""; 0]);
    assert_eq!(modules.setting("GOOS"), Some("linux"));
    assert_eq!(modules.setting("-tags"), Some("a b"));
    assert_eq!(modules.setting("odd key"), Some("raw \"text\""));
    assert_eq!(modules.setting("escapes"), Some("\u{7}\u{8}\u{c}\n\r\t\u{b}\\\"AAé😀é"));
    for none in ["CGO_CFLAGS", "none", "open", "x", "y"] {
        assert_eq!(modules.setting(none), None, "{none}");
    }
}

proptest! {
    #[test]
    fn no_text_is_too_odd_to_be_read(text in "((path|mod|dep|=>|build)[\\ta=\"`\\\\xu0]{0,9}\\n?){0,9}") {
        let (modules, _) = parse(&text);
        for (path, version) in code(&modules) {
            prop_assert!(!path.is_empty() && !version.is_empty());
        }
    }
}
