use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, DB, DBCompressionType, DBRawIterator, Direction, Env,
    IngestExternalFileOptions, IteratorMode, Options, ReadOptions, SstFileWriter, WriteBatch, WriteOptions,
};
use serde::{Deserialize, Serialize};

use super::{Cursor, Entry, Ordered, Reading, Scan, Snapshot, Write, Writes};
use crate::Error;

/// How much the embedded store may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Memory for blocks, indexes and filters that were read, in bytes (`store.cache_bytes`).
    pub cache_bytes: usize,
    /// Memory for statements about packages that reports have read lately, decoded, in bytes
    /// (`store.recent_bytes`).
    pub recent_bytes: usize,
    /// Memory for what was written and is not yet in a table file, in bytes (`store.write_bytes`). A batch
    /// that takes more becomes a table file of its own.
    pub write_bytes: usize,
    /// Table files held open at a time (`store.open_files`).
    pub open_files: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, recent_bytes: 32 << 20, write_bytes: 16 << 20, open_files: 512 }
    }
}

/// Ordered keys in RocksDB, in one directory.
pub(crate) struct Rocks {
    db: DB,
    options: Options,
    /// Batches that are larger become table files, which are written here.
    most_buffered: usize,
    incoming: PathBuf,
    /// How many were written.
    files: AtomicU64,
}

impl Rocks {
    pub(crate) fn open(path: &Path, settings: &Settings) -> Result<Self, Error> {
        let made = |made: std::io::Result<()>, path: &Path| {
            made.map_err(|source| Error::Directory { path: path.to_owned(), source })
        };
        made(fs::create_dir_all(path), path)?;
        let mut environment = Env::new().map_err(|source| Error::Open { path: path.to_owned(), source })?;
        // What the engine does in the background yields to those who wait for an answer.
        environment.lower_thread_pool_cpu_priority();
        environment.lower_high_priority_thread_pool_cpu_priority();
        let mut options = options(settings);
        options.set_env(&environment);
        let db = match DB::open(&options, path) {
            Ok(db) => db,
            Err(error) if is_lock(&error) => return Err(Error::InUse(path.to_owned())),
            Err(source) => return Err(Error::Open { path: path.to_owned(), source }),
        };
        let incoming = path.join("incoming");
        // What a process has left there that did not live to see it become part of the store.
        if incoming.exists() {
            made(fs::remove_dir_all(&incoming), &incoming)?;
        }
        made(fs::create_dir(&incoming), &incoming)?;
        Ok(Self { db, options, most_buffered: settings.write_bytes, incoming, files: AtomicU64::new(0) })
    }

    /// Writes a batch by way of the log and of memory.
    fn buffer(&self, batch: Writes) -> Result<(), Error> {
        let mut out = WriteBatch::with_capacity_bytes(batch.bytes());
        batch.drain(|write| match write {
            Write::Put(key, value) => out.put(key, value),
            Write::Delete(key) => out.delete(key),
        });
        // What was acknowledged survives the machine, not only the process.
        let mut durable = WriteOptions::default();
        durable.set_sync(true);
        Ok(self.db.write_opt(out, &durable)?)
    }

    /// Writes a batch as a table file, and makes that a part of the store: a large one would be in
    /// memory three times otherwise, as it is, for the log, and until it is written to a file.
    fn ingest(&self, batch: &Writes) -> Result<(), Error> {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let path = self.incoming.join(number.to_string());
        let ingested = self.write_file(batch, &path).and_then(|()| {
            let mut moved = IngestExternalFileOptions::default();
            moved.set_move_files(true);
            Ok(self.db.ingest_external_file_opts(&moved, vec![&path])?)
        });
        if ingested.is_err() {
            // Where it cannot be removed either, it is when the store is opened again.
            _ = fs::remove_file(&path);
        }
        ingested
    }

    fn write_file(&self, batch: &Writes, path: &Path) -> Result<(), Error> {
        let mut file = SstFileWriter::create(&self.options);
        file.open(path)?;
        for write in batch.in_order() {
            match write {
                Write::Put(key, value) => file.put(key, value)?,
                Write::Delete(key) => file.delete(key)?,
            }
        }
        Ok(file.finish()?)
    }
}

/// The engine has no error kind of its own for a lock that another process holds.
fn is_lock(error: &rocksdb::Error) -> bool {
    error.kind() == rocksdb::ErrorKind::IOError && error.as_ref().contains("/LOCK:")
}

fn options(settings: &Settings) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(&Cache::new_lru_cache(settings.cache_bytes));
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    blocks.set_bloom_filter(10.0, false);
    // In parts: of an index or a filter that does not fit into the cache, only what is asked for is read.
    blocks.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    blocks.set_partition_filters(true);
    blocks.set_metadata_block_size(4 << 10);
    blocks.set_pin_top_level_index_and_filter(true);
    blocks.set_format_version(5);
    blocks.set_block_size(8 << 10);

    let mut options = Options::default();
    options.create_if_missing(true);
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_db_write_buffer_size(settings.write_bytes);
    options.set_write_buffer_size(settings.write_bytes / 2);
    options.set_max_open_files(settings.open_files);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(4 << 20);
    options.set_paranoid_checks(true);
    options
}

impl Ordered for Rocks {
    fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        Box::new(self.db.snapshot())
    }

    fn write(&self, batch: Writes) -> Result<(), Error> {
        if batch.bytes() > self.most_buffered { self.ingest(&batch) } else { self.buffer(batch) }
    }

    fn compact(&self) -> Result<(), Error> {
        self.db.flush()?;
        self.db.compact_range(None::<&[u8]>, None::<&[u8]>);
        Ok(())
    }
}

impl Snapshot for rocksdb::Snapshot<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.get(key)?)
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        self.multi_get(keys).into_iter().map(|value| Ok(value?)).collect()
    }

    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Scan<'a> {
        let mut options = ReadOptions::default();
        if let Some(end) = after_prefix(prefix) {
            options.set_iterate_upper_bound(end);
        }
        let mode = IteratorMode::From(from.max(prefix), Direction::Forward);
        Box::new(self.iterator_opt(mode, options).map(|entry| Ok(entry?)))
    }

    fn cursor(&self, reading: Reading) -> Box<dyn Cursor + '_> {
        let mut options = ReadOptions::default();
        options.fill_cache(reading == Reading::Again);
        Box::new(self.raw_iterator_opt(options))
    }
}

impl Cursor for DBRawIterator<'_> {
    fn seek(&mut self, key: &[u8]) {
        self.seek(key);
    }

    fn advance(&mut self) {
        self.next();
    }

    fn entry(&self) -> Result<Option<Entry<'_>>, Error> {
        let entry = self.item();
        if entry.is_none() {
            self.status()?;
        }
        Ok(entry)
    }
}

/// The first key after all that begin with `prefix`; none where there is no such key.
fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != 0xFF)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_prefix() {
        assert_eq!(after_prefix(&[1, 2]), Some(vec![1, 3]));
        assert_eq!(after_prefix(&[1, 0xFF]), Some(vec![2]));
        assert_eq!(after_prefix(&[0xFF]), None);
    }
}
