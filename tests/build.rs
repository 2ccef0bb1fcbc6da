//! Names the hostile guests to the tests, so that a guest without a test does not compile.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let mut names = Vec::new();
    for entry in fs::read_dir("guests")? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            names.push(entry.file_name().to_string_lossy().replace('-', "_"));
        }
    }
    names.sort_unstable();
    let mut text = String::from("macro_rules! for_each_guest {\n    ($each:ident) => {\n");
    for name in names {
        writeln!(text, "        $each!({name});")?;
    }
    text.push_str("    };\n}\n");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets no `OUT_DIR`")?;
    fs::write(Path::new(&out).join("guests.rs"), text)?;
    println!("cargo::rerun-if-changed=guests");
    Ok(())
}
