use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use limpid_model::seconds;
use serde::{Deserialize, Serialize};

use crate::allow::AllowList;
use crate::{Error, PluginLimits};

/// The address space of a 32-bit WebAssembly memory.
const MEMORY_SPACE: usize = 4 << 30;

/// What a plugin may use. Messages call a setting `plugins.<field>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How long any call but `parse` may run. Time that the host spends on behalf of a call,
    /// reading a file for it, does not count.
    #[serde(with = "seconds")]
    pub call_time: Duration,
    /// How long `parse` may run, counted likewise.
    #[serde(with = "seconds")]
    pub parse_time: Duration,
    /// Linear memory of one instance, in bytes, all its memories together; at most 4 GiB.
    pub memory_bytes: usize,
    /// Elements of all tables of one instance.
    pub table_elements: usize,
    /// Bytes that may cross from the plugin at once: what a call returns, or one batch into a
    /// sink.
    pub output_bytes: usize,
    /// Bytes that one `detect` may find in total, in however many parts they come.
    pub detect_output_bytes: u64,
    /// Bytes that one `parse` may put into its sink in total.
    pub parse_output_bytes: u64,
    /// Bytes of messages that are kept of one call; what a plugin says beyond is dropped.
    pub log_bytes: usize,
    /// Stack of a plugin, in bytes. The calling thread needs as much and some more.
    pub stack_bytes: usize,
    /// Size of a component, in bytes. Compiling takes time and memory in proportion.
    pub component_bytes: u64,
    /// How long a component may take to compile. One of a megabyte takes a second or two on two
    /// processors, an interpreter of a language ten.
    #[serde(with = "seconds")]
    pub compile_time: Duration,
    /// Memory that compiling a component may take, in bytes.
    pub compile_bytes: u64,
    /// Calls other than `parse` at a time; further ones wait. Each reserves about 8 GiB of address
    /// space, and no memory.
    pub instances: u32,
    /// Calls of `parse` at a time. They have instances of their own, because a sink may well ask a
    /// scheme for keys while a parse is under way.
    pub parse_instances: u32,
    /// Images or documents for which a plugin fails by its own fault, while it has gone well for none,
    /// after which it is not called any more; and failures for one image or document, after which it is
    /// not called for that one. 0 for never.
    pub quarantine_after: u32,
    /// After how long a plugin that is not called any more gets a call all the same; longer each time that
    /// it fails, up to 64 times as long.
    #[serde(with = "seconds")]
    pub quarantine_respite: Duration,
    /// A directory of compiled forms that came with the plugins, as `limpid plugin compile` makes it, for plugins
    /// that are loaded the first time. They are machine code: only an administrator or the user of the process
    /// may be able to write it. A form of another component, of another version of Limpid or for other limits is
    /// not looked at.
    pub compiled_dir: Option<PathBuf>,
    /// Which components may run: digests (`sha256:<64 hex digits>`), and public keys
    /// (`ed25519:<hex or base64>`) of those who may sign for others. A signature is over the text of
    /// the digest, and is in a file `NAME.wasm.sig` beside the component, in hex or base64. Empty:
    /// all.
    pub allow: Vec<String>,
    /// Lower limits for single plugins, by name.
    pub limits: BTreeMap<String, PluginLimits>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            call_time: Duration::from_secs(30),
            parse_time: Duration::from_secs(300),
            memory_bytes: 256 << 20,
            table_elements: 100_000,
            output_bytes: 64 << 20,
            detect_output_bytes: 256 << 20,
            parse_output_bytes: 1 << 30,
            log_bytes: 64 << 10,
            stack_bytes: 512 << 10,
            component_bytes: 64 << 20,
            compile_time: Duration::from_secs(120),
            compile_bytes: 3 << 30,
            instances: 24,
            parse_instances: 8,
            quarantine_after: 5,
            quarantine_respite: Duration::from_secs(60),
            compiled_dir: None,
            allow: Vec::new(),
            limits: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Whether a runtime can be made of them.
    ///
    /// # Errors
    /// The first setting that makes no sense, named.
    pub fn check(&self) -> Result<(), Error> {
        let positive = [
            ("plugins.memory_bytes", self.memory_bytes as u64),
            ("plugins.table_elements", self.table_elements as u64),
            ("plugins.output_bytes", self.output_bytes as u64),
            ("plugins.stack_bytes", self.stack_bytes as u64),
            ("plugins.component_bytes", self.component_bytes),
            ("plugins.compile_time", self.compile_time.as_secs()),
            ("plugins.compile_bytes", self.compile_bytes),
            ("plugins.instances", u64::from(self.instances)),
            ("plugins.parse_instances", u64::from(self.parse_instances)),
        ];
        for (setting, value) in positive {
            if value == 0 {
                return Err(Error::Setting { setting, value, expected: "must be at least 1" });
            }
        }
        if self.memory_bytes > MEMORY_SPACE {
            return Err(Error::Setting {
                setting: "plugins.memory_bytes",
                value: self.memory_bytes as u64,
                expected: "must be at most 4294967296",
            });
        }
        for (name, limits) in &self.limits {
            limits.check(name, self)?;
        }
        AllowList::parse(&self.allow)?;
        Ok(())
    }
}
