//! Who may do what: tokens, and the record of what was changed.

mod guests;
mod pace;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use limpid_model::{AuditPosition, AuditRecord, Digest, ImageName, NewToken, Page, Token, TokenSpec};
use limpid_store::tables::audit::{self, Audit};
use limpid_store::tables::token_uses::{self, TokenUses};
use limpid_store::tables::tokens::{self, Tokens};
use limpid_store::{Batch, Store, View};
use parking_lot::RwLock;

pub use self::guests::Guest;
pub(crate) use self::guests::Guests;
use self::pace::Pace;
pub use self::pace::{TooMuch, UnderWay};
use crate::error::{Refused, TokenError};
use crate::settings::AccessSettings;
use crate::writer::Writers;
use crate::{Error, Settings, names, random};

/// What each token begins with: whoever looks for secrets in files finds it.
pub const TOKEN_PREFIX: &str = "limpid_";

/// Random bytes by which a token is found, in hexadecimal digits.
const ID_BYTES: usize = 6;

/// Random bytes that nobody guesses.
const SECRET_BYTES: usize = 32;

/// Longest name of a token, in bytes.
const NAME_BYTES: usize = 128;

/// Most globs of a token.
const GLOBS: usize = 64;

/// Longest glob of a token, in bytes.
const GLOB_BYTES: usize = 256;

/// Use is noted to this many milliseconds: what is read a thousand times a second writes nothing.
const NOTED: u64 = 60_000;

/// Records that are forgotten at a time, as one is added.
const FORGOTTEN: usize = 100;

/// The tokens that there are, by what they begin with: who shows one waits for no store.
#[derive(Default)]
pub(crate) struct Known(RwLock<HashMap<String, Arc<Holder>>>);

/// Who holds a token.
pub struct Holder {
    /// The token as it was when it was read.
    pub token: Token,
    /// None: it is shown elsewhere, and not taken here.
    secret: Option<Digest>,
    globs: Option<GlobSet>,
    last_used: AtomicU64,
    pace: Arc<Pace>,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder").field("token", &self.token).finish_non_exhaustive()
    }
}

impl Holder {
    fn new(token: Token, secret: Digest, settings: &AccessSettings) -> Result<Self, Error> {
        let globs = globs(&token.spec.repositories)?;
        let last_used = AtomicU64::new(token.last_used.unwrap_or_default());
        let secret = Some(secret);
        Ok(Self { token, secret, globs, last_used, pace: Arc::new(Pace::new(settings)) })
    }

    /// Begins to answer a request of the holder.
    ///
    /// # Errors
    /// It asks too often, or too much at a time.
    pub fn begin(&self) -> Result<UnderWay, TooMuch> {
        self.pace.begin()
    }

    /// Takes on a submission of the holder, which is not done as long as what this gives is there. Those that an
    /// earlier process has taken on are not counted.
    ///
    /// # Errors
    /// It has too many already.
    pub fn submit(&self) -> Result<UnderWay, TooMuch> {
        self.pace.submit()
    }

    /// Whether the holder sees an image of this name, or a repository.
    pub fn sees(&self, name: &str) -> bool {
        self.globs.as_ref().is_none_or(|globs| globs.is_match(ImageName::read(name).canonical()))
    }

    /// Whether the holder sees everything.
    pub const fn sees_everything(&self) -> bool {
        self.globs.is_none()
    }
}

/// A token that is taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Whose it is.
    pub holder: Arc<Holder>,
    /// Whether its use is to be noted.
    pub is_due: bool,
}

impl Known {
    /// Reads all that are stored.
    pub(crate) fn load(&self, view: &View<'_>, settings: &AccessSettings) -> Result<(), Error> {
        for (token, secret) in all(view)? {
            let name = token.spec.name.clone();
            match Holder::new(token, secret, settings) {
                Ok(holder) => self.insert(holder),
                // Another version of Limpid understood it.
                Err(error) => tracing::error!(token = name, "{error}: token `{name}` is not taken"),
            }
        }
        Ok(())
    }

    /// Holds all holders to other settings.
    pub(crate) fn change(&self, settings: &AccessSettings) {
        for holder in self.0.read().values() {
            holder.pace.change(settings);
        }
    }

    fn insert(&self, holder: Holder) {
        self.0.write().insert(holder.token.id.clone(), Arc::new(holder));
    }

    fn remove(&self, id: &str) {
        self.0.write().remove(id);
    }

    /// Whose token it is.
    pub(crate) fn taken(&self, now: u64, secret: &str) -> Result<Taken, Refused> {
        let holder = id_of(secret).and_then(|id| self.0.read().get(id).cloned());
        // Of two digests nobody learns how far they are alike: neither is chosen by who asks.
        let holder = holder.filter(|holder| Some(Digest::of(secret.as_bytes())) == holder.secret);
        let holder = holder.ok_or(Refused::Unknown)?;
        if holder.token.spec.expires.is_some_and(|expires| expires <= now) {
            return Err(Refused::Expired);
        }
        let last = holder.last_used.load(Ordering::Relaxed);
        let is_due = (last == 0 || now >= last.saturating_add(NOTED))
            && holder.last_used.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        Ok(Taken { holder, is_due })
    }
}

/// By what a token is found.
fn id_of(secret: &str) -> Option<&str> {
    let (id, _) = secret.strip_prefix(TOKEN_PREFIX)?.split_once('_')?;
    (id.len() == 2 * ID_BYTES).then_some(id)
}

/// Checks globs of repositories.
///
/// # Errors
/// [`Error::Token`] where there are too many, or one is none.
pub fn check_repositories(patterns: &[String]) -> Result<(), Error> {
    globs(patterns).map(drop)
}

fn globs(patterns: &[String]) -> Result<Option<GlobSet>, Error> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let refused = |why: String| Error::Token(TokenError::Repositories(why));
    if patterns.len() > GLOBS {
        return Err(refused(format!("a token is for at most {GLOBS} globs of repositories")));
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if pattern.is_empty() || pattern.len() > GLOB_BYTES {
            return Err(refused(format!("a glob of repositories is 1 to {GLOB_BYTES} bytes")));
        }
        // With all that names may do without, as the names have that it is held against.
        let canonical = ImageName { repository: pattern, tag: None }.canonical();
        let glob = GlobBuilder::new(&canonical).literal_separator(true).backslash_escape(true).build();
        set.add(glob.map_err(|error| refused(format!("`{pattern}` is no glob: {}", error.kind())))?);
    }
    set.build().map(Some).map_err(|error| refused(error.to_string()))
}

fn all(view: &View<'_>) -> Result<Vec<(Token, Digest)>, Error> {
    let mut all = Vec::new();
    for row in view.scan::<Tokens>(|_| ()) {
        let (id, row) = row?;
        let used = view.get::<TokenUses>(&id)?.map(|token_uses::Row(time)| time);
        all.push(row.into_token(id, used));
    }
    Ok(all)
}

/// All tokens, by name.
pub(crate) fn tokens(store: &Store) -> Result<Vec<Token>, Error> {
    let mut tokens: Vec<_> = all(&store.view())?.into_iter().map(|(token, _)| token).collect();
    tokens.sort_by(|a, b| a.spec.name.cmp(&b.spec.name));
    Ok(tokens)
}

/// Makes a token. Its secret is known to nobody afterwards but whoever is told it here.
pub(crate) fn create(
    (writers, known): (&Writers, &Known),
    settings: &Settings,
    spec: TokenSpec,
) -> Result<NewToken, Error> {
    // What looks like an identifier would be taken for one.
    let is_id = spec.name.len() == 2 * ID_BYTES && spec.name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id || !names::can_be_called(&spec.name, NAME_BYTES) {
        let name = spec.name.chars().take(NAME_BYTES).collect();
        return Err(Error::Token(TokenError::Name { name, most: NAME_BYTES }));
    }
    let now = settings.clock.now();
    if spec.expires.is_some_and(|expires| expires <= now) {
        return Err(Error::Token(TokenError::Expired));
    }
    let id: String = random::bytes::<ID_BYTES>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = format!("{TOKEN_PREFIX}{id}_{}", URL_SAFE_NO_PAD.encode(random::bytes::<SECRET_BYTES>()?));
    let writer = writers.access();
    let there = tokens(writers.store())?;
    if there.len() >= settings.access.tokens {
        return Err(Error::Token(TokenError::Many(settings.access.tokens)));
    }
    if there.iter().any(|token| token.spec.name == spec.name || token.id == id) {
        return Err(Error::Token(TokenError::Taken(spec.name)));
    }
    let digest = Digest::of(secret.as_bytes());
    let token = Token { id, spec, created: now, last_used: None };
    let holder = Holder::new(token.clone(), digest, &settings.access)?;
    let mut batch = Batch::default();
    batch.put::<Tokens>(&token.id, &tokens::Row::new(token.spec.clone(), now, digest))?;
    writer.commit(batch)?;
    known.insert(holder);
    Ok(NewToken { token, secret })
}

/// Takes a token no longer, by its name or by what it begins with.
pub(crate) fn revoke((writers, known): (&Writers, &Known), name: &str) -> Result<(), Error> {
    let writer = writers.access();
    let there = tokens(writers.store())?;
    // No name is an identifier.
    let token = there.into_iter().find(|token| token.id == name || token.spec.name == name);
    let token = token.ok_or_else(|| Error::Token(TokenError::None(name.to_owned())))?;
    // From now on, whether it can be written or not; where it cannot, it is taken again after the next start.
    known.remove(&token.id);
    let mut batch = Batch::default();
    batch.delete::<Tokens>(&token.id);
    batch.delete::<TokenUses>(&token.id);
    writer.commit(batch)
}

/// Notes that a token was used.
pub(crate) fn note_use(writers: &Writers, id: &str, now: u64) -> Result<(), Error> {
    let writer = writers.access();
    // It may have been revoked meanwhile.
    let id = id.to_owned();
    if writer.view().get::<Tokens>(&id)?.is_none() {
        return Ok(());
    }
    let mut batch = Batch::default();
    batch.put::<TokenUses>(&id, &token_uses::Row(now))?;
    writer.commit(batch)
}

/// The number of the next record, among those of one moment.
#[derive(Default)]
pub(crate) struct Records(AtomicU64);

/// Adds to the record of what was changed, and forgets what is older than is kept.
pub(crate) fn record(
    (writers, records): (&Writers, &Records),
    settings: &Settings,
    mut record: AuditRecord,
) -> Result<(), Error> {
    let mut batch = Batch::default();
    record.time = settings.clock.now();
    record.number = records.0.fetch_add(1, Ordering::Relaxed) + 1;
    let kept = record.time.saturating_sub(settings.access.audit);
    let oldest = audit::Key::new(kept, 0);
    let view = writers.store().view();
    for old in view.scan_after::<Audit>(Some(&oldest)).take(FORGOTTEN) {
        batch.delete::<Audit>(&old?.0);
    }
    let (key, row) = audit::Row::of(record);
    batch.put::<Audit>(&key, &row)?;
    // Whoever adds a row needs no lock, and to forget one twice is to forget it.
    Ok(writers.store().commit(batch)?)
}

/// What was changed, the last first, before a position, `limit` records at most.
pub(crate) fn records(
    store: &Store,
    before: Option<AuditPosition>,
    limit: usize,
) -> Result<Page<AuditRecord, AuditPosition>, Error> {
    let view = store.view();
    let after = before.map(|(time, number)| audit::Key::new(time, number));
    let mut items = Vec::new();
    for row in view.scan_after::<Audit>(after.as_ref()).take(limit.saturating_add(1)) {
        let (key, row) = row?;
        items.push(row.into_record(&key));
    }
    Ok(Page::of(items, limit, |last| (last.time, last.number)))
}

#[cfg(test)]
mod tests;
