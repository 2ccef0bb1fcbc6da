//! apk's database of what is installed: blocks of lines `X:value`, with an empty line after each
//! ([format](https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2)).

use anyhow::Context;

/// A package as the database has it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Installed {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) arch: String,
    /// What it was built from.
    pub(super) origin: String,
}

pub(super) fn read(database: &str) -> anyhow::Result<Vec<Installed>> {
    let blocks = database.split("\n\n").filter(|block| !block.trim().is_empty());
    blocks.map(|block| package(block).with_context(|| format!("in the block `{block}`"))).collect()
}

fn package(block: &str) -> anyhow::Result<Installed> {
    let field = |key: &str| block.lines().find_map(|line| line.strip_prefix(key)).map(String::from);
    let name = field("P:").context("there is no `P:`")?;
    Ok(Installed {
        version: field("V:").context("there is no `V:`")?,
        arch: field("A:").context("there is no `A:`")?,
        origin: field("o:").unwrap_or_else(|| name.clone()),
        name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_a_package() {
        let database =
            "C:Q1x\nP:ssl_client\nV:1.36.1-r32\nA:x86_64\no:busybox\nF:usr\nR:a\n\nP:a\nV:1\nA:b\n\n";
        let packages = read(database).unwrap();
        assert_eq!((packages[0].name.as_str(), packages[0].origin.as_str()), ("ssl_client", "busybox"));
        assert_eq!((packages[1].version.as_str(), packages[1].origin.as_str()), ("1", "a"));
        assert!(read("P:a\nA:b\n").is_err());
    }
}
