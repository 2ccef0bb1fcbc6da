//! What an archive is of which Maven left nothing: by its manifest, by its name, and by where it lies.

use crate::manifest::Manifest;
use crate::{Artifact, groups, is_identifier, is_version, name};

/// With what names begin that are made of a domain, reversed. Others are told from a vendor's name by nothing.
const DOMAINS: [&str; 34] = [
    "ai", "app", "at", "be", "biz", "ch", "cloud", "cn", "co", "com", "cz", "de", "dev", "edu", "es", "eu",
    "fi", "fr", "gov", "info", "io", "it", "jp", "me", "net", "nl", "org", "pl", "pt", "ru", "se", "tech",
    "uk", "us",
];

/// Names of organisations that manifests have in the place of a group.
const ORGANISATIONS: [&str; 16] = [
    "org.apache",
    "com.sun",
    "com.oracle",
    "org.eclipse",
    "org.jboss",
    "org.codehaus",
    "com.google",
    "com.ibm",
    "com.mysql",
    "org.hibernate",
    "org.springframework",
    "com.redhat",
    "com.microsoft",
    "com.pivotal",
    "com.vmware",
    "org.glassfish",
];

/// Folders in which artifacts lie by their coordinates: `GROUP/ARTIFACT/VERSION/ARTIFACT-VERSION.jar`.
const REPOSITORIES: [&str; 5] = ["repository", "repo", "system", "maven2", "maven-repo"];

/// Archives of Tomcat's own distribution, whose names are not those of its artifacts.
const TOMCAT: [(&str, &str); 24] = [
    ("annotations-api", "tomcat-annotations-api"),
    ("bootstrap", "tomcat"),
    ("catalina", "tomcat-catalina"),
    ("catalina-ant", "tomcat-catalina-ant"),
    ("catalina-ha", "tomcat-catalina-ha"),
    ("catalina-ssi", "tomcat-ssi"),
    ("catalina-storeconfig", "tomcat-storeconfig"),
    ("catalina-tribes", "tomcat-tribes"),
    ("el-api", "tomcat-el-api"),
    ("jasper", "tomcat-jasper"),
    ("jasper-el", "tomcat-jasper-el"),
    ("jaspic-api", "tomcat-jaspic-api"),
    ("jsp-api", "tomcat-jsp-api"),
    ("servlet-api", "tomcat-servlet-api"),
    ("tomcat-api", "tomcat-api"),
    ("tomcat-coyote", "tomcat-coyote"),
    ("tomcat-dbcp", "tomcat-dbcp"),
    ("tomcat-jdbc", "tomcat-jdbc"),
    ("tomcat-jni", "tomcat-jni"),
    ("tomcat-juli", "tomcat-juli"),
    ("tomcat-util", "tomcat-util"),
    ("tomcat-util-scan", "tomcat-util-scan"),
    ("tomcat-websocket", "tomcat-websocket"),
    ("websocket-api", "tomcat-websocket-api"),
];

/// What an archive at this path is; nothing where nothing says which version of which artifact.
pub(crate) fn infer(path: &str, manifest: &Manifest) -> Option<Artifact> {
    let stem = name::stem(path);
    plugin(manifest)
        .or_else(|| tomcat(stem, manifest))
        .or_else(|| by_folders(path))
        .or_else(|| by_name(stem, manifest))
}

/// Versions that a manifest states, the best first.
fn versions(manifest: &Manifest) -> Vec<&str> {
    let names = ["implementation-version", "plugin-version", "bundle-version", "specification-version"];
    let first_word = |name: &str| {
        let value = manifest.get_anywhere(name)?.split([' ', '(']).next()?.trim_matches('"');
        (is_version(value) && value.bytes().any(|byte| byte.is_ascii_digit())).then_some(value)
    };
    names.into_iter().filter_map(first_word).collect()
}

/// A plugin of Jenkins.
fn plugin(manifest: &Manifest) -> Option<Artifact> {
    let version = manifest.get("plugin-version")?.split(' ').next().filter(|version| is_version(version))?;
    let artifact = manifest.get("short-name").or_else(|| manifest.get("extension-name"));
    let artifact = artifact.filter(|artifact| is_identifier(artifact))?.to_owned();
    let group = manifest.get("group-id").filter(|group| is_identifier(group)).map(str::to_owned);
    Some(Artifact { group, artifact, version: version.to_owned() })
}

fn tomcat(stem: &str, manifest: &Manifest) -> Option<Artifact> {
    if !manifest.get("implementation-title")?.starts_with("Apache Tomcat") {
        return None;
    }
    let (_, artifact) = TOMCAT.iter().find(|(name, _)| *name == stem)?;
    let version = manifest.get("implementation-version").filter(|version| is_version(version))?;
    let group = Some("org.apache.tomcat".to_owned());
    Some(Artifact { group, artifact: (*artifact).to_owned(), version: version.to_owned() })
}

/// By the folders of a repository, as Maven and Karaf lay them out, or of Gradle's cache.
fn by_folders(path: &str) -> Option<Artifact> {
    let parts: Vec<_> = path.split('/').collect();
    let (stem, folders) = (name::stem(path), parts.get(..parts.len().checked_sub(1)?)?);
    let artifact = |group: String, artifact: &str, version: &str| {
        let is_named = stem.strip_prefix(artifact)?.strip_prefix('-')?.starts_with(version);
        let is_right = is_named && is_identifier(&group) && is_identifier(artifact) && is_version(version);
        let (artifact, version) = (artifact.to_owned(), version.to_owned());
        is_right.then_some(Artifact { group: Some(group), artifact, version })
    };
    if let [.., "files-2.1", group, name, version, _digest] = folders {
        return artifact((*group).to_owned(), name, version);
    }
    let [above @ .., name, version] = folders else { return None };
    let root = above.iter().rposition(|folder| REPOSITORIES.contains(folder))?;
    artifact(above.get(root + 1..)?.join("."), name, version)
}

/// By the name of the file, with what the manifest says.
fn by_name(stem: &str, manifest: &Manifest) -> Option<Artifact> {
    let known = versions(manifest);
    let (named, stated) = name::split(stem, &known);
    let is_versioned = stated.is_some();
    let version = stated.or_else(|| known.first().map(|&version| version.to_owned()))?;
    let title = manifest.get("implementation-title").filter(|title| is_identifier(title));
    // A file may be called as somebody likes; what it is then, its title says where that is known.
    let artifact = match title {
        Some(title) if !is_versioned && groups::of(title, &version).is_some() => title,
        _ => named,
    };
    if !is_identifier(artifact) {
        return None;
    }
    let (before, artifact) = without_group(artifact, title, &version);
    let group = groups::of(artifact, &version).map(str::to_owned);
    let group = group.or(before).or_else(|| stated_group(artifact, manifest));
    Some(Artifact { group, artifact: artifact.to_owned(), version })
}

/// Some tools write the group before the artifact: `org.a.b-1.0.jar`. It is one where the rest is known to be an
/// artifact of that group, or is what the archive calls itself.
fn without_group<'a>(name: &'a str, title: Option<&str>, version: &str) -> (Option<String>, &'a str) {
    let dots = name.match_indices('.').filter_map(|(at, _)| Some((name.get(..at)?, name.get(at + 1..)?)));
    let mut split = dots.filter(|(group, artifact)| {
        is_domain(group) && (groups::of(artifact, version) == Some(group) || title == Some(artifact))
    });
    split.next().map_or((None, name), |(group, artifact)| (Some(group.to_owned()), artifact))
}

/// The group that a build tool wrote into the manifest.
fn stated_group(artifact: &str, manifest: &Manifest) -> Option<String> {
    let is_group = |text: &str| {
        let is_other = is_domain(text) && !ORGANISATIONS.contains(&text);
        is_identifier(text) && (is_other || text == artifact)
    };
    // Gradle with Nebula: `GROUP#PROJECT;VERSION`.
    let title =
        manifest.get("implementation-title").and_then(|title| title.split_once('#')).map(|(group, _)| group);
    let ids = ["implementation-vendor-id", "implementation-vendor", "group-id"]
        .into_iter()
        .filter_map(|name| manifest.get(name));
    let stated = title.into_iter().chain(ids).find(|group| is_group(group)).map(str::to_owned);
    stated.or_else(|| {
        let bundle = manifest.get("bundle-symbolicname")?.split(';').next()?.trim();
        group_of_bundle(bundle, artifact).filter(|group| is_group(group)).map(str::to_owned)
    })
}

/// Plugins of Gradle and Maven call a bundle `GROUP.ARTIFACT`, and leave out what the group's end and the artifact's
/// beginning have in common. Where the artifact is one word that the bundle ends with once, either may be the group.
fn group_of_bundle<'a>(bundle: &'a str, artifact: &str) -> Option<&'a str> {
    if let Some(group) = bundle.strip_suffix(artifact).and_then(|rest| rest.strip_suffix('.')) {
        let is_clear = artifact.contains('-') || group.rsplit('.').next() == Some(artifact);
        return is_clear.then_some(group);
    }
    let (group, rest) = bundle.rsplit_once('.')?;
    let last = group.rsplit('.').next()?;
    (artifact.strip_prefix(last)?.strip_prefix('-')? == rest).then_some(group)
}

fn is_domain(text: &str) -> bool {
    text.split_once('.').is_some_and(|(first, rest)| DOMAINS.contains(&first) && !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, manifest: &str, expected: &str) {
        let found = infer(path, &Manifest::read(manifest.as_bytes()));
        let found =
            found.map(|it| format!("{}:{}:{}", it.group.unwrap_or_default(), it.artifact, it.version));
        assert_eq!(found.unwrap_or_default(), expected, "{path} {manifest}");
    }

    #[test]
    fn a_name_with_a_version_is_enough_but_for_the_group() {
        check("lib/unknown-thing-1.2.jar", "", ":unknown-thing:1.2");
        check("lib/spring-core-5.3.27.jar", "", "org.springframework:spring-core:5.3.27");
        check("lib/unknown.jar", "", "");
        check("lib/unknown.jar", "Implementation-Version: 1.0 (built today)\n", ":unknown:1.0");
        check("lib/a-1.7.0.jar", "Implementation-Version: 1.6\n", ":a:1.7.0");
        check("lib/app.jar", "Implementation-Version: ${project.version}\n", "");
        check(
            "lib/app.jar",
            "Implementation-Title: spring-core\nImplementation-Version: 6.0.9\n",
            "org.springframework:spring-core:6.0.9",
        );
        check("lib/$.jar", "Implementation-Version: 1\n", "");
    }

    #[test]
    fn a_group_is_taken_from_where_a_tool_wrote_it_and_not_from_a_vendor() {
        let check = |name: &str, manifest: &str, group: &str| {
            check(&format!("{name}-1.0.jar"), manifest, &format!("{group}:{name}:1.0"));
        };
        check("a", "Implementation-Vendor-Id: org.example.x\n", "org.example.x");
        check("a", "Implementation-Vendor-Id: org.apache\n", "");
        check("a", "Implementation-Vendor-Id: The Example Foundation\n", "");
        check("a", "Implementation-Vendor: Example Inc.\n", "");
        check("a", "Implementation-Vendor: example.org\n", "");
        check("a", "Implementation-Vendor-Id: a\n", "a");
        check("a-rest", "Implementation-Title: org.example#rest;1.0\n", "org.example");
        check("a-b", "Bundle-SymbolicName: org.example.a-b;singleton:=true\n", "org.example");
        check("a-b", "Bundle-SymbolicName: org.example.a.b\n", "org.example.a");
        check("a", "Bundle-SymbolicName: org.example.a.a\n", "org.example.a");
        // `org.example:a` and `org.example.a:a` are both called so.
        check("a", "Bundle-SymbolicName: org.example.a\n", "");
        check("a-b", "Bundle-SymbolicName: org.example.b\n", "");
        check("a", "Bundle-SymbolicName: a\n", "");
    }

    #[test]
    fn a_plugin_of_jenkins_names_itself() {
        let manifest = "Group-Id: org.jenkins-ci.plugins\nShort-Name: git\nPlugin-Version: 5.2.0 (private)\n";
        check("plugins/git.jpi", manifest, "org.jenkins-ci.plugins:git:5.2.0");
        check("plugins/git.hpi", "Extension-Name: git\nPlugin-Version: 1.0\n", ":git:1.0");
    }

    #[test]
    fn archives_of_tomcat_are_artifacts_of_other_names() {
        let manifest = "Implementation-Title: Apache Tomcat\nImplementation-Version: 9.0.60\n";
        check("usr/local/tomcat/lib/catalina.jar", manifest, "org.apache.tomcat:tomcat-catalina:9.0.60");
        let bootstrap = manifest.replace("Tomcat\n", "Tomcat Bootstrap\n");
        check("usr/local/tomcat/bin/bootstrap.jar", &bootstrap, "org.apache.tomcat:tomcat:9.0.60");
        check(
            "lib/servlet-api.jar",
            "Implementation-Title: other\nImplementation-Version: 3\n",
            ":servlet-api:3",
        );
        check("tomcat-embed-core-9.0.60.jar", manifest, "org.apache.tomcat.embed:tomcat-embed-core:9.0.60");
    }

    #[test]
    fn the_folders_of_a_repository_are_coordinates() {
        check("root/.m2/repository/org/a/b/c/1.0/c-1.0.jar", "", "org.a.b:c:1.0");
        check("opt/karaf/system/org/a/c/1.0/c-1.0-tests.jar", "", "org.a:c:1.0");
        check("root/.gradle/caches/modules-2/files-2.1/org.a/c/1.0/abcdef/c-1.0.jar", "", "org.a:c:1.0");
        check("root/.m2/repository/org/a/c/1.0/d-1.0.jar", "", ":d:1.0");
        check("srv/org/a/c/1.0/c-1.0.jar", "", ":c:1.0");
    }

    #[test]
    fn a_group_may_stand_before_the_name() {
        check("org.springframework.spring-core-5.3.27.jar", "", "org.springframework:spring-core:5.3.27");
        check("org.example.a-b-1.0.jar", "Implementation-Title: a-b\n", "org.example:a-b:1.0");
        check("org.example.a-b-1.0.jar", "", ":org.example.a-b:1.0");
    }
}
