use limpid_model::Distribution;

/// What files of an image state of its distribution, lowest layer first.
#[derive(Default)]
pub(super) struct Stated {
    /// What says most.
    main: Option<Distribution>,
    /// The same distribution without a release: where its packages are from, as repositories name it.
    sources: Option<Distribution>,
}

impl Stated {
    pub(super) fn add(&mut self, stated: &Distribution) {
        let Some(known) = &self.main else {
            self.main = Some(stated.clone());
            return;
        };
        let is_same = known.id == stated.id;
        match (known.version_id.is_empty(), stated.version_id.is_empty()) {
            (false, true) if is_same => self.sources = Some(stated.clone()),
            (true, false) if is_same => self.sources = self.main.replace(stated.clone()),
            _ if outweighs(stated, known) => {
                self.sources = self.sources.take().filter(|_| is_same);
                self.main = Some(stated.clone());
            }
            _ => {}
        }
    }

    /// The distribution, and the namespaces of other releases that its packages may come from. Where those
    /// that are named include its own, its own decides, and no record tells what came from elsewhere. Where
    /// they do not, they decide, also until when it is supported: that of what packages are from counts.
    pub(super) fn combined(self) -> (Option<Distribution>, Vec<String>) {
        let Some(sources) = self.sources else { return (self.main, Vec::new()) };
        let Some(mut main) = self.main else { return (None, Vec::new()) };
        let is_elsewhere = |namespace: &String| !main.namespaces.contains(namespace);
        let elsewhere: Vec<_> = sources.namespaces.iter().filter(|it| is_elsewhere(it)).cloned().collect();
        let names_its_own = main.namespaces.first().is_none_or(|own| sources.namespaces.contains(own));
        let own = std::mem::take(&mut main.namespaces);
        main.namespaces =
            if names_its_own { [own, elsewhere.clone()].concat() } else { [elsewhere.clone(), own].concat() };
        if !names_its_own {
            main.supported_until = sources.supported_until;
        }
        (Some(main), elsewhere)
    }
}

/// Whether what a higher layer states of the distribution counts more than what a lower one does.
/// It does, unless it is of the same distribution and knows less: a small update may bring
/// `etc/debian_version` anew and leave `usr/lib/os-release`, which says more, where it was; where both
/// name the same namespaces, `3.20` is less than `3.20.3`.
fn outweighs(higher: &Distribution, lower: &Distribution) -> bool {
    if higher.id != lower.id {
        return true;
    }
    if higher.namespaces == lower.namespaces {
        let more = lower.version_id.strip_prefix(&higher.version_id).unwrap_or_default();
        return more.is_empty()
            || (!higher.version_id.is_empty() && more.starts_with(|c: char| c.is_ascii_digit()));
    }
    higher.namespaces.len() >= lower.namespaces.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alpine(version: &str, namespaces: &[&str]) -> Distribution {
        Distribution {
            id: "alpine".to_owned(),
            version_id: version.to_owned(),
            pretty_name: format!("Alpine {version}"),
            cpe: None,
            namespaces: namespaces.iter().map(|namespace| (*namespace).to_owned()).collect(),
            supported_until: None,
        }
    }

    #[test]
    fn repositories_of_another_release_decide_unless_they_name_the_own_one_too() {
        let check = |stated: &[Distribution], namespaces: &[&str], elsewhere: &[&str]| {
            let mut all = Stated::default();
            stated.iter().for_each(|stated| all.add(stated));
            let (distribution, found) = all.combined();
            let distribution = distribution.unwrap();
            assert_eq!(distribution.namespaces, namespaces, "{stated:?}");
            assert_eq!(found, elsewhere, "{stated:?}");
            assert!(stated.iter().all(|it| it.version_id.len() <= distribution.version_id.len()));
        };
        let (release, own) = (alpine("3.22.1", &["a:3.22"]), alpine("", &["a:3.22"]));
        let (edge, both) = (alpine("", &["a:edge"]), alpine("", &["a:edge", "a:3.22"]));
        check(std::slice::from_ref(&release), &["a:3.22"], &[]);
        check(&[release.clone(), own.clone()], &["a:3.22"], &[]);
        check(&[release.clone(), edge.clone()], &["a:edge", "a:3.22"], &["a:edge"]);
        check(&[edge.clone(), release.clone()], &["a:edge", "a:3.22"], &["a:edge"]);
        check(&[release.clone(), both], &["a:3.22", "a:edge"], &["a:edge"]);
        check(&[release, edge.clone(), own], &["a:3.22"], &[]);
        check(&[edge], &["a:edge"], &[]);
    }

    #[test]
    fn support_ends_where_it_does_for_what_packages_are_from() {
        let until = |version: &str, namespaces: &[&str], day: &str| Distribution {
            supported_until: (!day.is_empty()).then(|| day.to_owned()),
            ..alpine(version, namespaces)
        };
        let check = |stated: [Distribution; 2], expected: &str| {
            for order in [[0, 1], [1, 0]] {
                let mut all = Stated::default();
                order.iter().for_each(|&place| all.add(&stated[place]));
                let found = all.combined().0.unwrap().supported_until.unwrap_or_default();
                assert_eq!(found, expected, "{stated:?}");
            }
        };
        let release = until("22.04", &["u:22.04"], "2027-06-01");
        check([release.clone(), until("", &["u:22.04:pro"], "2032-04-21")], "2032-04-21");
        check([release.clone(), until("", &["u:rolling"], "")], "");
        check([release, until("", &["u:22.04", "u:24.04"], "2029-05-31")], "2027-06-01");
    }
}
