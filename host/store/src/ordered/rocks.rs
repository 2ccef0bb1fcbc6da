use std::path::Path;

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, DB, DBCompressionType, DBRawIterator, Direction, Env,
    IteratorMode, Options, ReadOptions, WriteBatch, WriteOptions,
};
use serde::{Deserialize, Serialize};

use super::{Cursor, Entry, Ordered, Reading, Scan, Snapshot, Write};
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
    /// Memory for what was written and is not yet in a table file, in bytes (`store.write_bytes`).
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
pub(crate) struct Rocks(DB);

impl Rocks {
    pub(crate) fn open(path: &Path, settings: &Settings) -> Result<Self, Error> {
        std::fs::create_dir_all(path).map_err(|source| Error::Directory { path: path.to_owned(), source })?;
        let mut environment = Env::new().map_err(|source| Error::Open { path: path.to_owned(), source })?;
        // What the engine does in the background yields to those who wait for an answer.
        environment.lower_thread_pool_cpu_priority();
        environment.lower_high_priority_thread_pool_cpu_priority();
        let mut options = options(settings);
        options.set_env(&environment);
        match DB::open(&options, path) {
            Ok(db) => Ok(Self(db)),
            Err(error) if is_lock(&error) => Err(Error::InUse(path.to_owned())),
            Err(source) => Err(Error::Open { path: path.to_owned(), source }),
        }
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
        Box::new(self.0.snapshot())
    }

    fn write(&self, batch: Vec<Write>) -> Result<(), Error> {
        let mut out = WriteBatch::default();
        // Each is gone when it is copied: two of a large one would be much.
        for write in batch {
            match write {
                Write::Put(key, value) => out.put(key, value),
                Write::Delete(key) => out.delete(key),
            }
        }
        // What was acknowledged survives the machine, not only the process.
        let mut durable = WriteOptions::default();
        durable.set_sync(true);
        Ok(self.0.write_opt(out, &durable)?)
    }

    fn compact(&self) -> Result<(), Error> {
        self.0.flush()?;
        self.0.compact_range(None::<&[u8]>, None::<&[u8]>);
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
