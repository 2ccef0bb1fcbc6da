use proptest::prelude::*;

use super::*;
use crate::testing::{Access, Form, PE_BASE, Part, fat};

fn parts() -> Vec<Part> {
    vec![
        Part::new(".text", 0x1000, Access::Read, *b"code"),
        Part::new(".data", 0x2000, Access::Write, *b"0123456789"),
        Part::new(".dep-v0", 0, Access::None, *b"note"),
    ]
}

/// The only executable of a file.
fn only(file: &File) -> Executable<'_> {
    let mut executables = executables(file).unwrap();
    assert_eq!(executables.len(), 1);
    executables.remove(0).unwrap()
}

fn why(bytes: impl Into<Vec<u8>>) -> String {
    let file = File::in_memory("a", bytes);
    let error = match executables(&file) {
        Ok(mut executables) => executables.remove(0).unwrap_err(),
        Err(error) => error,
    };
    error.to_string()
}

#[test]
fn sections_and_data_are_where_the_headers_say_in_every_form() {
    for form in Form::ALL {
        let file = File::in_memory("a", form.executable(&parts()));
        let executable = only(&file);
        let base = if executable.format == Format::Pe { PE_BASE } else { 0 };
        let content = |name: &str| executable.content(executable.section(name).unwrap(), 100);
        assert_eq!(content(".text"), b"code", "{form:?}");
        assert_eq!(content(".data"), b"0123456789", "{form:?}");
        assert_eq!(content(".dep-v0"), b"note", "{form:?}");
        assert!(executable.section(".bss").is_none());
        let data = executable.data().unwrap();
        assert_eq!(data.address, base + 0x2000, "{form:?}");
        assert_eq!(executable.at(base + 0x2003, 4), b"3456", "{form:?}");
        assert_eq!(executable.at(base + 0x1000, 2), b"co", "{form:?}");
        assert_eq!(executable.at(base + 0x3000, 4), b"", "{form:?}");
        assert_eq!(executable.at(u64::MAX, 4), b"", "{form:?}");
    }
}

#[test]
fn what_is_loaded_ends_where_its_segment_does() {
    for form in [Form::Elf32Big, Form::Elf64, Form::MachO64] {
        let file = File::in_memory("a", form.executable(&parts()));
        assert_eq!(only(&file).at(0x2008, 100), b"89", "{form:?}");
    }
}

#[test]
fn each_executable_of_a_fat_file_is_read_and_a_damaged_one_costs_itself() {
    let whole = Form::MachO64.executable(&parts());
    let file = File::in_memory(
        "a",
        fat(&[whole.clone(), b"nothing".to_vec(), Form::MachO32Big.executable(&parts())]),
    );
    let executables = executables(&file).unwrap();
    let texts: Vec<_> = executables
        .iter()
        .map(|executable| executable.as_ref().ok().map(|it| it.content(it.section(".data").unwrap(), 10)))
        .collect();
    assert_eq!(texts, [Some(b"0123456789".to_vec()), None, Some(b"0123456789".to_vec())]);
    assert_eq!(
        why(fat(&vec![whole; 17])),
        "unsupported: the fat file has 17 executables, over this plugin's limit of 16"
    );
    assert_eq!(why(*b"\xca\xfe\xba\xbe\0\0\0\x01"), "malformed: the fat file ends inside of its header");
}

#[test]
fn an_executable_whose_section_headers_are_gone_has_its_segments() {
    for form in [Form::Elf32, Form::Elf32Big, Form::Elf64, Form::Elf64Big] {
        let mut bytes = form.executable(&parts());
        let sections = bytes.len() - 5 * if form.is_64() { 64 } else { 40 };
        bytes.truncate(sections);
        let file = File::in_memory("a", bytes);
        let executable = only(&file);
        assert_eq!(executable.sections, []);
        assert_eq!(executable.at(0x2000, 4), b"0123", "{form:?}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason() {
    assert_eq!(why(""), "malformed: the file is no executable of ELF, PE or Mach-O");
    assert_eq!(why("#!/bin/sh"), "malformed: the file is no executable of ELF, PE or Mach-O");
    assert_eq!(why("\x7fELF\x03"), "malformed: the executable of ELF has neither 32 nor 64 bits");
    assert_eq!(
        why("\x7fELF\x02"),
        "malformed: the headers of the executable are damaged: Invalid ELF header size or alignment"
    );
    assert_eq!(
        why("MZ"),
        "malformed: the headers of the executable are damaged: Invalid DOS header size or alignment"
    );
    for form in Form::ALL {
        let whole = form.executable(&parts());
        for end in 0..whole.len() {
            let file = File::in_memory("a", &whole[..end]);
            if let Ok(mut executables) = executables(&file)
                && let Ok(executable) = executables.remove(0)
            {
                assert!(executable.at(0x2000, 10).len() <= 10);
            }
        }
    }
}

#[test]
fn more_parts_than_are_read_are_refused() {
    let many: Vec<_> = (0..MAX_PARTS as u64).map(|_| Part::new("x", 0, Access::None, "")).collect();
    assert_eq!(
        why(Form::Elf64.executable(&many)),
        "unsupported: the executable has 4098 section headers, over this plugin's limit of 4096"
    );
    assert_eq!(
        why(Form::MachO32.executable(&[&many[..], &many[..1]].concat())),
        "unsupported: the executable has 4097 segments, over this plugin's limit of 4096"
    );
}

#[test]
fn only_headers_are_read_of_a_large_file() {
    let data = Part::new(".data", 0x2000, Access::Write, vec![0; 64 << 20]);
    for form in Form::ALL {
        let file = File::in_memory("a", form.executable(std::slice::from_ref(&data)));
        let source = Source::new(&file);
        let window = Window::whole(&source);
        let executable = match only(&file).format {
            Format::Elf => elf::read(&file, window),
            Format::Pe => pe::read(&file, window),
            Format::MachO => macho::read(&file, window),
        };
        assert_eq!(executable.unwrap().data().unwrap().size, 64 << 20);
        let taken = source.taken();
        assert!(taken < 1024, "{form:?}: {taken} bytes");
    }
}

#[test]
fn a_name_is_looked_for_no_further_than_a_name_may_go() {
    let long = "n".repeat(MAX_NAME + 1);
    let part = |name: &str| Part::new(name, 0, Access::None, "");
    let file = File::in_memory("a", Form::Elf64.executable(&[part(&long), part(&long[1..])]));
    let names: Vec<_> = only(&file).sections.into_iter().map(|section| section.name).collect();
    assert_eq!(names, ["", "", &long[1..], ".shstrtab"]);
}

const EXPORTS: [(&str, u64); 5] =
    [("a", 0x1001), ("sbom", 0x2002), ("sbom_length", 0x2004), ("sbom_length_of_another", 7), ("z", 0x1003)];

#[test]
fn what_is_exported_is_found_by_its_name() {
    for form in [Form::Elf64, Form::Pe64, Form::MachO64] {
        let file = File::in_memory("a", form.exporting(&parts(), 0x9000, &EXPORTS));
        let executable = only(&file);
        let base = if executable.format == Format::Pe { PE_BASE } else { 0 };
        for (name, address) in EXPORTS {
            assert_eq!(
                executable.exported([name.as_bytes()], 1 << 20),
                Some([base + address]),
                "{form:?} {name}"
            );
        }
        let both = executable.exported([b"sbom", b"sbom_length"], 1 << 20).unwrap();
        assert_eq!(both.map(|at| executable.at(at, 2)), [b"23", b"45"], "{form:?}");
        for names in [[b"sbom".as_slice(), b"sbo"], [b"", b"sbom"], [b"sbom", b"zz"]] {
            assert_eq!(executable.exported(names, 1 << 20), None, "{form:?}");
        }
    }
}

#[test]
fn what_exports_nothing_or_is_of_another_form_has_no_exports() {
    for form in Form::ALL {
        let file = File::in_memory("a", form.executable(&parts()));
        assert_eq!(only(&file).exported([b"sbom"], 1 << 20), None, "{form:?}");
    }
    // No more of the tables is read.
    for form in [Form::Elf64, Form::MachO64] {
        let file = File::in_memory("a", form.exporting(&parts(), 0x9000, &EXPORTS));
        assert_eq!(only(&file).exported([b"z"], 24), None, "{form:?}");
    }
}

#[test]
fn symbols_of_one_executable_of_a_fat_file_are_its_own() {
    let of = |address| Form::MachO64.exporting(&parts(), 0x9000, &[("sbom", address)]);
    let file = File::in_memory("a", fat(&[of(0x2001), of(0x2002)]));
    let found = executables(&file).unwrap().into_iter().map(|one| one.unwrap().exported([b"sbom"], 1 << 20));
    assert_eq!(found.collect::<Vec<_>>(), [Some([0x2001]), Some([0x2002])]);
}

proptest! {
    #[test]
    fn no_damage_of_exports_is_too_odd(
        form in prop::sample::select(vec![Form::Elf64, Form::Pe64, Form::MachO64]),
        changes in prop::collection::vec((0_usize..1200, any::<u8>()), 1..8),
    ) {
        let mut bytes = form.exporting(&parts(), 0x9000, &EXPORTS);
        for (at, byte) in changes {
            let length = bytes.len();
            bytes[at % length] = byte;
        }
        let file = File::in_memory("a", bytes);
        for executable in executables(&file).into_iter().flatten().flatten() {
            let _found = executable.exported([b"sbom", b"sbom_length"], 1 << 20);
        }
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_read(
        form in prop::sample::select(Form::ALL.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        address in any::<u64>(),
    ) {
        let mut bytes = form.executable(&parts());
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let file = File::in_memory("a", bytes);
        for executable in executables(&file).into_iter().flatten().flatten() {
            for section in &executable.sections {
                prop_assert!(executable.content(section, 1000).len() <= 1000);
            }
            prop_assert!(executable.at(address, 1000).len() <= 1000);
        }
    }

    #[test]
    fn sections_come_back_as_they_were_put(
        form in prop::sample::select(Form::ALL.to_vec()),
        contents in prop::collection::vec(("[a-z._]{1,7}", prop::collection::vec(any::<u8>(), 1..40)), 0..6),
    ) {
        let parts: Vec<_> = contents
            .iter()
            .enumerate()
            .map(|(place, (name, bytes))| Part::new(name, 0x1000 * place as u64, Access::Read, bytes.clone()))
            .collect();
        let file = File::in_memory("a", form.executable(&parts));
        let executable = only(&file);
        let found: Vec<_> = executable
            .sections
            .iter()
            .filter(|section| !section.name.is_empty() && section.name != ".shstrtab")
            .map(|section| (section.name.clone(), executable.content(section, 100)))
            .collect();
        prop_assert_eq!(found, contents);
    }
}
