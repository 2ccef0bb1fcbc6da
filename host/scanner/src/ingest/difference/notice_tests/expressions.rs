//! What an expression says where a notice is raised, it says of the findings of reports, too: those after the change,
//! or those before where the image is affected no longer.

use limpid_formats::expression::{Around, Expression, Of, Shown};
use limpid_formats::json as api;
use limpid_model::{NoticeFilter, SubscriptionSpec};

use super::*;

const EXPRESSIONS: [&str; 6] = [
    "finding.severity.level in ['high', 'critical']",
    "finding.fixed_version == null && finding.package.name != 'a'",
    "finding.exploited != null || finding.aliases.exists(a, a.startsWith('X-'))",
    "finding.publishers.exists(p, p.feed == 'g') && image.names.exists(n, n == 'image:0')",
    "finding.package.path == 'db/one' && finding.namespace != 'own' && finding.package.version != '1'",
    // Nothing states how likely anything is.
    "finding.exploit_probability > 0.5",
];

/// What is told of, with why it could not be judged.
type Told = BTreeSet<(Digest, String, String, Option<String>)>;

impl World {
    fn subscribe(&self, name: &str, expression: &str) {
        self.commit(|_, batch| {
            let made = subscription(name, None);
            let filter = NoticeFilter { expression: Some(expression.to_owned()), ..NoticeFilter::default() };
            let made = limpid_model::Subscription { spec: SubscriptionSpec { filter, ..made.spec }, ..made };
            batch.put::<Subscriptions>(&name.to_owned(), &subscriptions::Row::from(&made)).unwrap();
        });
    }

    fn told_to(&self, name: &str) -> Told {
        let notices = self.scanner.notices(Some(name), None, None, usize::MAX).unwrap().items;
        let told = notices.into_iter().map(|notice| {
            let body: serde_json::Value = serde_json::from_slice(&notice.body).unwrap();
            let text =
                |pointer: &str| body.pointer(pointer).and_then(|text| text.as_str()).map(str::to_owned);
            let image = text("/data/image/digest").unwrap().parse().unwrap();
            let (id, kind) = (text("/data/vulnerability").unwrap(), text("/type").unwrap());
            (image, id, kind, text("/data/undecided"))
        });
        told.collect()
    }

    fn reports(&self) -> BTreeMap<Digest, api::Report> {
        let report = |image: &Digest| (*image, api::Report::of(self.scanner.report(image).unwrap()).unwrap());
        self.images.iter().map(report).collect()
    }
}

/// What an expression says of the findings of a vulnerability.
fn judged(expression: &Expression, report: &api::Report, vulnerability: &str) -> Option<Option<String>> {
    let around = Around::of(&report.image).unwrap();
    let mut doubt = None;
    for finding in report.findings.iter().filter(|finding| finding.vulnerability == vulnerability) {
        match expression.holds(&around.asked(&Shown::of_report(finding))) {
            Ok(true) => return Some(None),
            Ok(false) => {}
            Err(why) => doubt = Some(why),
        }
    }
    doubt.map(Some)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn an_expression_says_of_a_notice_what_it_says_of_a_report(
        layers in prop::collection::vec(layer(), 4),
        images in prop::collection::vec(prop::collection::btree_set(0..4_usize, 1..4), 1..4),
        documents in prop::collection::vec(document(), 2..6),
    ) {
        let images: Vec<Vec<usize>> = images.into_iter().map(|image| image.into_iter().collect()).collect();
        let world = World::new(&layers, &images);
        for (number, expression) in EXPRESSIONS.into_iter().enumerate() {
            world.subscribe(&format!("e{number}"), expression);
        }
        for (revision, document) in documents.iter().enumerate() {
            let before = world.reports();
            world.ingest(document, revision as u64 + 1).unwrap();
            let after = world.reports();
            let all = world.told_to("s");
            for (number, text) in EXPRESSIONS.into_iter().enumerate() {
                let expression = Expression::new(text, Of::Reports).unwrap();
                let expected: Told = all
                    .iter()
                    .filter_map(|(image, id, kind, _)| {
                        let is_gone = ["image.no-longer-affected", "image.withdrawn"].contains(&kind.as_str());
                        let reports = if is_gone { &before } else { &after };
                        let undecided = judged(&expression, &reports[image], id)?;
                        Some((*image, id.clone(), kind.clone(), undecided))
                    })
                    .collect();
                prop_assert_eq!(world.told_to(&format!("e{number}")), expected, "{}", text);
            }
            world.forget_notices();
        }
    }
}

#[test]
fn an_expression_is_checked_when_the_subscription_is_made() {
    let world = World::new(&[], &[]);
    let put = |expression: &str| {
        let made = subscription("s", None);
        let filter = NoticeFilter { expression: Some(expression.to_owned()), ..NoticeFilter::default() };
        let put = world.scanner.notifying().put_subscription("s", SubscriptionSpec { filter, ..made.spec });
        put.map(|made| made.spec.filter.expression).map_err(|error| error.to_string())
    };
    let taken = "finding.severity.level == 'critical'";
    assert_eq!(put(taken), Ok(Some(taken.to_owned())));
    let refused = put("finding.severity.level == 'CRITICAL'").unwrap_err();
    assert!(refused.starts_with("`filter.expression`: "), "{refused}");
    assert!(refused.contains("`critical`") && refused.contains("(at character 27)"), "{refused}");
    assert!(put("finding.update_to == '1'").unwrap_err().contains("not known where a notice is raised"));
    assert!(put("finding.").unwrap_err().contains("no expression"));
    // What was there before stays.
    let kept = world.scanner.notifying().subscription("s").unwrap().spec.filter.expression;
    assert_eq!(kept.as_deref(), Some(taken));
}

#[test]
fn what_a_later_version_does_not_understand_is_told_all_the_same() {
    let layer = Layer { steps: vec![Step::States(vec![(0, 1, true)]), Step::Leaves], owns: None };
    let world = World::new(&[layer], &[vec![0]]);
    world.subscribe("e", "finding.no_longer_there == 1");
    let document = |word| {
        Document::Advisories(
            0,
            vec![AboutVulnerability {
                vulnerability: 0,
                is_alias: false,
                word: Some(word),
                affects: vec![(0, 0, None, true)],
            }],
        )
    };
    world.ingest(&document(0), 1).unwrap();
    world.forget_notices();
    world.ingest(&document(2), 2).unwrap();
    let told = world.told_to("e");
    assert_eq!(told.len(), 1);
    let why = told.first().unwrap().3.as_deref().unwrap();
    assert!(why.contains("speaks of `finding.no_longer_there`"), "{why}");
    assert_eq!(world.told_to("s").first().unwrap().3, None);
}
