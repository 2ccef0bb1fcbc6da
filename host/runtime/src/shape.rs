//! What a component is made of, looked at before the compiler sees it. A component of a few hundred
//! bytes can instantiate others twice each, level over level, and a compiler that follows takes all
//! memory there is.

use wasmparser::{ComponentInstance, Parser, Payload};

use crate::LoadError;

/// Modules and components inside of one component, at any depth. Interpreters linked from many
/// modules have a few dozen.
const PARTS: u64 = 256;

/// Instances of modules, at any depth.
const MODULE_INSTANCES: u64 = 1000;

/// Instances of inner components, at any depth. There is one for each exported interface. Each may
/// double what is to be compiled, or worse: sixteen make it three hundred times as much at most.
const COMPONENT_INSTANCES: u64 = 16;

/// # Errors
/// What there is too much of, or why it cannot be read.
pub(crate) fn check(component: &[u8]) -> Result<(), LoadError> {
    let counts = count(component).map_err(|error| LoadError::Invalid(error.to_string()))?;
    let bounds = [
        ("modules and components", counts.parts, PARTS),
        ("instances of modules", counts.module_instances, MODULE_INSTANCES),
        ("instances of components", counts.component_instances, COMPONENT_INSTANCES),
    ];
    for (what, count, limit) in bounds {
        if count > limit {
            return Err(LoadError::TooMany { what, count, limit });
        }
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    parts: u64,
    module_instances: u64,
    component_instances: u64,
}

/// Stops counting where there are too many parts, which is before their nesting could cost much.
fn count(component: &[u8]) -> wasmparser::Result<Counts> {
    let mut counts = Counts::default();
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => counts.parts += 1,
            Payload::InstanceSection(instances) => {
                counts.module_instances += u64::from(instances.count());
            }
            Payload::ComponentInstanceSection(instances) => {
                for instance in instances {
                    if let ComponentInstance::Instantiate { .. } = instance? {
                        counts.component_instances += 1;
                    }
                }
            }
            _ => {}
        }
        if counts.parts > PARTS {
            break;
        }
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str, expected: &str) {
        let found = check(&wat::parse_str(text).unwrap());
        assert_eq!(found.err().map(|error| error.to_string()).unwrap_or_default(), expected);
    }

    /// Each level instantiates the one below it twice.
    fn doubling(levels: u32) -> String {
        let level = |level: u32| {
            format!(
                "(component $c{level} (alias outer 1 $c{} (component $below))
                   (instance (instantiate $below)) (instance (instantiate $below)))",
                level - 1
            )
        };
        let levels: String = (1..=levels).map(level).collect();
        format!("(component (component $c0) {levels})")
    }

    #[test]
    fn a_component_that_multiplies_itself_is_refused() {
        check_text(&doubling(8), "");
        check_text(&doubling(9), "holds 18 instances of components, over the limit of 16");
    }

    #[test]
    fn a_component_of_too_many_parts_is_refused() {
        let parts = |count: usize| format!("(component {})", "(component (core module))".repeat(count));
        check_text(&parts(128), "");
        check_text(&parts(129), "holds 257 modules and components, over the limit of 256");
    }

    #[test]
    fn a_component_of_too_many_instances_is_refused() {
        let instances = "(core instance (instantiate $m))".repeat(1001);
        check_text(
            &format!("(component (core module $m) {instances})"),
            "holds 1001 instances of modules, over the limit of 1000",
        );
    }
}
