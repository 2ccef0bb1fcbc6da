use crate::command::{command, find, output, run, shown, succeeds};

/// The right to install Debian packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apt {
    Root,
    /// By `sudo`, which asks nothing here.
    Sudo,
}

impl Apt {
    /// Whether this machine has apt, and this user may use it.
    pub(crate) fn find() -> Option<Self> {
        find("apt-get")?;
        if output(command("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
            return Some(Self::Root);
        }
        succeeds(command("sudo").args(["-n", "true"])).then_some(Self::Sudo)
    }

    /// Installs packages and says so. Whether they are there afterwards is for the caller to see:
    /// an index that cannot be refreshed does not matter where the old one serves.
    pub(crate) fn install(self, packages: &[&str]) {
        if packages.is_empty() {
            return;
        }
        self.run(&["update"]);
        let mut arguments = vec!["install", "-y", "--no-install-recommends"];
        arguments.extend(packages);
        self.run(&arguments);
    }

    fn run(self, arguments: &[&str]) {
        let mut command = match self {
            Self::Root => command("env"),
            Self::Sudo => {
                let mut sudo = command("sudo");
                sudo.args(["-n", "env"]);
                sudo
            }
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(arguments);
        eprintln!("setup: running `{}`", shown(&command));
        if let Err(error) = run(&mut command) {
            eprintln!("setup: {error}");
        }
    }
}
