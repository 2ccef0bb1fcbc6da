//! A layer that is much larger than the memory that the service may use.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use anyhow::Context;
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

use super::Setting;
use super::indexing::MEMORY;
use super::measurement::Measurement;
use crate::api::Api;
use crate::command::{command, run};
use crate::measure::peak_memory;
use crate::service::{Interrupts, Service};
use crate::wrap::wrap_known;

/// Bytes of the one file in the layer.
const SIZE: u64 = 1 << 30;

/// Bytes of what cannot be compressed, and of zeros after it, in turn.
const STRETCH: u64 = 1 << 20;

pub(super) fn measure(setting: &Setting) -> anyhow::Result<Vec<Measurement>> {
    eprintln!("bench: a layer of 1 GiB");
    let folder = setting.fresh("large")?;
    let (layer, archive) = (folder.join("layer.tar"), folder.join("image.tar"));
    let diff_id = write_layer(&layer)?;
    run(command("gzip").arg("-1").arg(&layer))?;
    wrap_known(&layer.with_extension("tar.gz"), &diff_id, &archive)?;
    let service = Service::start(&setting.limpid, &folder, &Interrupts::default())?;
    let started = std::time::Instant::now();
    Api::new(service.address()).submit_file(&archive)?;
    let took = started.elapsed();
    let peak = peak_memory(service.id()).context("the service's memory is not known")?;
    Ok(vec![
        Measurement::of_bytes("peak memory of the service, layer of 1 GiB", vec![peak]).with_bar(MEMORY),
        Measurement::of_times("cold index over HTTP, layer of 1 GiB", &[took]),
    ])
}

/// Writes the layer's tar and returns its digest.
fn write_layer(path: &Path) -> anyhow::Result<String> {
    let file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
    let mut tar = Builder::new(Hashed { to: BufWriter::new(file), hash: Sha256::new() });
    let mut header = Header::new_gnu();
    header.set_mode(0o644);
    header.set_size(SIZE);
    tar.append_data(&mut header, "srv/large", Mixture { at: 0, state: 0x9e37_79b9_7f4a_7c15 }.take(SIZE))?;
    let mut hashed = tar.into_inner()?;
    hashed.flush()?;
    Ok(hex::encode(hashed.hash.finalize()))
}

/// Hashes what it passes on.
struct Hashed<W> {
    to: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Bytes without end: some that look random, then zeros, then others that look random.
struct Mixture {
    at: u64,
    state: u64,
}

impl Read for Mixture {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for bytes in buffer.chunks_mut(8) {
            let zeros = self.at / STRETCH % 2 == 1;
            self.state ^= self.state << 13;
            self.state ^= self.state >> 7;
            self.state ^= self.state << 17;
            let word = if zeros { [0; 8] } else { self.state.to_le_bytes() };
            for (byte, value) in bytes.iter_mut().zip(word) {
                *byte = value;
            }
            self.at += bytes.len() as u64;
        }
        Ok(buffer.len())
    }
}
