mod corpus;
mod properties;

use limpid_plugin_sdk::Error;
use limpid_plugin_sdk::feed::{Affected, Feed, Range, Rating, Source, Status};
use limpid_plugin_sdk::testing::{Collected, InMemory};

use crate::Ubuntu;

/// What documents of this source give, through the feed as the host calls it.
fn parse<N: Into<String>, C: Into<Vec<u8>>>(
    source: &str,
    documents: impl IntoIterator<Item = (N, C)>,
) -> (Result<Option<String>, Error>, Collected) {
    let mut sink = Collected::default();
    let result = Ubuntu::parse(source, &mut InMemory::new(documents), &mut sink);
    (result, sink)
}

fn accepted(source: &str, name: &str, text: &str) -> Collected {
    let (result, sink) = parse(source, [(name, text)]);
    assert_eq!(result, Ok(None), "{text}");
    sink
}

fn refused(source: &str, name: &str, text: &str) -> String {
    match parse(source, [(name, text)]) {
        (Err(error), _) => error.to_string(),
        (other, _) => panic!("not refused: {other:?}"),
    }
}

/// A document of OVAL with a definition for these comments.
fn oval(platform: &str, comments: &[&str]) -> String {
    let criteria: String =
        comments.iter().map(|it| format!("<criterion test_ref=\"x\" comment=\"{it}\"/>")).collect();
    format!(
        "<oval_definitions><generator><timestamp>2024-10-10T00:45:23</timestamp></generator><definitions>\
         <definition class=\"inventory\" id=\"oval:com.ubuntu.jammy:def:100\"/>\
         <definition class=\"vulnerability\" id=\"oval:com.ubuntu.jammy:def:1\"><metadata>\
         <title>CVE-2024-0001 on {platform}</title>\
         <reference source=\"CVE\" ref_id=\"CVE-2024-0001\" ref_url=\"https://www.cve.org/CVERecord?id=CVE-2024-0001\"/>\
         <description>Pads too far.\n\n    Update Instructions:\n\nRun it.</description>\
         <affected family=\"unix\"><platform>{platform}</platform></affected>\
         <advisory><severity>Medium</severity><public_date>2024-01-02 03:04:05 UTC</public_date>\
         <bug>https://bugs.example.org/1</bug>\
         <cve priority=\"low\" cvss_vector=\"CVSS:3.1/AV:N\" usns=\"1-1,2-1\">CVE-2024-0001</cve></advisory>\
         </metadata><criteria><criteria operator=\"OR\">{criteria}</criteria></criteria></definition>\
         </definitions><tests><t/></tests></oval_definitions>"
    )
}

#[test]
fn a_run_begins_with_the_page_that_lists_the_documents() {
    let folder = "https://security-metadata.canonical.com/oval/";
    assert_eq!(Ubuntu::sources(None), [Source::whole("releases", folder)]);
    let page = "<a href=\"/oval/com.ubuntu.jammy.cve.oval.xml.bz2\">com.ubuntu.jammy.cve.oval.xml.bz2</a>\n\
                <a>oci.com.ubuntu.noble.cve.oval.xml.bz2</a> com.ubuntu.noble.usn.oval.xml.bz2 \
                com.ubuntu.noble.pkg.oval.xml.bz2 com.ubuntu.fips-updates_jammy.cve.oval.xml.bz2 \
                com.ubuntu.a b.cve.oval.xml.bz2 com.ubuntu...cve.oval.xml.bz2 com.ubuntu.";
    let sink = accepted("releases", "index.html", page);
    let document = |name: &str| {
        Source::whole(format!("oval/{name}"), format!("{folder}com.ubuntu.{name}.cve.oval.xml.bz2"))
    };
    assert_eq!(sink.followed, [document("fips-updates_jammy"), document("jammy")]);
    assert!(refused("releases", "index.html", "<html>not found</html>").contains("names no document"));
    let many: String = (0..300).map(|n| format!("com.ubuntu.s{n}.cve.oval.xml.bz2 ")).collect();
    assert!(refused("releases", "index.html", &many).contains("over the limit of 256"));
}

const FILE: &str = "\
PublicDateAtUSN: 2024-01-01 00:00:00 UTC
Candidate: CVE-2024-0001
PublicDate: 2024-01-02 03:04:05 UTC
References:
 https://ubuntu.com/security/CVE-2024-0001
 https://example.org/pads
 not an address
Description:
 Pads too
 far.
Ubuntu-Description:
Notes:
 someone> https://example.org/not-this
Bugs:
 https://bugs.example.org/1
Priority: medium
 Because of that.
Priority_left-pad: low
Priority_right-pad_jammy: high
CVSS:
 nvd: CVSS:3.1/AV:N/AC:L [5.5 MEDIUM]

Patches_left-pad:
 upstream: https://example.org/commit
upstream_left-pad: released (1.3.1)
#trusty_left-pad: needed
xenial_left-pad: ignored (end of standard support)
esm-infra/xenial_left-pad: released (1.1-1ubuntu1+esm1)
jammy_left-pad: released (1.3.0-1ubuntu0.1)
devel_left-pad: needed

Patches_right-pad:
jammy_right-pad: needs-triage
noble_right-pad: DNE
";

#[test]
fn a_file_of_the_tracker_is_an_advisory() {
    let sink = accepted("handed in", "CVE-2024-0001", FILE);
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.identified.as_deref(), Some("CVE-2024-0001"));
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!((advisory.id.as_str(), advisory.details.as_str()), ("CVE-2024-0001", "Pads too\nfar."));
    assert_eq!(advisory.published.as_deref(), Some("2024-01-02T03:04:05Z"));
    assert_eq!(
        advisory.references,
        [
            "https://ubuntu.com/security/CVE-2024-0001",
            "https://example.org/pads",
            "https://bugs.example.org/1"
        ]
    );
    assert_eq!(
        advisory.ratings,
        [Rating::word("ubuntu", "medium"), Rating::word("CVSS:3.1", "CVSS:3.1/AV:N/AC:L")]
    );
    let of = |namespace: &str, name: &str, rating: &str| Affected {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        source: true,
        scheme: "dpkg".to_owned(),
        ratings: vec![Rating::word("ubuntu", rating)],
        ..Affected::default()
    };
    let expected = [
        Affected {
            status: Status::EndOfLife,
            ranges: vec![Range::below("1.1-1ubuntu1+esm1")],
            note: Some(
                "end of standard support; fixed in Ubuntu Pro (esm-infra): 1.1-1ubuntu1+esm1".to_owned(),
            ),
            ..of("ubuntu:16.04", "left-pad", "low")
        },
        Affected {
            status: Status::Fixed,
            ranges: vec![Range::since("1.1-1ubuntu1+esm1")],
            note: Some("fixed in Ubuntu Pro (esm-infra)".to_owned()),
            ..of("ubuntu:16.04", "left-pad", "low")
        },
        Affected {
            ranges: vec![Range::before("1.1-1ubuntu1+esm1")],
            ..of("ubuntu:16.04:esm-infra", "left-pad", "low")
        },
        Affected { ranges: vec![Range::before("1.3.0-1ubuntu0.1")], ..of("ubuntu:22.04", "left-pad", "low") },
        Affected {
            status: Status::UnderInvestigation,
            ranges: vec![Range::all()],
            ..of("ubuntu:22.04", "right-pad", "high")
        },
    ];
    assert_eq!(advisory.affected, expected);
}

#[test]
fn ubuntus_own_description_counts_before_that_of_others() {
    let text = FILE.replace("Ubuntu-Description:\n", "Ubuntu-Description:\n Ubuntu pads otherwise.\n");
    assert_eq!(accepted("x", "x", &text).advisories[0].details, "Ubuntu pads otherwise.");
}

#[test]
fn of_an_archive_only_files_of_vulnerabilities_are_read() {
    let other = FILE.replace("CVE-2024-0001", "CVE-2024-0002");
    let (result, sink) = parse(
        "tracker.tar",
        [
            ("active/00boilerplate", "Candidate:\n"),
            ("active/CVE-2024-0001", FILE),
            ("retired/CVE-2024-0002", &other),
            ("retired/CVE-2024-0003", "Description:\n cut off"),
            ("ignored/not-for-us.txt", "CVE-2024-9 # not for us"),
        ],
    );
    assert_eq!(result, Ok(None));
    let ids: Vec<_> = sink.advisories.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["CVE-2024-0001", "CVE-2024-0002"]);
    assert_eq!(sink.identified.as_deref(), Some("tracker"));
    let rejected: Vec<_> = sink.rejected.iter().map(|(path, why)| format!("{path}: {why}")).collect();
    assert_eq!(rejected, ["retired/CVE-2024-0003: malformed: it has no `Candidate`"]);
}

#[test]
fn what_a_document_is_shows_behind_white_space() {
    let blanks = " \n".repeat(50_000);
    let good = oval("Ubuntu 22.04 LTS", &["left-pad package in jammy is affected and needs fixing."]);
    assert_eq!(accepted("x", "x", &format!("{blanks}{good}")).identified.as_deref(), Some("oval/jammy"));
    assert_eq!(accepted("x", "x", &format!("{blanks}{FILE}")).identified.as_deref(), Some("CVE-2024-0001"));
}

#[test]
fn a_line_that_cannot_be_used_costs_that_line() {
    let text = "Candidate: CVE-1\nzany_a: needed\nzany_b: needed\njammy_a: mended (1)\njammy_: needed\n\
                jammy_a b: needed\njammy_c: needed\n";
    let sink = accepted("x", "x", text);
    let rejected: Vec<_> = sink.rejected.iter().map(|(path, why)| format!("{path}: {why}")).collect();
    assert_eq!(
        rejected,
        [
            "CVE-1/jammy_a: malformed: `mended` is no status",
            "CVE-1/jammy_: malformed: the package's name is empty, too long or has blanks",
            "CVE-1/jammy_a b: malformed: the package's name is empty, too long or has blanks",
            "zany: unsupported: it is no release that is known: what is said of it is left out",
        ]
    );
    assert_eq!(sink.advisories[0].affected.len(), 1);
}

#[test]
fn what_is_no_file_of_the_tracker_is_refused_where_it_is_all_that_came() {
    let check = |name: &str, text: &str, expected: &str| {
        let why = refused("tracker", name, text);
        assert!(why.contains(expected), "{why}");
    };
    check("a/README", "Candidate: CVE-1", "no document is a file of the CVE tracker");
    check("document", "", "it has no `Candidate`");
    check("document", "Candidate: two words", "it has no `Candidate`");
    check("document", &"x".repeat((8 << 20) + 1), "over the limit of 8388608 bytes");
    let none = Ubuntu::parse("tracker", &mut InMemory::default(), &mut Collected::default());
    assert_eq!(none, Err(Error::malformed("there is no document")));
    let (result, _) = parse("tracker", [("a/CVE-1", "x"), ("a/CVE-2", "y")]);
    assert!(result.unwrap_err().to_string().contains("none of 2 files could be used"));
}

#[test]
fn a_definition_of_oval_is_an_advisory() {
    let text = oval(
        "Ubuntu 22.04 LTS",
        &[
            "left-pad source package in jammy, is affected and has been fixed (note: '1.3.0-1ubuntu0.1').",
            "right-pad package in esm-apps/jammy was vulnerable but has been fixed (note: '2-1+esm1').",
        ],
    );
    let sink = accepted("com.ubuntu.jammy.cve.oval.xml", "x", &text);
    assert_eq!(sink.rejected, []);
    assert_eq!(sink.identified.as_deref(), Some("oval/jammy"));
    assert_eq!(sink.dated.as_deref(), Some("2024-10-10T00:45:23Z"));
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!((advisory.id.as_str(), advisory.details.as_str()), ("CVE-2024-0001", "Pads too far."));
    assert_eq!(advisory.published.as_deref(), Some("2024-01-02T03:04:05Z"));
    assert_eq!(
        advisory.references,
        [
            "https://ubuntu.com/security/CVE-2024-0001",
            "https://www.cve.org/CVERecord?id=CVE-2024-0001",
            "https://bugs.example.org/1",
            "https://ubuntu.com/security/notices/USN-1-1",
            "https://ubuntu.com/security/notices/USN-2-1",
        ]
    );
    assert_eq!(
        advisory.ratings,
        [Rating::word("ubuntu", "medium"), Rating::word("CVSS:3.1", "CVSS:3.1/AV:N")]
    );
    let stated: Vec<_> = advisory
        .affected
        .iter()
        .map(|it| (it.namespace.as_str(), it.name.as_str(), it.ranges[0].clone()))
        .collect();
    assert_eq!(
        stated,
        [
            ("ubuntu:22.04", "left-pad", Range::before("1.3.0-1ubuntu0.1")),
            ("ubuntu:22.04", "right-pad", Range::below("2-1+esm1")),
            ("ubuntu:22.04", "right-pad", Range::since("2-1+esm1")),
            ("ubuntu:22.04:esm-apps", "right-pad", Range::before("2-1+esm1")),
        ]
    );
}

#[test]
fn a_document_of_a_pocket_states_what_is_of_that_pocket() {
    let text = oval(
        "Ubuntu Pro FIPS-updates 22.04 LTS",
        &[
            "left-pad package in fips-updates/jammy was vulnerable but has been fixed (note: '1').",
            "right-pad package in jammy is affected and needs fixing.",
            "right-pad package in esm-apps/jammy is affected and needs fixing.",
            "Is kernel 'linux' running?",
        ],
    );
    let sink = accepted("oval/fips-updates_jammy", "x", &text);
    assert_eq!(sink.identified, None);
    let stated: Vec<_> = sink.advisories[0].affected.iter().map(|it| it.namespace.as_str()).collect();
    assert_eq!(stated, ["ubuntu:22.04:fips-updates"]);
    assert_eq!(accepted("x", "x", &text).identified.as_deref(), Some("oval/fips-updates_jammy"));
    let nothing =
        oval("Ubuntu Pro FIPS 22.04 LTS", &["right-pad package in jammy is affected and needs fixing."]);
    assert_eq!(accepted("x", "x", &nothing).advisories, []);
}

#[test]
fn a_kernel_without_a_fix_is_affected() {
    let check = |comments: &[&str], expected: &[Range]| {
        let sink = accepted("x", "x", &oval("Ubuntu 22.04 LTS", comments));
        let stated: Vec<_> = sink.advisories[0].affected.iter().map(|it| it.ranges[0].clone()).collect();
        assert_eq!(stated, expected, "{comments:?}");
    };
    let running = "Is kernel 'linux' running?";
    check(&[running], &[Range::all()]);
    let fixed = "'linux' kernel in jammy was vulnerable but has been fixed (note: '5-1').";
    check(&[running, fixed], &[Range::before("5-1")]);
    check(&[fixed, running], &[Range::before("5-1")]);
}

#[test]
fn a_criterion_that_is_not_understood_costs_that_criterion() {
    let sink = accepted(
        "x",
        "x",
        &oval(
            "Ubuntu 22.04 LTS",
            &[
                "left-pad package in jammy is affected and needs fixing.",
                "right-pad package in jammy is blue.",
                "right-pad package in zany is affected and needs fixing.",
            ],
        ),
    );
    assert_eq!(sink.advisories[0].affected.len(), 1);
    let rejected: Vec<_> = sink.rejected.iter().map(|(path, why)| format!("{path}: {why}")).collect();
    assert_eq!(
        rejected,
        [
            "CVE-2024-0001/right-pad package in jammy is blue.: unsupported: `is blue.` is no status",
            "CVE-2024-0001/right-pad package in zany is affected and needs fixing.: \
             unsupported: it is of no release that is known",
        ]
    );
}

#[test]
fn other_documents_of_oval_are_refused() {
    let check = |text: &str, expected: &str| {
        let why = refused("oval/jammy", "x", text);
        assert!(why.contains(expected), "{why}");
    };
    let good = oval("Ubuntu 22.04 LTS", &["left-pad package in jammy is affected and needs fixing."]);
    check(&good.replace("class=\"vulnerability\"", "class=\"patch\""), "no definition of a vulnerability");
    check(&good.replace("source=\"CVE\"", "source=\"Package\""), "it names no vulnerability");
    check(&good.replace("Ubuntu 22.04 LTS", "Debian 12"), "it names no version of Ubuntu");
    check(&good.replace("oval:com.ubuntu.", "oval:com.example."), "names no series of Ubuntu");
    check(&oval("Ubuntu 22.04 LTS", &["Long Term Support"]), "no criterion says anything of a package");
    check(good.split("</definition>").next().unwrap(), "ends before");
    check("<html><body/></html>", "the document is a `html`");
    let (result, _) = parse("x", [("a", good.as_str()), ("b", good.as_str())]);
    assert_eq!(result, Err(Error::unsupported("several documents of OVAL at once")));
}

/// A document of OpenVEX of one statement about this product.
fn vex(vulnerability: &str, product: &str, statement: &str) -> String {
    format!(
        "{{\"metadata\": {{\"@context\": \"https://openvex.dev/ns/v0.2.0\", \"timestamp\": \"2024-05-01T01:02:03.456\"}}, \
         \"statements\": [{{\"vulnerability\": {{\"@id\": \"https://nvd.nist.gov/vuln/detail/{vulnerability}\", \
         \"name\": \"{vulnerability}\", \"description\": \"Pads too far.\", \
         \"aliases\": [\"CVE-2024-0009\", \"https://example.org/pads\"]}}, \"timestamp\": \"2024-04-01\", \
         \"products\": [{{\"@id\": \"pkg:deb/ubuntu/left-pad@1.2-3?arch=amd64\"}}, {{\"@id\": \"{product}\"}}], {statement}}}]}}"
    )
}

#[test]
fn a_statement_of_openvex_is_of_a_source_package_in_a_place() {
    let source = "pkg:deb/ubuntu/left-pad@1.2-3%2Besm1?arch=source&distro=esm-infra/xenial";
    let sink = accepted("x.json", "x.json", &vex("CVE-2024-0001", source, "\"status\": \"fixed\""));
    assert_eq!(
        (sink.rejected.as_slice(), sink.identified.as_deref()),
        ([].as_slice(), Some("CVE-2024-0001"))
    );
    assert_eq!(sink.dated.as_deref(), Some("2024-05-01T01:02:03Z"));
    let [advisory] = sink.advisories.as_slice() else { panic!("{sink:?}") };
    assert_eq!((advisory.id.as_str(), advisory.details.as_str()), ("CVE-2024-0001", "Pads too far."));
    assert_eq!(advisory.aliases, ["CVE-2024-0009"]);
    assert_eq!(advisory.published.as_deref(), Some("2024-04-01T00:00:00Z"));
    assert_eq!(
        advisory.references,
        [
            "https://ubuntu.com/security/CVE-2024-0001",
            "https://nvd.nist.gov/vuln/detail/CVE-2024-0001",
            "https://example.org/pads",
        ]
    );
    let expected = Affected {
        namespace: "ubuntu:16.04:esm-infra".to_owned(),
        name: "left-pad".to_owned(),
        source: true,
        scheme: "dpkg".to_owned(),
        status: Status::Fixed,
        ranges: vec![Range::since("1.2-3+esm1")],
        ..Affected::default()
    };
    assert_eq!(advisory.affected, [expected]);
}

#[test]
fn a_status_of_openvex_is_what_canonical_means_by_it() {
    let check = |id: &str, statement: &str, expected: Option<(Status, Range, Option<&str>)>| {
        let source = "pkg:deb/ubuntu/left-pad@1.2-3?arch=source&distro=jammy";
        let sink = accepted("vex", "x.json", &vex(id, source, statement));
        let found = sink.advisories.first().map(|advisory| {
            let one = &advisory.affected[0];
            (one.status, one.ranges[0].clone(), one.note.as_deref())
        });
        assert_eq!(found, expected, "{statement}");
    };
    let all = |status: Status, note: Option<&'static str>| Some((status, Range::all(), note));
    check("USN-1-1", "\"status\": \"fixed\"", Some((Status::Affected, Range::before("1.2-3"), None)));
    check("CVE-1", "\"status\": \"fixed\"", Some((Status::Fixed, Range::since("1.2-3"), None)));
    let affected =
        |action: &str| format!("\"status\": \"affected\", \"action_statement\": \"This package {action}\"");
    check("CVE-1", &affected("is vulnerable to the CVE and needs fixing."), all(Status::Affected, None));
    check(
        "CVE-1",
        &affected("is vulnerable, but the Ubuntu Security Team decided to not fix it. CVE Notes: too old"),
        all(Status::WontFix, Some("too old")),
    );
    check("CVE-1", &affected("is no longer supported. CVE Notes: "), all(Status::EndOfLife, None));
    check("CVE-1", "\"status\": \"under_investigation\"", all(Status::UnderInvestigation, None));
    let sound = |why: &str| format!("\"status\": \"not_affected\", \"justification\": \"{why}\"");
    check(
        "CVE-1",
        &sound("vulnerable_code_not_present"),
        all(Status::NotAffected, Some("vulnerable code not present")),
    );
    check("CVE-1", &sound("component_not_present"), None);
}

#[test]
fn of_openvex_too_what_cannot_be_used_is_told() {
    let rejected = |product: &str| {
        let sink = accepted("vex", "x.json", &vex("CVE-1", product, "\"status\": \"fixed\""));
        assert_eq!(sink.advisories, [], "{product}");
        sink.rejected.into_iter().map(|(path, why)| format!("{path}: {why}")).collect::<Vec<_>>()
    };
    assert_eq!(
        rejected("pkg:deb/ubuntu/a@1?arch=source&distro=zany"),
        ["zany: unsupported: it is no release that is known: what is said of it is left out"]
    );
    assert_eq!(
        rejected("pkg:deb/ubuntu/a?arch=source&distro=jammy"),
        ["CVE-1: malformed: a package is fixed in a version that is not named"]
    );
    assert_eq!(
        rejected("pkg:deb/?arch=source&distro=jammy"),
        ["CVE-1: malformed: `pkg:deb/?arch=source&distro=jammy` is no package URL: it has no name"]
    );
    for other in ["pkg:deb/debian/a@1?arch=source&distro=jammy", "pkg:deb/ubuntu/a@1?arch=source", "urn:x"] {
        assert_eq!(rejected(other), [""; 0], "{other}");
    }
    assert!(refused("vex", "x.json", "{\"id\": \"UBUNTU-CVE-2024-0001\"}").contains("not that of OpenVEX"));
    let good = vex("CVE-1", "pkg:deb/ubuntu/a@1?arch=source&distro=jammy", "\"status\": \"fixed\"");
    let (result, sink) = parse("x", [("a/1.json", good.as_str()), ("a/2.json", "{"), ("a/README.md", "x")]);
    assert_eq!((result, sink.rejected.len(), sink.identified.as_deref()), (Ok(None), 1, Some("vex")));
}
