use std::io;

use limpid_model::plan::{Advice, Update};
use limpid_model::{Blame, Claim, Distribution, FailureKind, Finding, PluginFailure, PluginId, Unread};
use wasmtime::Store;
use wasmtime::component::{ComponentExportIndex, Instance, Lift, Resource};

use crate::LoadError;
use crate::call::{Borrowed, Callee, State};
use crate::contract::{self, ClaimOfV0_1, Exported, PackageOfV0_1, Version, detector, layer, types};
use crate::failure::Stop;
use crate::handles::{ShownFile, View};
use crate::{convert, upgrades};

mod found;

pub(crate) use found::Found;

/// Claims that one detector may make.
const CLAIMS: usize = 256;

/// Bytes that a detector may read of a file at once. The contract promises that a read is short
/// only where the file ends, so that asking for more is an error and not a short answer, which a
/// plugin would take for the end.
const READ_BYTES: usize = 16 << 20;

/// Files of more bytes, all that are shown at once, are large. A plugin that runs out of time or memory over
/// more than that, and more than it has ever managed, is not to blame.
const LARGE: u64 = 32 << 20;

/// A file of a layer, as a detector is shown it.
pub trait LayerFile: Send {
    /// Normalised, without a leading slash.
    fn path(&self) -> &str;
    /// In bytes.
    fn size(&self) -> u64;
    /// Whether anyone may execute it.
    fn executable(&self) -> bool;
    /// Which of the detector's claims it matches: their places, in order.
    fn claims(&self) -> &[u32];
    /// At most `len` bytes from `offset`, fewer only where the file, or what is shown of it, ends. It is asked
    /// for no bytes beyond `size`.
    ///
    /// # Errors
    /// The file cannot be read. The call of the plugin ends, with the host to blame.
    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>>;
}

/// What a detector made of the files that it was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detected {
    /// In the plugin's order.
    pub findings: Vec<Finding>,
    /// Files that could not be read, and facts that cannot be used.
    pub unread: Vec<Unread>,
}

/// What is known of a plugin that is a detector.
pub(crate) struct DetectorRole {
    detect: ComponentExportIndex,
    upgrade: Option<ComponentExportIndex>,
    version: Version,
    claims: Vec<Claim>,
}

/// What `detect` takes, and what it gives.
type Shown = (Resource<View>,);
type Told<P> = (Result<contract::Report<P>, types::Error>,);

impl DetectorRole {
    /// Asks what it claims, once and for all.
    pub(crate) fn probe(callee: &Callee) -> Result<Self, LoadError> {
        let exported = Exported::required(callee.instance_pre().component(), "detector")?;
        let (claims, version) = (exported.function("claims")?, exported.version);
        let upgrade = upgrades::exported(callee.instance_pre().component())?;
        let claims = callee
            .call("claims", Borrowed::default(), |store, instance| {
                if let Some(upgrade) = &upgrade {
                    upgrades::check(store, instance, upgrade)?;
                }
                match version {
                    Version::V0_1 => {
                        let claims = asked::<ClaimOfV0_1>(store, instance, claims)?;
                        Ok(claims.into_iter().map(detector::Claim::from).collect())
                    }
                    Version::V0_2 => asked::<detector::Claim>(store, instance, claims),
                }
            })
            .and_then(|claims| checked_claims(callee, claims))
            .map_err(LoadError::Probe)?;
        Ok(Self { detect: exported.function("detect")?, upgrade, version, claims })
    }
}

/// What a plugin claims, as one version of the contract has it.
fn asked<C: Lift + Send + Sync + 'static>(
    store: &mut Store<State>,
    instance: &Instance,
    claims: ComponentExportIndex,
) -> wasmtime::Result<Vec<C>> {
    let claims = instance.get_typed_func::<(), (Vec<C>,)>(&mut *store, &claims)?;
    Ok(claims.call(store, ())?.0)
}

fn checked_claims(callee: &Callee, claims: Vec<detector::Claim>) -> Result<Vec<Claim>, PluginFailure> {
    let violation = |message| callee.violation("claims", message);
    if claims.is_empty() || claims.len() > CLAIMS {
        return Err(violation(format!("makes {} claims, not 1 to {CLAIMS}", claims.len())));
    }
    claims.into_iter().map(convert::claim).collect::<Result<_, _>>().map_err(violation)
}

/// A plugin in its role of finding what is installed in a layer.
#[derive(Clone, Copy)]
pub struct Detector<'a> {
    callee: &'a Callee,
    role: &'a DetectorRole,
}

impl<'a> Detector<'a> {
    pub(crate) const fn new(callee: &'a Callee, role: &'a DetectorRole) -> Self {
        Self { callee, role }
    }

    /// Which plugin.
    pub const fn plugin(&self) -> &'a PluginId {
        &self.callee.id
    }

    /// Which files it wants to see; at least one claim.
    pub fn claims(&self) -> &'a [Claim] {
        &self.role.claims
    }

    /// Shows files, and returns what they state. A fact that cannot be used, because a name in it
    /// is empty or too long, costs that fact and is told in `unread`. `cause` is what they are shown
    /// for: an image.
    ///
    /// # Errors
    /// The plugin failed, refused, or spoke of a file that it was not shown; or a file could not
    /// be read.
    pub fn detect(&self, cause: &str, files: Vec<Box<dyn LayerFile>>) -> Result<Detected, PluginFailure> {
        self.callee.counted(cause, "detect", || self.try_detect(files))
    }

    /// The same, but that it fails does not count: before anybody knows for which image files are shown, and for
    /// parts of what a call that counts has failed for.
    ///
    /// # Errors
    /// As of [`Self::detect`].
    pub fn detect_uncounted(&self, files: Vec<Box<dyn LayerFile>>) -> Result<Detected, PluginFailure> {
        self.callee.uncounted("detect", || self.try_detect(files))
    }

    /// How packages that it found are updated; none where it does not say. `cause` is what it is asked for: an image.
    ///
    /// # Errors
    /// The plugin failed, or what it answered is over a bound or nothing that people could read.
    pub fn upgrade(
        &self,
        cause: &str,
        distribution: Option<&Distribution>,
        updates: &[&Update],
    ) -> Result<Option<Advice>, PluginFailure> {
        let Some(upgrade) = self.role.upgrade else { return Ok(None) };
        upgrades::ask(self.callee, upgrade, (cause, distribution), updates).map(Some)
    }

    fn try_detect(&self, files: Vec<Box<dyn LayerFile>>) -> Result<Detected, PluginFailure> {
        let bytes = files.iter().fold(0, |bytes: u64, file| bytes.saturating_add(file.size()));
        let detected = self.show(files);
        match &detected {
            Ok(_) => self.callee.health.manages(bytes),
            Err(failure) if is_for_size(failure) && bytes > LARGE.max(self.callee.health.managed()) => {
                let message = format!("{}, for {bytes} bytes of files", failure.message);
                return Err(PluginFailure { blame: Blame::Input, message, ..failure.clone() });
            }
            Err(_) => {}
        }
        detected
    }

    fn show(&self, files: Vec<Box<dyn LayerFile>>) -> Result<Detected, PluginFailure> {
        let found = Found::new(&files, self.callee.detect_output_bytes());
        let borrowed = Borrowed { files, found: Some(found), ..Borrowed::default() };
        let detected =
            self.callee.call("detect", borrowed, |store, instance| self.call_detect(store, instance))?;
        detected.map_err(|error| self.callee.refusal("detect", error))
    }

    fn call_detect(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<Result<Detected, types::Error>> {
        match self.role.version {
            Version::V0_1 => self.detected::<PackageOfV0_1>(store, instance),
            Version::V0_2 => self.detected::<contract::Package>(store, instance),
        }
    }

    /// What it finds, with packages as one version of the contract has them.
    fn detected<P>(
        &self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> wasmtime::Result<Result<Detected, types::Error>>
    where
        P: Lift + Send + Sync + 'static,
        contract::Finding<P>: Into<contract::Finding<contract::Package>>,
    {
        let detect = instance.get_typed_func::<Shown, Told<P>>(&mut *store, &self.role.detect)?;
        let (report,) = detect.call(&mut *store, (Resource::new_borrow(0),))?;
        let report = match report {
            Ok(report) => report,
            Err(error) => return Ok(Err(error)),
        };
        let found = store.data_mut().found.take();
        let mut found =
            found.ok_or_else(|| Stop::Contract("found something that nobody asked for".into()))?;
        found.take(report.findings)?;
        Ok(Ok(found.finish(report.unread)?))
    }
}

/// Whether a call failed of what a larger input takes more of.
fn is_for_size(failure: &PluginFailure) -> bool {
    use FailureKind::{Memory, Output, Tables, Time};
    failure.blame == Blame::Plugin && matches!(failure.kind, Memory | Output | Tables | Time)
}

fn shown<'a>(
    files: &'a [Box<dyn LayerFile>],
    handle: &Resource<ShownFile>,
) -> Result<&'a dyn LayerFile, Stop> {
    let file = usize::try_from(handle.rep()).ok().and_then(|place| files.get(place));
    file.map(|file| &**file).ok_or_else(|| Stop::Contract("used a file that it was not shown".into()))
}

impl State {
    /// One part of what a detector finds, as some version of the contract has it.
    pub(crate) fn found_part<F: Into<contract::Finding<contract::Package>>>(
        &mut self,
        part: Vec<F>,
    ) -> wasmtime::Result<()> {
        let found = self.found.as_mut();
        let found = found.ok_or_else(|| Stop::Contract("used a view that it was not borrowed".into()))?;
        self.clock.aside(|| found.take(part))?;
        Ok(())
    }
}

impl layer::Host for State {}

impl layer::HostFile for State {
    fn path(&mut self, file: Resource<ShownFile>) -> wasmtime::Result<String> {
        Ok(shown(&self.files, &file)?.path().to_owned())
    }

    fn size(&mut self, file: Resource<ShownFile>) -> wasmtime::Result<u64> {
        Ok(shown(&self.files, &file)?.size())
    }

    fn executable(&mut self, file: Resource<ShownFile>) -> wasmtime::Result<bool> {
        Ok(shown(&self.files, &file)?.executable())
    }

    fn claims(&mut self, file: Resource<ShownFile>) -> wasmtime::Result<Vec<u32>> {
        Ok(shown(&self.files, &file)?.claims().to_vec())
    }

    fn read(&mut self, file: Resource<ShownFile>, offset: u64, len: u32) -> wasmtime::Result<Vec<u8>> {
        let file = shown(&self.files, &file)?;
        // The plugin's numbers are only believed where they lie inside of the file.
        let left = file.size().saturating_sub(offset);
        let len = usize::try_from(u64::from(len).min(left))?;
        if len == 0 {
            return Ok(Vec::new());
        }
        if len > READ_BYTES {
            let path = file.path();
            let message = format!("reads {len} bytes of `{path}` at once, over the limit of {READ_BYTES}");
            return Err(Stop::Contract(message).into());
        }
        let bytes = self.clock.aside(|| file.read(offset, len));
        Ok(bytes.map_err(|error| Stop::Host { input: file.path().to_owned(), error })?)
    }

    fn drop(&mut self, _file: Resource<ShownFile>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl layer::HostView for State {
    fn files(&mut self, _view: Resource<View>) -> wasmtime::Result<Vec<Resource<ShownFile>>> {
        let files = u32::try_from(self.files.len())?;
        Ok((0..files).map(Resource::new_own).collect())
    }

    fn found(&mut self, _view: Resource<View>, batch: Vec<types::Finding>) -> wasmtime::Result<()> {
        self.found_part(batch)
    }

    fn drop(&mut self, _view: Resource<View>) -> wasmtime::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use layer::{HostFile, HostView};

    use super::*;
    use crate::Settings;
    use crate::bounds::Bounds;
    use crate::failure::judge;

    struct Zeros(u64);

    impl LayerFile for Zeros {
        fn path(&self) -> &str {
            "usr/bin/zeros"
        }

        fn size(&self) -> u64 {
            self.0
        }

        fn executable(&self) -> bool {
            true
        }

        fn claims(&self) -> &[u32] {
            &[1]
        }

        fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
            assert!(offset + len as u64 <= self.0, "asked for bytes beyond the end");
            if offset == 13 {
                return Err(io::Error::other("a bad sector"));
            }
            Ok(vec![0; len])
        }
    }

    fn state(size: u64) -> State {
        let files: Vec<Box<dyn LayerFile>> = vec![Box::new(Zeros(size))];
        let found = Some(Found::new(&files, 1000));
        State::new(
            &Bounds::of(&Settings::default(), "test"),
            Borrowed { files, found, ..Borrowed::default() },
        )
    }

    fn property(path: &str, value: &str) -> types::Finding {
        let fact = types::Fact::Property(("cpe".to_owned(), value.to_owned()));
        types::Finding { path: path.to_owned(), member: None, fact }
    }

    #[test]
    fn what_is_found_in_parts_is_found_in_its_order() {
        let mut state = state(1);
        let mut found = |value: &str| {
            let part = vec![property("usr/bin/zeros", value), property("usr/bin/zeros", "")];
            HostView::found(&mut state, Resource::new_borrow(0), part)
        };
        found("a").unwrap();
        found("b").unwrap();
        let mut found = state.found.take().unwrap();
        found.take(vec![property("usr/bin/zeros", "c")]).unwrap();
        let detected = found.finish(Vec::new()).unwrap();
        let values: Vec<_> = detected.findings.iter().map(|finding| format!("{:?}", finding.fact)).collect();
        let property = |value: &str| format!("Property(\"cpe\", \"{value}\")");
        assert_eq!(values, ["a", "", "b", "", "c"].map(property));
    }

    #[test]
    fn what_is_found_in_one_call_is_bounded_in_total_and_more_is_the_inputs_fault() {
        let mut state = state(1);
        let part = || vec![property("usr/bin/zeros", &"x".repeat(300))];
        let mut found = || HostView::found(&mut state, Resource::new_borrow(0), part());
        found().unwrap();
        found().unwrap();
        let error = found().unwrap_err();
        let verdict = judge(&error, &state.limits, &Bounds::of(&Settings::default(), "test"));
        assert_eq!((verdict.kind, verdict.blame), (FailureKind::Output, Blame::Input));
        let why = verdict.message;
        assert!(why.contains("limit of 1000") && why.contains("`plugins.detect_output_bytes`"), "{why}");
    }

    #[test]
    fn nothing_is_found_in_a_file_that_was_not_shown() {
        let part = vec![property("etc/shadow", "x")];
        let error = HostView::found(&mut state(1), Resource::new_borrow(0), part).unwrap_err();
        assert_eq!(error.to_string(), "speaks of `etc/shadow`, which it was not shown");
        let mut unborrowed = State::new(&Bounds::of(&Settings::default(), "test"), Borrowed::default());
        assert!(HostView::found(&mut unborrowed, Resource::new_borrow(0), Vec::new()).is_err());
    }

    #[test]
    fn reads_stay_inside_of_the_file_whatever_the_plugin_asks_for() {
        let check = |offset: u64, len: u32, expected: usize| {
            let bytes = HostFile::read(&mut state(100), Resource::new_own(0), offset, len).unwrap();
            assert_eq!(bytes.len(), expected, "{offset} {len}");
        };
        check(0, 100, 100);
        check(0, u32::MAX, 100);
        check(90, 100, 10);
        check(100, 1, 0);
        check(u64::MAX, u32::MAX, 0);
        check(0, 0, 0);
    }

    #[test]
    fn a_read_is_never_silently_short() {
        let stopped = |size: u64, offset: u64| {
            let read = HostFile::read(&mut state(size), Resource::new_own(0), offset, u32::MAX);
            read.unwrap_err().to_string()
        };
        assert_eq!(
            stopped(20 << 20, 0),
            "reads 20971520 bytes of `usr/bin/zeros` at once, over the limit of 16777216",
        );
        assert_eq!(stopped(100, 13), "cannot read `usr/bin/zeros`: a bad sector");
    }

    #[test]
    fn a_view_shows_the_files_of_its_call_and_no_others() {
        let mut state = state(1);
        let files = HostView::files(&mut state, Resource::new_own(0)).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(HostFile::path(&mut state, Resource::new_own(0)).unwrap(), "usr/bin/zeros");
        assert!(HostFile::path(&mut state, Resource::new_own(1)).is_err());
    }
}
