//! The order of versions by rpm itself, which compares them in its Lua.

use std::cmp::Ordering;
use std::fmt::Write as _;

use anyhow::{Context as _, bail};

use super::Pair;
use crate::command::{command, output};

/// How many pairs one call of rpm compares: an argument of a program has at most 128 KiB.
const AT_ONCE: usize = 1000;

/// The order of each pair.
pub(super) fn orders_of(pairs: &[Pair]) -> anyhow::Result<Vec<Ordering>> {
    let mut orders = Vec::with_capacity(pairs.len());
    for pairs in pairs.chunks(AT_ONCE) {
        orders.extend(compare(pairs)?);
    }
    Ok(orders)
}

fn compare(pairs: &[Pair]) -> anyhow::Result<Vec<Ordering>> {
    let mut script = String::from("%{lua:local pairs = {");
    for (a, b) in pairs {
        if [a, b].iter().any(|text| text.contains(['%', '{', '}', '[', ']', '\n'])) {
            bail!("`{a}` or `{b}` means something in a macro of rpm");
        }
        write!(script, "{{[[{a}]], [[{b}]]}},")?;
    }
    script.push_str("} local orders = {} ");
    script
        .push_str("for _, pair in ipairs(pairs) do orders[#orders + 1] = rpm.vercmp(pair[1], pair[2]) end ");
    script.push_str("print(table.concat(orders, '\\n'))}");
    let answer = output(command("rpm").args(["--eval", &script]))?;
    let orders: Vec<Ordering> = answer.lines().map(order).collect::<Result<_, _>>()?;
    if orders.len() != pairs.len() {
        bail!("rpm answers {} times to {} pairs", orders.len(), pairs.len());
    }
    Ok(orders)
}

fn order(line: &str) -> anyhow::Result<Ordering> {
    let number: i32 = line.parse().with_context(|| format!("rpm answers `{line}`"))?;
    Ok(number.cmp(&0))
}
