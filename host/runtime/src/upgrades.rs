//! How a detector's packages are updated, in the words of their package manager: asked of plugins that export
//! `upgrades` beside `detector`.

use limpid_model::plan::{Advice, Place, Step, Update};
use limpid_model::{Distribution, Evidence, PluginFailure};
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, Instance};

use crate::LoadError;
use crate::call::{Borrowed, Callee, State};
use crate::contract::{Exported, types, upgrades as wit};
use crate::convert::shorten;

/// Wishes in one call of the plugin.
const BATCH: usize = 2_000;

/// Steps in one answer.
const STEPS: usize = 4_000;

/// Words of one command.
const WORDS: usize = 4_000;

/// The longest word of a command, in bytes.
const WORD_BYTES: usize = 4_096;

/// The longest name of a distribution, in bytes.
const NAME_BYTES: usize = 64;

type Asked<'a> = (Option<(&'a str, &'a str)>, &'a [wit::Wish<'a>]);
type Told = (wit::Advice,);

/// Where the component says how its packages are updated; none where it does not.
///
/// # Errors
/// The interface has no such function.
pub(crate) fn exported(component: &Component) -> Result<Option<ComponentExportIndex>, LoadError> {
    Exported::of(component, "upgrades").map(|upgrades| upgrades.function("upgrade")).transpose()
}

/// Whether it takes and gives what the contract says.
///
/// # Errors
/// It does not.
pub(crate) fn check(
    store: &mut Store<State>,
    instance: &Instance,
    upgrade: &ComponentExportIndex,
) -> wasmtime::Result<()> {
    instance.get_typed_func::<Asked<'_>, Told>(store, upgrade).map(|_| ())
}

/// How packages are updated.
///
/// # Errors
/// The plugin failed, or what it answered is over a bound or nothing that people could read.
pub(crate) fn ask(
    callee: &Callee,
    upgrade: ComponentExportIndex,
    (cause, distribution): (&str, Option<&Distribution>),
    updates: &[&Update],
) -> Result<Advice, PluginFailure> {
    let system = distribution.map(|known| (known.id.as_str(), known.version_id.as_str()));
    let mut advice = Advice::default();
    for batch in updates.chunks(BATCH) {
        let wishes: Vec<_> = batch.iter().map(|update| wish(update)).collect();
        let told = callee.counted(cause, "upgrade", || {
            let (told,) = callee.call("upgrade", Borrowed::default(), |store, instance| {
                let upgrade = instance.get_typed_func::<Asked<'_>, Told>(&mut *store, &upgrade)?;
                upgrade.call(store, (system, &wishes))
            })?;
            checked(told).map_err(|why| callee.violation("upgrade", why))
        })?;
        advice.steps.extend(told.steps);
        advice.copacetic = told.copacetic.or(advice.copacetic);
    }
    Ok(advice)
}

fn wish(update: &Update) -> wit::Wish<'_> {
    let package = &update.package;
    wit::Wish {
        name: &package.name,
        version: &package.version,
        wanted: &update.to,
        arch: package.arch.as_deref(),
        evidence: match package.evidence {
            Evidence::Installed => types::Evidence::Installed,
            Evidence::Declared => types::Evidence::Declared,
            Evidence::Inferred => types::Evidence::Inferred,
        },
        path: &package.path,
    }
}

/// An answer within its bounds, of which people can see every character.
fn checked(told: wit::Advice) -> Result<Advice, String> {
    let wit::Advice { steps, copacetic } = told;
    if steps.len() > STEPS {
        return Err(format!("answers with {} steps, over the limit of {STEPS}", steps.len()));
    }
    if let Some(name) = &copacetic {
        let is_name =
            (1..=NAME_BYTES).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_name {
            return Err(format!("`advice.copacetic` is no word of 1 to {NAME_BYTES} bytes"));
        }
    }
    let steps = steps.into_iter().map(step).collect::<Result<_, _>>()?;
    Ok(Advice { steps, copacetic })
}

fn step(step: wit::Step) -> Result<Step, String> {
    let wit::Step { place, command, note } = step;
    if command.is_empty() && note.is_empty() {
        return Err("answers with a step that has neither a command nor a note".to_owned());
    }
    if command.len() > WORDS {
        return Err(format!("answers with a command of {} words, over the limit of {WORDS}", command.len()));
    }
    for word in &command {
        if word.len() > WORD_BYTES {
            return Err(format!(
                "a word of a command is {} bytes, over the limit of {WORD_BYTES}",
                word.len()
            ));
        }
        if word.chars().any(char::is_control) {
            return Err("a word of a command has a control character".to_owned());
        }
    }
    let place = match place {
        wit::Place::Image => Place::Image,
        wit::Place::Sources => Place::Sources,
    };
    Ok(Step { place, command, note: shorten(note) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(command: &[&str], note: &str) -> Result<Advice, String> {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let step = wit::Step { place: wit::Place::Image, command, note: note.to_owned() };
        checked(wit::Advice { steps: vec![step], copacetic: None })
    }

    #[test]
    fn an_answer_is_bounded_and_people_see_every_character_of_it() {
        assert_eq!(told(&["apt-get", "install", "a b"], "").unwrap().steps[0].command[2], "a b");
        assert!(told(&[], "by hand").is_ok());
        let check = |command: &[&str], expected: &str| {
            let why = told(command, "").unwrap_err();
            assert!(why.contains(expected), "{why}");
        };
        check(&[], "neither a command nor a note");
        check(&["a\nb"], "control character");
        check(&["\u{1b}[2J"], "control character");
        check(&[&"a".repeat(WORD_BYTES + 1)], "4097 bytes, over the limit of 4096");
        check(&["a"; WORDS + 1], "4001 words, over the limit of 4000");
        let long = told(&["a"], &"x".repeat(5000)).unwrap();
        assert!(long.steps[0].note.len() < 2000);
        let step =
            || wit::Step { place: wit::Place::Sources, command: vec!["a".to_owned()], note: String::new() };
        let many = wit::Advice { steps: (0..=STEPS).map(|_| step()).collect(), copacetic: None };
        assert!(checked(many).unwrap_err().contains("4001 steps, over the limit of 4000"));
        for name in ["", "a b", "a\n"] {
            let advice = wit::Advice { steps: Vec::new(), copacetic: Some(name.to_owned()) };
            assert!(checked(advice).unwrap_err().contains("`advice.copacetic`"), "{name}");
        }
    }
}
