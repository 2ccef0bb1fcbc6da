//! `limpid compile-component`: what the service has done in a process of its own.

use std::io;
use std::process::ExitCode;

use limpid_scanner::runtime::Compiler;

pub(crate) fn run(settings: &str) -> anyhow::Result<ExitCode> {
    match Compiler::serve(settings, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(why) => {
            // The whole reason, and nothing else: the service passes it on.
            eprintln!("{why}");
            Ok(ExitCode::FAILURE)
        }
    }
}
