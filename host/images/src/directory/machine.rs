use std::collections::BTreeMap;

/// How many first bytes of a program say for which machine it is.
pub(super) const HEAD: usize = 20;

/// For which machine the programs of a root file system are.
#[derive(Debug, Default)]
pub(super) struct Machines(BTreeMap<&'static str, u64>);

impl Machines {
    /// Looks at a file where programs are.
    pub(super) fn look(&mut self, path: &str, head: &[u8]) {
        let is_program =
            ["bin/", "sbin/", "usr/bin/", "usr/sbin/"].iter().any(|below| path.starts_with(below));
        if let Some(architecture) = is_program.then(|| architecture(head)).flatten() {
            *self.0.entry(architecture).or_default() += 1;
        }
    }

    /// What most of them are for.
    pub(super) fn most(&self) -> Option<&'static str> {
        self.0.iter().rev().max_by_key(|(_, count)| **count).map(|(architecture, _)| *architecture)
    }
}

/// The architecture of a program in the words of Go (`GOARCH`), as image configurations have it, by the head
/// of an ELF file (`elf(5)`).
fn architecture(head: &[u8]) -> Option<&'static str> {
    let (&[class, order], machine) = (head.strip_prefix(b"\x7fELF")?.first_chunk()?, head.get(18..20)?);
    let machine: [u8; 2] = machine.try_into().ok()?;
    let (is_64, is_little) = (class == 2, order == 1);
    let machine = if is_little { u16::from_le_bytes(machine) } else { u16::from_be_bytes(machine) };
    Some(match (machine, is_64, is_little) {
        (3, ..) => "386",
        (62, ..) => "amd64",
        (40, ..) => "arm",
        (183, ..) => "arm64",
        (8, false, false) => "mips",
        (8, false, true) => "mipsle",
        (8, true, false) => "mips64",
        (8, true, true) => "mips64le",
        (21, _, false) => "ppc64",
        (21, _, true) => "ppc64le",
        (22, true, _) => "s390x",
        (243, true, _) => "riscv64",
        (258, true, _) => "loong64",
        _ => return None,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The head of a program for a machine.
    pub(in crate::directory) fn program(class: u8, order: u8, machine: u16) -> Vec<u8> {
        let machine = if order == 1 { machine.to_le_bytes() } else { machine.to_be_bytes() };
        [b"\x7fELF".as_slice(), &[class, order, 1], &[0; 9], &[2, 0], &machine].concat()
    }

    #[test]
    fn programs_say_for_which_machine_they_are() {
        let check = |class, order, machine, expected| {
            assert_eq!(architecture(&program(class, order, machine)), expected, "{machine}");
        };
        check(2, 1, 62, Some("amd64"));
        check(2, 1, 183, Some("arm64"));
        check(1, 1, 3, Some("386"));
        check(2, 1, 21, Some("ppc64le"));
        check(2, 2, 22, Some("s390x"));
        check(2, 1, 9999, None);
        assert_eq!(architecture(b"\x7fELF"), None);
        assert_eq!(architecture(b"#!/bin/sh and more of a script"), None);
    }

    #[test]
    fn a_file_system_is_for_what_most_of_its_programs_are_for() {
        let mut machines = Machines::default();
        assert_eq!(machines.most(), None);
        machines.look("usr/bin/a", &program(1, 1, 3));
        for path in ["usr/bin/b", "bin/c"] {
            machines.look(path, &program(2, 1, 62));
        }
        for path in ["opt/d", "opt/e", "opt/f"] {
            machines.look(path, &program(2, 1, 183));
        }
        assert_eq!(machines.most(), Some("amd64"));
    }
}
