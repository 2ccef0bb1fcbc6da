//! Looks for versions of programs in a file, at once and in pieces, and reads CPE names.

#![no_main]

use std::io::BufReader;

use libfuzzer_sys::fuzz_target;
use limpid_detector_programs::Programs;
use limpid_fuzz::contract::check_detector;
use limpid_plugin_sdk::detector::File;
use limpid_programs::{Cpe, MAX_VERSIONS, PROGRAMS, Search};

fuzz_target!(|data: &[u8]| {
    let Some((&first, rest)) = data.split_first() else { return };
    let claim = usize::from(first) % PROGRAMS.len();
    let program = &PROGRAMS[claim];
    // Which of the files it is decides for few programs what is read.
    for path in ["usr/bin/python3.11", "opt/a"] {
        let whole = Search::new(program, path).read(rest).expect("memory is read");
        assert!(whole.len() <= MAX_VERSIONS, "{whole:?}");
        // In how many pieces it comes makes no difference.
        let pieces = BufReader::with_capacity(1 + usize::from(first), rest);
        assert_eq!(
            Search::new(program, path).read(pieces).expect("memory is read"),
            whole,
            "{}",
            program.key
        );
        let claim = u32::try_from(claim).expect("there are few programs");
        check_detector::<Programs>(&[File::in_memory(path, rest).matching([claim])]);
        for version in whole {
            let name = program.cpe(&version).expect("each program has a product");
            let read = Cpe::parse(&name).expect("what was written is a name");
            assert_eq!(read.version, version.to_ascii_lowercase());
        }
    }
    if let Ok(text) = std::str::from_utf8(rest) {
        let _ = Cpe::parse(text);
    }
});
