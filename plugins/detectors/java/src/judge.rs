//! Archives of Maven Central, read by this detector, and by Maven, which knows what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use limpid_plugin_sdk::detector::{Detector as _, Fact, File, Report};

use crate::Java;

/// What is asked for: `GROUP:ARTIFACT:VERSION`, perhaps with `:TYPE:CLASSIFIER`.
const ARTIFACTS: &str = include_str!("judge/artifacts.txt");

/// Those of which nothing says the group, so that only artifact and version are found.
const WITHOUT_GROUP: &[&str] = &["org.jetbrains:annotations:23.0.0"];

/// For each archive of a folder, the coordinates that any `pom.properties` in it has, or in archives in it. Makes of
/// all of them a program as Spring Boot does, with archives that are stored, and a war, in which they are compressed.
const LIST: &str = include_str!("judge/list.py");

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Place {
    fn new() -> Self {
        let folder = env::temp_dir().join(format!("limpid-java-{}", std::process::id()));
        let _earlier = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("archives")).unwrap();
        Self(folder)
    }
}

/// A description of a project that does nothing but copy what is asked for into a folder.
fn project(folder: &Path) -> String {
    let mut items = String::new();
    for line in ARTIFACTS.lines() {
        let tags = ["groupId", "artifactId", "version", "type", "classifier"];
        items.push_str("<artifactItem>");
        for (tag, value) in tags.iter().zip(line.split(':')) {
            write!(items, "<{tag}>{value}</{tag}>").unwrap();
        }
        items.push_str("</artifactItem>");
    }
    format!(
        "<project><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId><version>1</version>\
         <packaging>pom</packaging><build><plugins><plugin><groupId>org.apache.maven.plugins</groupId>\
         <artifactId>maven-dependency-plugin</artifactId><version>3.6.0</version><configuration>\
         <outputDirectory>{}</outputDirectory><artifactItems>{items}</artifactItems></configuration></plugin></plugins>\
         </build></project>",
        folder.display()
    )
}

fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output
        .unwrap_or_else(|why| panic!("{command:?}: {why}; Debian's packages `maven` and `python3` have it"));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

/// By the name of the archive in which they were found, itself or in another one, what was found.
fn found(report: &Report) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::<_, BTreeSet<_>>::new();
    for finding in &report.findings {
        let Fact::Package(package) = &finding.fact else { panic!("{finding:?}") };
        let (path, member) = (finding.path.as_str(), finding.member.as_deref().unwrap_or_default());
        let archive = match member.starts_with("BOOT-INF/") || member.starts_with("WEB-INF/") {
            true => member.split("!/").next().unwrap(),
            false => path,
        };
        let name = archive.rsplit('/').next().unwrap().to_owned();
        all.entry(name).or_default().insert(format!("{}:{}", package.name, package.version));
    }
    all
}

#[test]
#[ignore = "fetches archives from Maven Central with mvn; `cargo xtask verify detectors` runs it"]
fn what_maven_was_asked_for_is_found() {
    let place = Place::new();
    let (archives, pom) = (place.0.join("archives"), place.0.join("pom.xml"));
    fs::write(&pom, project(&archives)).unwrap();
    run(Command::new("mvn").args(["-q", "-B", "dependency:copy", "-f"]).arg(&pom));

    let mut expected = BTreeMap::<String, BTreeSet<String>>::new();
    for line in ARTIFACTS.lines() {
        let parts: Vec<_> = line.split(':').collect();
        let [group, artifact, version, ..] = parts[..] else { panic!("{line}") };
        let classifier = parts.get(4).map(|classifier| format!("-{classifier}")).unwrap_or_default();
        let name = format!("{artifact}-{version}{classifier}.{}", parts.get(3).unwrap_or(&"jar"));
        let coordinates = match WITHOUT_GROUP.contains(&line) {
            true => format!("{artifact}:{version}"),
            false => format!("{group}:{artifact}:{version}"),
        };
        expected.entry(name).or_default().insert(coordinates);
    }
    let mut python = Command::new("python3");
    for line in run(python.args(["-c", LIST]).arg(&archives).arg(&place.0)).lines() {
        let (name, coordinates) = line.split_once(' ').unwrap();
        let expected = expected.get_mut(name).unwrap_or_else(|| panic!("{name}"));
        // What is asked for is the version that Maven knows, which may be more than its own properties have.
        let (artifact, _) = coordinates.rsplit_once(':').unwrap();
        if !expected.iter().any(|known| known.rsplit_once(':').is_some_and(|(known, _)| known == artifact)) {
            expected.insert(coordinates.to_owned());
        }
    }

    let files: Vec<_> = expected
        .keys()
        .map(|name| File::in_memory(format!("opt/lib/{name}"), fs::read(archives.join(name)).unwrap()))
        .collect();
    let report = Java::detect(&files).unwrap();
    let check = |report: &Report, within: &str| {
        assert_eq!(report.unread, [], "{within}");
        let found = found(report);
        let differs = |name: &&String| expected.get(*name) != found.get(*name);
        let names: BTreeSet<_> = expected.keys().chain(found.keys()).filter(differs).collect();
        for name in &names {
            let (there, ours) =
                (expected.get(*name).into_iter().flatten(), found.get(*name).into_iter().flatten());
            let (there, ours) = (there.collect::<BTreeSet<_>>(), ours.collect::<BTreeSet<_>>());
            println!("{within} {name}: missing {:?}, more {:?}", &there - &ours, &ours - &there);
        }
        assert_eq!(names.len(), 0, "of {} archives", expected.len());
    };
    check(&report, "");
    for name in ["app.jar", "app.war"] {
        let file = File::in_memory(format!("opt/{name}"), fs::read(place.0.join(name)).unwrap());
        check(&Java::detect(&[file]).unwrap(), name);
    }
    let artifacts: usize = expected.values().map(BTreeSet::len).sum();
    println!("{} archives with {artifacts} artifacts, thrice, are read as Maven names them", expected.len());
}
