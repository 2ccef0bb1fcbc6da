//! What paths and addresses say of models.

/// Hosts of Hugging Face's repositories.
const HOSTS: [&str; 2] = ["https://huggingface.co/", "https://hf.co/"];

/// Beginnings of paths there that are no owners of models.
const NO_OWNERS: [&str; 6] = ["datasets", "spaces", "docs", "api", "papers", "blog"];

/// The longest owner or name of a repository.
const MAX_PART: usize = 96;

/// A file in the cache of Hugging Face's libraries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cached {
    pub(crate) repository: String,
    pub(crate) commit: String,
}

/// `models--ORG--NAME/snapshots/COMMIT/model.gguf`
pub(crate) fn in_cache(path: &str) -> Option<Cached> {
    let (before, after) = path.split_once("/snapshots/")?;
    let folder = before.rsplit('/').next()?.strip_prefix("models--")?;
    let (commit, _) = after.split_once('/')?;
    let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let repository = match folder.split_once("--") {
        Some((owner, name)) => format!("{owner}/{name}"),
        None => folder.to_owned(),
    };
    (is_commit && repository.split('/').all(is_part_of_name))
        .then(|| Cached { repository, commit: commit.to_ascii_lowercase() })
}

/// `ORG/NAME` as it is, or of an address on Hugging Face.
pub(crate) fn repository(text: &str) -> Option<String> {
    let address = HOSTS.iter().find_map(|host| text.strip_prefix(host));
    if address.is_none() && text.contains(':') {
        return None;
    }
    let mut parts = address.unwrap_or(text).split(['/', '?', '#']);
    let (owner, name) = (parts.next()?, parts.next()?);
    let is_one = address.is_some() || parts.next().is_none();
    let is_repository =
        is_one && !NO_OWNERS.contains(&owner) && is_part_of_name(owner) && is_part_of_name(name);
    is_repository.then(|| format!("{owner}/{name}"))
}

fn is_part_of_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_PART).contains(&text.len()) && text.bytes().all(is_allowed) && !text.starts_with('.')
}

/// Whether a file is a further one of several: `model-00002-of-00003.safetensors`.
pub(crate) fn is_further_part(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let Some((before, all)) = stem.rsplit_once("-of-") else { return false };
    let Some((_, number)) = before.rsplit_once('-') else { return false };
    let is_number = |text: &str| text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number(number) && is_number(all) && number != "00001"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_told_by_its_name_or_address() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(repository(text).as_deref(), expected, "{text}");
        };
        check("Qwen/Qwen2.5-7B", Some("Qwen/Qwen2.5-7B"));
        check("https://huggingface.co/Qwen/Qwen2.5-7B", Some("Qwen/Qwen2.5-7B"));
        check("https://huggingface.co/Qwen/Qwen2.5-7B/tree/main", Some("Qwen/Qwen2.5-7B"));
        check("https://hf.co/a/b?x", Some("a/b"));
        for other in [
            "",
            "a",
            "a/b/c",
            "https://example.org/a/b",
            "https://huggingface.co/datasets/a",
            "../b",
            "a b/c",
        ] {
            check(other, None);
        }
        check(&format!("a/{}", "b".repeat(97)), None);
    }

    #[test]
    fn the_cache_tells_repository_and_commit() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        let check = |folder: &str, commit: &str, expected: Option<&str>| {
            let path = format!("root/.cache/huggingface/hub/{folder}/snapshots/{commit}/model.safetensors");
            assert_eq!(in_cache(&path).map(|it| it.repository).as_deref(), expected, "{path}");
        };
        check("models--microsoft--phi-2", commit, Some("microsoft/phi-2"));
        check("models--gpt2", commit, Some("gpt2"));
        check("datasets--a--b", commit, None);
        check("models--a--b", "main", None);
        check("models----b", commit, None);
        assert_eq!(in_cache("models--a--b/snapshots"), None);
    }

    #[test]
    fn only_the_first_of_several_files_counts() {
        assert!(is_further_part("model-00002-of-00003.safetensors"));
        for first in
            ["model-00001-of-00003.safetensors", "model.gguf", "model-2-of-3.gguf", "a-of-b", "-of-00003"]
        {
            assert!(!is_further_part(first), "{first}");
        }
    }
}
