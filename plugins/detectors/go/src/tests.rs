use std::fmt::Write as _;

use limpid_executable::testing::{Access, Form, PE_BASE, Part, fat};
use limpid_plugin_sdk::detector::Scope;
use proptest::prelude::*;

use super::*;

const LINES: &str = "path\texample.com/app\nmod\texample.com/app\t(devel)\t\n\
                     dep\tgithub.com/pkg/errors\tv0.9.1\th1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=\n\
                     build\tGOARCH=amd64\nbuild\tGOOS=linux\nbuild\tvcs.revision=0a1b2c\n";

/// The list of modules between its marks.
fn framed(lines: &str) -> Vec<u8> {
    match lines {
        "" => Vec::new(),
        lines => [&[b'0'; 16], lines.as_bytes(), &[b'1'; 16]].concat(),
    }
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Build info as Go writes it since 1.18.
fn inline(go: &str, lines: &str) -> Vec<u8> {
    let mut bytes = [build_info::MAGIC, &[8, 2], &[0; 16]].concat();
    for text in [go.as_bytes(), &framed(lines)] {
        bytes.extend(varint(text.len()));
        bytes.extend(text);
    }
    bytes
}

/// Build info as Go wrote it before, loaded at an address: the block, two strings, and their bytes.
fn pointers(form: Form, address: u64, go: &str, lines: &str) -> Vec<u8> {
    let size = if form.is_64() { 8 } else { 4 };
    let word = |number: u64| -> Vec<u8> {
        match (form.is_64(), form.is_big_endian()) {
            (true, true) => number.to_be_bytes().to_vec(),
            (true, false) => number.to_le_bytes().to_vec(),
            (false, true) => (number as u32).to_be_bytes().to_vec(),
            (false, false) => (number as u32).to_le_bytes().to_vec(),
        }
    };
    let lines = framed(lines);
    let texts = address + 32 + 4 * size;
    let mut bytes = [build_info::MAGIC, &[size as u8, u8::from(form.is_big_endian())]].concat();
    bytes.extend([word(address + 32), word(address + 32 + 2 * size)].concat());
    bytes.resize(32, 0);
    let fields = [texts, go.len() as u64, texts + go.len() as u64, lines.len() as u64];
    bytes.extend(fields.into_iter().flat_map(word));
    bytes.extend([go.as_bytes(), &lines].concat());
    bytes
}

fn executable(form: Form, build_info: Vec<u8>) -> Vec<u8> {
    form.executable(&[
        Part::new(".text", 0x1000, Access::Read, *b"code"),
        Part::new(".data", 0x2000, Access::Write, build_info),
    ])
}

/// A table of lines with these names, as Go writes it since a version.
fn table(form: Form, magic: u32, names: &str) -> Vec<u8> {
    let before = if magic == 0xffff_fffa { 2 } else { 3 };
    let size = if form.is_64() { 8 } else { 4 };
    let start = 8 + (before + 2) * size;
    let mut pointers = vec![1; before];
    pointers.extend([start, start + names.len()]);
    let number = |number: u64, size: usize| match form.is_big_endian() {
        true => number.to_be_bytes()[8 - size..].to_vec(),
        false => number.to_le_bytes()[..size].to_vec(),
    };
    let mut bytes = [number(magic.into(), 4), vec![0, 0, 1, size as u8]].concat();
    bytes.extend(pointers.into_iter().flat_map(|pointer| number(pointer as u64, size)));
    bytes.extend(names.as_bytes());
    bytes
}

const NAMES: &str = "go:buildid\0runtime.main\0main.main\0net/http.(*Client).Do\0github.com/pkg/errors.New\0\
                     github.com/pkg/errors.(*fundamental).Format\0type:.eq.github.com/pkg/errors.stack\0";

/// An executable with build info and a table of lines, in PE where only its beginning tells it.
fn with_table(form: Form, info: Vec<u8>, table: Vec<u8>) -> Vec<u8> {
    let (name, start) = match form {
        Form::Pe32 | Form::Pe64 => (".rdata", vec![0xf1; (1 << 20) - 5]),
        Form::MachO32 | Form::MachO32Big | Form::MachO64 | Form::MachO64Big => ("__gopclntab", vec![]),
        _ => (".gopclntab", vec![]),
    };
    form.executable(&[
        Part::new(name, 0x1000, Access::Read, [start, table].concat()),
        Part::new(".data", 0x20_0000, Access::Write, info),
    ])
}

const WASM_LINES: &str = "path\texample.com/app\nmod\texample.com/app\tv1.0.0\t\n\
                          dep\tgithub.com/pkg/errors\tv0.9.1\th1:a=\nbuild\tGOARCH=wasm\nbuild\tGOOS=wasip1\n";

/// A program of WebAssembly with a list of modules and a table of lines, each somewhere in its memory.
fn wasm(go: &str, lines: &str) -> Vec<u8> {
    let table = table(Form::Elf64, 0xffff_fff1, NAMES);
    let memory = [&b"text"[..], &[0; 100], &wasm::testing::marked(lines), &[0; 57], &table, &[0; 9], b"end"];
    wasm::testing::program(go, 0x3f_fff0, &memory.concat())
}

/// The symbols of each package; none where they are not known.
fn symbols(bytes: impl Into<Vec<u8>>) -> Vec<(String, Option<String>)> {
    let report = Go::detect(&[File::in_memory("usr/bin/app", bytes)]).unwrap();
    let joined = |package: &Package| package.symbols.as_ref().map(|symbols| symbols.join(" "));
    report.packages().map(|package| (package.name.clone(), joined(package))).collect()
}

#[test]
fn functions_are_those_of_their_modules_in_every_form() {
    for form in Form::ALL {
        for magic in [0xffff_fffa, 0xffff_fff0, 0xffff_fff1] {
            let found = symbols(with_table(form, inline("go1.21.5", LINES), table(form, magic, NAMES)));
            let expected = [
                ("stdlib", "net/http net/http.Client.Do runtime runtime.main"),
                ("example.com/app", "example.com/app example.com/app.main"),
                (
                    "github.com/pkg/errors",
                    "github.com/pkg/errors github.com/pkg/errors.New github.com/pkg/errors.fundamental.Format",
                ),
            ];
            let expected = expected.map(|(name, symbols)| (name.to_owned(), Some(symbols.to_owned())));
            assert_eq!(found, expected, "{form:?} {magic:x}");
        }
    }
}

#[test]
fn what_cannot_be_known_of_functions_is_not() {
    let check = |table: Vec<u8>, known: usize| {
        let found = symbols(with_table(Form::Elf64, inline("go1.21.5", LINES), table));
        assert_eq!(found.len(), 3);
        assert_eq!(found.iter().filter(|(_, symbols)| symbols.is_some()).count(), known, "{found:?}");
    };
    let of = |names: &str| table(Form::Elf64, 0xffff_fff1, names);
    // Nothing of a module is linked in, or it has other names.
    check(of("runtime.main\0main.main\0aBcD.eF\0"), 2);
    check(of("main.main\0github.com/pkg/errors.New\0"), 0);
    check(table(Form::Elf64, 0xffff_fffb, NAMES), 0);
    check(table(Form::Elf64, 0xffff_fff2, NAMES), 0);
    check(of(NAMES)[..100].to_vec(), 0);
    check(of(NAMES)[..20].to_vec(), 0);
    check(Vec::new(), 0);
    for (place, byte) in [(5, 1), (6, 3), (7, 5), (8, 0), (32, 0), (34, 9)] {
        let mut damaged = of(NAMES);
        damaged[place] = byte;
        check(damaged, 0);
    }
}

#[test]
fn functions_of_the_executables_of_a_fat_file_are_joined() {
    let image = |form: Form, names: &str| {
        with_table(form, inline("go1.21.5", LINES), table(form, 0xffff_fff1, names))
    };
    let (one, other) = ("runtime.main\0net/http.Get\0main.f\0", "runtime.main\0net/http.Head\0");
    let found = symbols(fat(&[image(Form::MachO64, one), image(Form::MachO32, other)]));
    let library = "net/http net/http.Get net/http.Head runtime runtime.main";
    assert_eq!(found[0], ("stdlib".to_owned(), Some(library.to_owned())));
    assert_eq!(found[1], ("example.com/app".to_owned(), None));
}

fn detect(bytes: impl Into<Vec<u8>>) -> (Vec<String>, Vec<String>) {
    let report = Go::detect(&[File::in_memory("usr/bin/app", bytes)]).unwrap();
    let found = report.packages().map(|package| format!("{} {}", package.name, package.version)).collect();
    (found, report.unread.into_iter().map(|unread| unread.error.to_string()).collect())
}

const FOUND: [&str; 3] = ["stdlib 1.21.5", "example.com/app (devel)", "github.com/pkg/errors v0.9.1"];

#[test]
fn build_info_is_read_in_every_form_of_executable() {
    for form in Form::ALL {
        let base = if matches!(form, Form::Pe32 | Form::Pe64) { PE_BASE } else { 0 };
        for info in [inline("go1.21.5", LINES), pointers(form, base + 0x2000, "go1.21.5", LINES)] {
            assert_eq!(
                detect(executable(form, info)),
                (FOUND.map(str::to_owned).to_vec(), vec![]),
                "{form:?}"
            );
        }
    }
}

#[test]
fn packages_are_stated_with_all_that_is_known() {
    let file = File::in_memory("usr/bin/app", executable(Form::Elf64, inline("go1.21.5", LINES)));
    let report = Go::detect(&[file]).unwrap();
    let packages: Vec<_> = report.packages().collect();
    let purls: Vec<_> = packages.iter().map(|package| package.purl.as_str()).collect();
    assert_eq!(
        purls,
        ["pkg:golang/stdlib@1.21.5", "pkg:golang/example.com/app", "pkg:golang/github.com/pkg/errors@v0.9.1"]
    );
    for package in &packages {
        assert_eq!(package.scope, Scope::Namespace("golang".to_owned()));
        assert_eq!(package.evidence, Evidence::Installed);
        let qualifier =
            |key: &str| package.qualifiers.iter().find(|(name, _)| name == key).map(|it| it.1.as_str());
        assert_eq!((qualifier("goos"), qualifier("goarch")), (Some("linux"), Some("amd64")));
        let revision = (package.name == "example.com/app").then_some("0a1b2c");
        assert_eq!(qualifier("vcs.revision"), revision, "{}", package.name);
    }
}

#[test]
fn the_main_module_needs_what_is_linked_in() {
    let lines = LINES.replace(
        "build\tGOARCH",
        "dep\texample.com/b\tv1.0.0\n=>\texample.com/c\tv2.0.0\th1:a=\nbuild\tGOARCH",
    );
    let needs = |files: &[Vec<u8>]| {
        let report = Go::detect(&[File::in_memory("usr/bin/app", fat(files))]).unwrap();
        let word =
            |needed: &Requirement| format!("{} {}", needed.name, needed.version.as_deref().unwrap_or("?"));
        let stated =
            report.packages().filter_map(|package| Some((&package.name, package.requires.as_ref()?)));
        stated
            .map(|(name, needed)| (name.clone(), needed.iter().map(word).collect::<Vec<_>>()))
            .collect::<Vec<_>>()
    };
    let one = executable(Form::MachO64, inline("go1.21.5", &lines));
    let errors = "github.com/pkg/errors v0.9.1";
    let main = "example.com/app".to_owned();
    let all = vec![errors.to_owned(), "example.com/c v2.0.0".to_owned(), "stdlib 1.21.5".to_owned()];
    assert_eq!(needs(std::slice::from_ref(&one)), [(main.clone(), all)]);
    // The executables of a fat file may differ in what they need.
    let other = executable(Form::MachO32, inline("go1.21.5", LINES));
    let sorted = vec!["example.com/c v2.0.0".to_owned(), errors.to_owned(), "stdlib 1.21.5".to_owned()];
    assert_eq!(needs(&[one, other]), [(main, sorted)]);
}

#[test]
fn the_version_that_the_linker_was_told_is_inferred() {
    let lines = format!("{LINES}build\t-ldflags=\"-s -w -X main.version=1.4.0\"\n");
    let report =
        Go::detect(&[File::in_memory("a", executable(Form::Elf64, inline("go1.21.5", &lines)))]).unwrap();
    let main = report.packages().find(|package| package.name == "example.com/app").unwrap();
    assert_eq!((main.version.as_str(), main.evidence), ("v1.4.0", Evidence::Inferred));
    let lines = lines.replace("(devel)", "v1.3.9");
    let (found, _) = detect(executable(Form::Elf64, inline("go1.24.0", &lines)));
    assert_eq!(found[1], "example.com/app v1.3.9");
}

#[test]
fn tools_of_go_are_its_toolchain() {
    let (found, unread) = detect(executable(Form::Elf64, inline("go1.21.5", "path\tcmd/go\n")));
    assert_eq!(found, ["stdlib 1.21.5", "toolchain 1.21.5"]);
    assert_eq!(unread, [""; 0]);
}

#[test]
fn build_info_without_modules_states_the_library_and_says_so() {
    let says = "unsupported: the executable does not state its modules: it was built without any";
    let paths = ["path\texample.com/app\nbuild\tGOOS=linux\n", "path\tcommand-line-arguments\n"];
    let paths = paths.map(|lines| inline("go1.21.5", lines));
    for info in
        [inline("go1.21.5", ""), pointers(Form::Elf64, 0x2000, "go1.21.5", "")].into_iter().chain(paths)
    {
        let (found, unread) = detect(executable(Form::Elf64, info));
        assert_eq!((found, unread), (vec!["stdlib 1.21.5".to_owned()], vec![says.to_owned()]));
    }
}

#[test]
fn a_section_of_its_own_is_looked_at_first() {
    for (form, name) in [(Form::Elf64, ".go.buildinfo"), (Form::MachO64, "__go_buildinfo")] {
        let bytes = form.executable(&[
            Part::new(".data", 0x2000, Access::Write, inline("go1.1", "")),
            Part::new(name, 0x3000, Access::Write, inline("go1.21.5", LINES)),
        ]);
        assert_eq!(detect(bytes).0, FOUND, "{form:?}");
    }
}

#[test]
fn build_info_is_found_behind_other_data_where_it_is_aligned() {
    // The text also stands where the block cannot begin: there it is a constant of the program.
    let data = [&[0; 8], build_info::MAGIC, &vec![b'x'; (3 << 20) - 22], &inline("go1.21.5", LINES)].concat();
    assert_eq!(detect(executable(Form::Elf64, data)), (FOUND.map(str::to_owned).to_vec(), vec![]));
    let constant = [&[0; 8], build_info::MAGIC, &[0; 64]].concat();
    assert_eq!(detect(executable(Form::Elf64, constant)), (vec![], vec![]));
}

#[test]
fn what_is_damaged_is_unread_with_the_reason() {
    let whole = inline("go1.21.5", LINES);
    let check = |info: &[u8], expected: &str| {
        assert_eq!(
            detect(executable(Form::Elf64, info.to_vec())),
            (vec![], vec![format!("malformed: {expected}")])
        );
    };
    check(&whole[..15], "the build info of Go ends early");
    check(&whole[..36], "the build info of Go has no version");
    check(&whole[..100], "the build info of Go ends in its modules, or has more than 8388608 bytes");
    check(&inline("", LINES), "the build info of Go has no version");
    check(
        &[build_info::MAGIC, &[8, 2], &[0; 16], &[0xff; 20]].concat(),
        "the build info of Go has no version",
    );
    check(
        &[build_info::MAGIC, &[3, 0], &[0; 16]].concat(),
        "the build info of Go has pointers of an unknown size",
    );
    check(
        &[build_info::MAGIC, &[8, 0], &[0; 16]].concat(),
        "the build info of Go points to no version: it is filled in when the program starts",
    );
    let (_, unread) = detect([b"\x7fELF".as_slice(), build_info::MAGIC].concat());
    assert_eq!(unread, ["malformed: the executable of ELF has neither 32 nor 64 bits"]);
}

#[test]
fn a_damaged_line_costs_its_module() {
    let lines = LINES.replace("mod\texample.com/app\t(devel)\t", "mod\texample.com/app");
    let (found, unread) = detect(executable(Form::Elf64, inline("go1.21.5", &lines)));
    assert_eq!(found, ["stdlib 1.21.5", "github.com/pkg/errors v0.9.1"]);
    assert_eq!(unread, ["malformed: line 2 of the build info names no module and version"]);
}

#[test]
fn what_is_packed_or_older_than_build_info_is_unread_with_the_reason() {
    let head = |text: &[u8]| Form::Elf64.executable(&[Part::new(".text", 0x1000, Access::Read, text)]);
    let older = head(b"\xff Go build ID: \"abc\"\n \xff");
    let says = "unsupported: an executable of Go without build info, as before Go 1.13: it does not state its modules";
    assert_eq!(detect(older.clone()), (vec![], vec![says.to_owned()]));
    for note in [b"\x04\0\0\0\x53\0\0\0\x04\0\0\0Go\0\0", b"\0\0\0\x04\0\0\0\x53\0\0\0\x04Go\0\0"] {
        assert_eq!(detect(head(note)), (vec![], vec![says.to_owned()]));
    }
    let packed = head(b"UPX!");
    let says =
        "unsupported: packed by UPX: what the executable is made of cannot be read before it is unpacked";
    assert_eq!(detect(packed), (vec![], vec![says.to_owned()]));
    assert_eq!(detect(head(b"plain")), (vec![], vec![]));
    // Of such files, no more than their head is shown: nothing is read of what follows.
    let claims = Go::claims();
    assert_eq!(claims.len(), 21);
    let file = File::in_memory("a", [&older, b"cut".as_slice()].concat()).matching([8]);
    assert_eq!(Go::detect(&[file]).unwrap().unread.len(), 1);
}

#[test]
fn programs_of_webassembly_are_read_from_their_memory() {
    let file = File::in_memory("app.wasm", wasm("go1.24.1", WASM_LINES)).matching([20]);
    let report = Go::detect(&[file]).unwrap();
    let found: Vec<_> = report
        .packages()
        .map(|package| {
            let qualifiers = package.qualifiers.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>();
            let symbols = package.symbols.as_ref().map_or(0, Vec::len);
            format!("{} {} {symbols} {}", package.name, package.version, qualifiers.join(" "))
        })
        .collect();
    assert_eq!(
        found,
        [
            "stdlib 1.24.1 4 wasip1 wasm",
            "example.com/app v1.0.0 2 wasip1 wasm",
            "github.com/pkg/errors v0.9.1 3 wasip1 wasm"
        ]
    );
    assert!(report.unread.is_empty());
}

#[test]
fn what_is_missing_in_programs_of_webassembly_is_said() {
    let check = |bytes: Vec<u8>, found: &[&str], unread: &[&str]| {
        let found = found.iter().map(|&text| text.to_owned()).collect();
        assert_eq!(detect(bytes), (found, unread.iter().map(|&text| text.to_owned()).collect()));
    };
    let modules = ["example.com/app v1.0.0", "github.com/pkg/errors v0.9.1"];
    check(wasm("", WASM_LINES), &modules, &["malformed: the program of Go does not state Go's version"]);
    let whole = wasm("go1.24.1", WASM_LINES);
    check(whole[..200].to_vec(), &[], &["malformed: the sections of the program of WebAssembly are damaged"]);
    let without = wasm::testing::program("go1.24.1", 16, b"data");
    let says = "unsupported: the executable does not state its modules: it was built without any";
    check(without, &["stdlib 1.24.1"], &[says]);
    let unmarked = wasm::testing::program("go1.24.1", 16, &[wasm::MARKS[0], b"path\ta\n"].concat());
    let says = "malformed: the list of modules ends early, or has more than 8388608 bytes";
    check(unmarked, &[], &[says]);
    let says = "unsupported: a component of WebAssembly: the programs in it are not read";
    check(b"\0asm\x0d\0\x01\0".to_vec(), &[], &[says]);
    // What another compiler made.
    check(b"\0asm\x01\0\0\0".to_vec(), &[], &[]);
}

#[test]
fn what_says_for_which_system_it_is_are_its_settings_or_where_it_starts() {
    let lines = LINES.replace("build\tGOARCH=amd64\nbuild\tGOOS=linux\n", "");
    let check = |lines: &str, names: &str, expected: Option<&str>| {
        let names = format!("{names}{NAMES}");
        let bytes =
            with_table(Form::Elf64, inline("go1.17.13", lines), table(Form::Elf64, 0xffff_fff1, &names));
        let report = Go::detect(&[File::in_memory("a", bytes)]).unwrap();
        for package in report.packages() {
            let of =
                |key: &str| package.qualifiers.iter().find(|(name, _)| name == key).map(|it| it.1.as_str());
            let platform =
                of("goos").zip(of("goarch")).map(|(system, processor)| format!("{system}/{processor}"));
            assert_eq!(
                (platform.as_deref(), package.symbols.is_some()),
                (expected, expected.is_some()),
                "{names}"
            );
        }
    };
    check(&lines, "_rt0_amd64\0_rt0_amd64_lib\0_rt0_amd64_linux\0", Some("linux/amd64"));
    check(&lines, "_rt0_386_windows_lib\0", Some("windows/386"));
    check(&lines, "_rt0_amd64\0_rt0_amd64_lib\0_rt0_\0_rt0__\0", None);
    check(LINES, "_rt0_386_windows\0", Some("linux/amd64"));
}

#[test]
fn what_has_no_version_has_no_order_of_go() {
    let file = File::in_memory("usr/bin/app", executable(Form::Elf64, inline("go1.21.5", LINES)));
    let report = Go::detect(&[file]).unwrap();
    let schemes: Vec<_> = report.packages().map(|package| package.scheme.as_str()).collect();
    assert_eq!(schemes, [SCHEME, UNORDERED, SCHEME]);
}

#[test]
fn what_the_executables_of_a_fat_file_share_is_stated_once() {
    let second = LINES.replace("v0.9.1", "v0.9.0");
    let images = [
        executable(Form::MachO64, inline("go1.21.5", LINES)),
        executable(Form::MachO32, inline("go1.21.5", &second)),
        b"nothing".to_vec(),
    ];
    let (found, unread) = detect(fat(&images));
    assert_eq!(found, [&FOUND[..], &["github.com/pkg/errors v0.9.0"]].concat());
    assert_eq!(unread, ["malformed: the executable is none of Mach-O"]);
}

#[test]
fn a_long_list_of_modules_is_read() {
    let mut lines = String::new();
    for number in 0..20_000 {
        writeln!(lines, "dep\texample.com/{number}\tv1.0.{number}\th1:sum=").unwrap();
    }
    let (found, unread) = detect(executable(Form::Elf64, inline("go1.21.5", &lines)));
    assert_eq!((found.len(), unread.len()), (20_001, 0));
}

#[test]
fn what_is_no_version_of_go_is_not_stated_as_one() {
    for odd in ["\0\0\0\u{1a} ", "go1.2\u{7f}", "\u{1b}[2J"] {
        let (found, unread) = detect(executable(Form::Elf64, inline(odd, LINES)));
        assert_eq!(found, FOUND[1..], "{odd:?}");
        assert_eq!(unread, ["malformed: the program of Go does not state Go's version"], "{odd:?}");
    }
}

proptest! {
    #[test]
    fn no_build_info_is_too_odd_to_be_read(
        form in prop::sample::select(Form::ALL.to_vec()),
        is_inline in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let info = if is_inline { inline("go1.21.5", LINES) } else { pointers(form, 0x2000, "go1.21.5", LINES) };
        let mut bytes = form.executable(&[
            Part::new(".gopclntab", 0x1000, Access::Read, table(form, 0xffff_fff1, NAMES)),
            Part::new(".data", 0x2000, Access::Write, info),
        ]);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let (found, _) = detect(bytes);
        let is_whole = |package: &String| !package.starts_with(" ") && !package.ends_with(" ");
        prop_assert!(found.iter().all(is_whole), "{found:?}");
    }

    #[test]
    fn no_program_of_webassembly_is_too_odd_to_be_read(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = wasm("go1.24.1", WASM_LINES);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(4 + end.index(bytes.len()));
        let (found, _) = detect(bytes);
        let is_whole = |package: &String| !package.starts_with(" ") && !package.ends_with(" ");
        prop_assert!(found.iter().all(is_whole), "{found:?}");
    }
}

/// What golden cases are shown.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let replaced = format!(
        "{LINES}dep\texample.com/folder\tv0.1.0\n=>\t./folder\t(devel)\t\ndep\tgopkg.in/yaml.v3\tv3.0.0\n=>\t\
         example.com/fork/yaml\tv0.0.0-20240102030405-0a1b2c3d4e5f\th1:a=\n"
    );
    let linked =
        format!("{LINES}build\t-ldflags=\"-s -w -X main.version=1.4.0\"\n").replace("linux", "windows");
    let note = b"\x04\0\0\0\x04\0\0\0\x04\0\0\0Go\0\0abcd";
    let head = |text: &[u8]| Form::Elf64.executable(&[Part::new(".text", 0x1000, Access::Read, text)]);
    vec![
        (
            "executables/input/usr/bin/app",
            executable(Form::Elf64, inline("go1.21.5 X:boringcrypto", &replaced)),
        ),
        (
            "executables/input/usr/bin/big-endian",
            executable(Form::Elf32Big, pointers(Form::Elf32Big, 0x2000, "go1.17.13", LINES)),
        ),
        ("executables/input/opt/app.exe", executable(Form::Pe64, inline("go1.22rc1", &linked))),
        (
            "executables/input/opt/fat",
            fat(&[
                executable(Form::MachO64, inline("go1.21.5", LINES)),
                executable(Form::MachO32, inline("go1.21.5", &LINES.replace("v0.9.1", "v0.9.0"))),
            ]),
        ),
        (
            "executables/input/usr/local/go/bin/go",
            executable(Form::Elf64, inline("go1.21.5", "path\tcmd/go\n")),
        ),
        (
            "executables/input/usr/bin/linked",
            with_table(Form::Elf64, inline("go1.21.5", LINES), table(Form::Elf64, 0xffff_fff1, NAMES)),
        ),
        ("executables/input/usr/bin/reader", executable(Form::Elf64, [&[0; 8], build_info::MAGIC].concat())),
        ("executables/input/opt/app.wasm", wasm("go1.24.1", WASM_LINES)),
        ("executables/input/usr/share/text", [b"text: ".as_slice(), build_info::MAGIC].concat()),
        ("unread/input/usr/bin/packed", head(b"UPX!")),
        ("unread/input/usr/bin/older", head(note)),
        ("unread/input/usr/bin/without-modules", executable(Form::Elf64, inline("go1.21.5", ""))),
        ("unread/input/usr/bin/cut-off", executable(Form::Elf64, inline("go1.21.5", LINES)[..100].to_vec())),
        (
            "unread/input/usr/bin/damaged-line",
            executable(Form::Elf64, inline("go1.21.5", &LINES.replace("\tv0.9.1\th1:", "-v0.9.1-h1:"))),
        ),
    ]
}

#[test]
fn golden_cases_are_shown_what_is_made_here() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for (path, bytes) in inputs() {
        let path = folder.join(path);
        if std::env::var_os("LIMPID_UPDATE_GOLDEN").is_some_and(|value| value == "1") {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let there = std::fs::read(&path).unwrap_or_default();
        assert!(there == bytes, "LIMPID_UPDATE_GOLDEN=1 writes `{}`", path.display());
    }
}
