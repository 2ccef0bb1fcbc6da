use std::env;
use std::path::PathBuf;
use std::process::Command;

/// A command with the environment that it would have without `cargo run` around it: what cargo
/// tells a program about its own package would otherwise make build scripts of others run again.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let inherited = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") || name == "CARGO"
        });
        if inherited {
            command.env_remove(name);
        }
    }
    command
}

/// Where the shell would find a program.
pub fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|path| path.is_file());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}
