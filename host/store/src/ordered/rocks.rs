use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, thread};

use rocksdb::checkpoint::Checkpoint;
use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, BottommostLevelCompaction, Cache, ColumnFamily, CompactOptions,
    DB, DBCompressionType, DBRawIterator, DEFAULT_COLUMN_FAMILY_NAME, Direction, Env,
    IngestExternalFileOptions, IteratorMode, LogLevel, Options, PrefixRange, ReadOptions, SstFileWriter,
    WriteBatch, WriteOptions,
};
use serde::{Deserialize, Serialize};

use super::writes::Part;
use super::{Cursor, Entry, Ordered, Reading, Scan, Sizes, Snapshot, Write, Writes};
use crate::error::{Cause, EngineError, Error};

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
    /// Table files kept open at a time (`store.open_files`).
    pub open_files: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, recent_bytes: 32 << 20, write_bytes: 16 << 20, open_files: 512 }
    }
}

/// Ordered keys in RocksDB, in one directory. Its tables are in two families of files: while what is
/// written to one is merged into its files, those of the other stay, and with them what of them is in memory.
pub(crate) struct Rocks {
    db: DB,
    options: Options,
    /// The tables in the family [`APART`]. All others are in the one that the engine has by itself.
    apart: &'static [u8],
    /// Batches that are larger become table files, which are written here.
    most_buffered: usize,
    incoming: PathBuf,
    /// How many were written.
    files: AtomicU64,
    /// How many of a batch are written at the same time.
    writers: usize,
}

/// Its name on disk.
const APART: &str = "apart";

/// Table files of a batch, at most.
const WRITERS: usize = 4;

/// How much moves from one family to the other at a time, in bytes.
const MOVED: usize = 1 << 20;

impl Rocks {
    /// `apart` are the tables that are kept apart from all others. Those that were not, are from now on.
    pub(crate) fn open(path: &Path, settings: &Settings, apart: &'static [u8]) -> Result<Self, Error> {
        let made = |made: std::io::Result<()>, path: &Path| {
            made.map_err(|source| Error::Directory { path: path.to_owned(), source })
        };
        made(fs::create_dir_all(path), path)?;
        let mut environment = Env::new().map_err(|error| open_error(path, error))?;
        // What the engine does in the background yields to those who wait for an answer.
        environment.lower_thread_pool_cpu_priority();
        environment.lower_high_priority_thread_pool_cpu_priority();
        let mut options = options(settings);
        options.set_env(&environment);
        let families = [DEFAULT_COLUMN_FAMILY_NAME, APART].map(|name| (name, options.clone()));
        let db = match DB::open_cf_with_opts(&options, path, families) {
            Ok(db) => db,
            Err(error) if is_lock(&error) => return Err(Error::InUse(path.to_owned())),
            Err(error) => return Err(open_error(path, error)),
        };
        let incoming = path.join("incoming");
        // What a process has left there that did not live to see it become part of the store.
        if incoming.exists() {
            made(fs::remove_dir_all(&incoming), &incoming)?;
        }
        made(fs::create_dir(&incoming), &incoming)?;
        let files = AtomicU64::new(0);
        let writers = thread::available_parallelism().map_or(1, usize::from).min(WRITERS);
        let most_buffered = settings.write_bytes;
        let rocks = Self { db, options, apart, most_buffered, incoming, files, writers };
        apart.iter().try_for_each(|&table| rocks.move_apart(table))?;
        Ok(rocks)
    }

    /// The same, only to be read.
    pub(crate) fn open_read_only(
        path: &Path,
        settings: &Settings,
        apart: &'static [u8],
    ) -> Result<Self, Error> {
        let mut options = options(settings);
        options.create_if_missing(false);
        options.create_missing_column_families(false);
        // What a reader has to say it says in its answer, and not in files beside the tables.
        options.set_log_level(LogLevel::Fatal);
        // The engine would make the directory, to find nothing in it.
        let current = path.join("CURRENT");
        fs::metadata(&current).map_err(|source| Error::Directory { path: current, source })?;
        let there = DB::list_cf(&options, path).map_err(|error| open_error(path, error))?;
        if !there.iter().any(|name| name == APART) {
            return Err(Error::EarlierForm(path.to_owned()));
        }
        let families = there.iter().map(|name| (name, options.clone()));
        let db = DB::open_cf_with_opts_for_read_only(&options, path, families, false)
            .map_err(|error| open_error(path, error))?;
        let (files, incoming) = (AtomicU64::new(0), path.join("incoming"));
        let rocks = Self { db, options, apart, most_buffered: usize::MAX, incoming, files, writers: 1 };
        let moved = apart.iter().map(|&table| rocks.is_unmoved(table)).collect::<Result<Vec<_>, _>>()?;
        if moved.contains(&true) { Err(Error::EarlierForm(path.to_owned())) } else { Ok(rocks) }
    }

    /// Whether rows of a table are still where it was before it was kept apart.
    fn is_unmoved(&self, table: u8) -> Result<bool, Error> {
        let mut options = ReadOptions::default();
        options.set_iterate_range(PrefixRange([table]));
        let rest = self.families().rest;
        Ok(self.db.iterator_cf_opt(rest, options, IteratorMode::Start).next().transpose()?.is_some())
    }

    fn families(&self) -> Families<'_> {
        Families {
            rest: family(&self.db, DEFAULT_COLUMN_FAMILY_NAME),
            apart: family(&self.db, APART),
            tables: self.apart,
        }
    }

    /// Moves what is not yet where it belongs. What a process does not live to see moved is still where
    /// it was, and moves when the store is opened again.
    fn move_apart(&self, table: u8) -> Result<(), Error> {
        let Families { rest, apart, .. } = self.families();
        let mut options = ReadOptions::default();
        options.set_iterate_range(PrefixRange([table]));
        let mut moved = WriteBatch::default();
        for entry in self.db.iterator_cf_opt(rest, options, IteratorMode::Start) {
            let (key, value) = entry?;
            moved.put_cf(apart, &key, value);
            moved.delete_cf(rest, key);
            if moved.size_in_bytes() > MOVED {
                self.db.write_opt(std::mem::take(&mut moved), &durable())?;
            }
        }
        if !moved.is_empty() {
            self.db.write_opt(moved, &durable())?;
        }
        Ok(())
    }

    /// Writes a batch by way of the log and of memory.
    fn buffer(&self, batch: Writes) -> Result<(), Error> {
        let families = self.families();
        let mut out = WriteBatch::with_capacity_bytes(batch.bytes());
        batch.drain(|write| match write {
            Write::Put(key, value) => out.put_cf(families.of(key), key, value),
            Write::Delete(key) => out.delete_cf(families.of(key), key),
        });
        Ok(self.db.write_opt(out, &durable())?)
    }

    /// Writes a batch as table files, each in a thread of its own, and makes those a part of a family at once:
    /// a large one would be in memory three times otherwise, as it is, for the log, and until it is written to
    /// a file.
    fn ingest(&self, batch: &Writes, family: &ColumnFamily) -> Result<(), Error> {
        let parts = batch.parts(self.writers);
        let count = parts.len() as u64;
        let first = self.files.fetch_add(count, Ordering::Relaxed);
        let paths: Vec<_> =
            (first..first + count).map(|number| self.incoming.join(number.to_string())).collect();
        let write = |(part, path): (Part<'_>, &PathBuf)| self.write_file(part, path);
        let written = thread::scope(|scope| {
            let mut parts = parts.into_iter().zip(&paths);
            let own = parts.next();
            let others: Vec<_> = parts.map(|part| scope.spawn(|| write(part))).collect();
            let own = own.map_or(Ok(()), write);
            let others = others.into_iter().map(|other| other.join().unwrap_or_else(|it| resume_unwind(it)));
            others.fold(own, Result::and)
        });
        let ingested = written.and_then(|()| {
            let mut moved = IngestExternalFileOptions::default();
            moved.set_move_files(true);
            Ok(self.db.ingest_external_file_cf_opts(family, &moved, paths.iter().collect())?)
        });
        if ingested.is_err() {
            for path in &paths {
                // Where it cannot be removed either, it is when the store is opened again.
                _ = fs::remove_file(path);
            }
        }
        ingested
    }

    fn write_file(&self, part: Part<'_>, path: &Path) -> Result<(), Error> {
        let mut file = SstFileWriter::create(&self.options);
        file.open(path)?;
        for write in part.in_order() {
            match write {
                Write::Put(key, value) => file.put(key, value)?,
                Write::Delete(key) => file.delete(key)?,
            }
        }
        Ok(file.finish()?)
    }
}

/// Where the tables are.
#[derive(Clone, Copy)]
struct Families<'a> {
    apart: &'a ColumnFamily,
    rest: &'a ColumnFamily,
    tables: &'static [u8],
}

impl<'a> Families<'a> {
    /// That of a key, or of a prefix that names a table.
    fn of(&self, key: &[u8]) -> &'a ColumnFamily {
        let is_apart = key.first().is_some_and(|table| self.tables.contains(table));
        if is_apart { self.apart } else { self.rest }
    }

    /// That of all keys; none where they are of both.
    fn of_all<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>) -> Option<&'a ColumnFamily> {
        let mut families = keys.into_iter().map(|key| self.of(key));
        let first = families.next()?;
        families.all(|family| std::ptr::eq(family, first)).then_some(first)
    }
}

#[expect(clippy::expect_used, reason = "only what opens the store names its families")]
fn family<'a>(db: &'a DB, name: &str) -> &'a ColumnFamily {
    db.cf_handle(name).expect("the store is opened with it")
}

/// What was acknowledged survives the machine, not only the process.
fn durable() -> WriteOptions {
    let mut durable = WriteOptions::default();
    durable.set_sync(true);
    durable
}

/// The engine has no error kind of its own for a lock that another process holds.
fn is_lock(error: &rocksdb::Error) -> bool {
    error.kind() == rocksdb::ErrorKind::IOError && error.as_ref().contains("/LOCK:")
}

fn open_error(path: &Path, error: rocksdb::Error) -> Error {
    Error::Open { path: path.to_owned(), source: error.into() }
}

impl From<rocksdb::Error> for EngineError {
    fn from(error: rocksdb::Error) -> Self {
        let text = error.into_string();
        // The engine has no kind of its own for it.
        let is_full = text.contains("No space left") || text.contains("quota exceeded");
        Self::new(text, if is_full { Cause::NoRoom } else { Cause::Other })
    }
}

impl From<rocksdb::Error> for Error {
    fn from(error: rocksdb::Error) -> Self {
        Self::Engine(error.into())
    }
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
    options.create_missing_column_families(true);
    options.set_block_based_table_factory(&blocks);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_db_write_buffer_size(settings.write_bytes);
    options.set_write_buffer_size(settings.write_bytes / 2);
    // Of a family to which little is written, no more than this is read again when the store is opened.
    let logged = u64::try_from(settings.write_bytes).unwrap_or(u64::MAX).saturating_mul(4);
    options.set_max_total_wal_size(logged);
    options.set_max_open_files(settings.open_files);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(4 << 20);
    options.set_paranoid_checks(true);
    options
}

impl Ordered for Rocks {
    fn snapshot(&self) -> Box<dyn Snapshot + '_> {
        Box::new(Moment { snapshot: self.db.snapshot(), families: self.families() })
    }

    fn write(&self, batch: Writes) -> Result<(), Error> {
        let is_large = batch.bytes() > self.most_buffered;
        // Two files are not ingested together.
        match is_large.then(|| self.families().of_all(batch.keys())).flatten() {
            Some(family) => self.ingest(&batch, family),
            None => self.buffer(batch),
        }
    }

    fn compact(&self) -> Result<(), Error> {
        let Families { rest, apart, .. } = self.families();
        for family in [rest, apart] {
            self.db.flush_cf(family)?;
            self.db.compact_range_cf(family, None::<&[u8]>, None::<&[u8]>);
        }
        Ok(())
    }

    fn rewrite(&self, table: u8) -> Result<(), Error> {
        let families = self.families();
        // The log is of all families, and goes when none needs it any more.
        for family in [families.rest, families.apart] {
            self.db.flush_cf(family)?;
        }
        let mut options = CompactOptions::default();
        options.set_bottommost_level_compaction(BottommostLevelCompaction::Force);
        let next = table.checked_add(1).map(|next| [next]);
        self.db.compact_range_cf_opt(families.of(&[table]), Some([table]), next, &options);
        Ok(())
    }

    fn checkpoint(&self, path: &Path) -> Result<(), Error> {
        Ok(Checkpoint::new(&self.db)?.create_checkpoint(path)?)
    }

    fn sizes(&self) -> Result<Sizes, Error> {
        let Families { rest, apart, .. } = self.families();
        let of = |family: &ColumnFamily, name: &str| -> Result<u64, Error> {
            Ok(self.db.property_int_value_cf(family, name)?.unwrap_or(0))
        };
        let sum = |name: &str| Ok::<_, Error>(of(rest, name)?.saturating_add(of(apart, name)?));
        Ok(Sizes {
            files: sum("rocksdb.live-sst-files-size")?,
            buffered: sum("rocksdb.cur-size-all-mem-tables")?,
            // Both families have one cache, and one count of failures.
            cached: of(rest, "rocksdb.block-cache-usage")?,
            unmerged: sum("rocksdb.estimate-pending-compaction-bytes")?,
            rows: sum("rocksdb.estimate-num-keys")?,
            failures: of(rest, "rocksdb.background-errors")?,
        })
    }
}

/// Both families at one moment.
struct Moment<'a> {
    snapshot: rocksdb::Snapshot<'a>,
    families: Families<'a>,
}

impl Snapshot for Moment<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.snapshot.get_cf(self.families.of(key), key)?)
    }

    fn multi_get(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let keys = keys.iter().map(|key| (self.families.of(key), key));
        self.snapshot.multi_get_cf(keys).into_iter().map(|value| Ok(value?)).collect()
    }

    fn scan<'a>(&'a self, prefix: &[u8], from: &[u8]) -> Scan<'a> {
        let mut options = ReadOptions::default();
        options.set_iterate_range(PrefixRange(prefix));
        let mode = IteratorMode::From(from.max(prefix), Direction::Forward);
        let entries = self.snapshot.iterator_cf_opt(self.families.of(prefix), options, mode);
        Box::new(entries.map(|entry| Ok(entry?)))
    }

    fn cursor(&self, table: u8, reading: Reading) -> Box<dyn Cursor + '_> {
        let mut options = ReadOptions::default();
        options.fill_cache(reading == Reading::Again);
        Box::new(self.snapshot.raw_iterator_cf_opt(self.families.of(&[table]), options))
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
