use super::{Package, Providers, Requirement};

/// How much the packages of one file may need, all together. What packages need beyond that is not told, so that what is
/// kept of a file stays bounded, however much each of its packages names.
#[derive(Debug)]
pub struct Needs {
    left: usize,
}

impl Default for Needs {
    fn default() -> Self {
        Self { left: Providers::LIMIT }
    }
}

impl Needs {
    /// What one package needs, which is where there is room for all of it, and it is no more than
    /// [one may need](Package::MAX_REQUIREMENTS).
    pub fn of<R: Into<Requirement>>(
        &mut self,
        requires: impl IntoIterator<Item = R>,
    ) -> Option<Vec<Requirement>> {
        let most = self.left.min(Package::MAX_REQUIREMENTS);
        let requires: Vec<Requirement> = requires.into_iter().take(most + 1).map(Into::into).collect();
        if requires.len() > most {
            return None;
        }
        self.left -= requires.len();
        Some(requires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_packages_need_is_bounded_for_each_and_for_all() {
        let mut needs = Needs::default();
        let of = |needs: &mut Needs, count: usize| Some(needs.of(std::iter::repeat_n("a", count))?.len());
        assert_eq!(of(&mut needs, Package::MAX_REQUIREMENTS + 1), None);
        for _ in 1..Providers::LIMIT / Package::MAX_REQUIREMENTS {
            assert_eq!(of(&mut needs, Package::MAX_REQUIREMENTS), Some(Package::MAX_REQUIREMENTS));
        }
        assert_eq!(of(&mut needs, Package::MAX_REQUIREMENTS - 1), Some(Package::MAX_REQUIREMENTS - 1));
        // What is too much costs itself; less of it may have room.
        assert_eq!([2, 1, 1, 0].map(|count| of(&mut needs, count)), [None, Some(1), None, Some(0)]);
    }
}
