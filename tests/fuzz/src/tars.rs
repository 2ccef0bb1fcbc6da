//! Tars as input: what random bytes cannot get right is put right, so that what is behind it is
//! reached.

use libfuzzer_sys::fuzzer_mutate;

/// The size that everything in a tar has a multiple of.
pub const BLOCK: usize = 512;

/// Sets the checksum of every header and fills the last block. Goes from header to header by the
/// size that each states in octal, as the plain ones do.
pub fn repaired(tar: &[u8]) -> Vec<u8> {
    let mut tar = tar.to_vec();
    tar.resize(tar.len().next_multiple_of(BLOCK), 0);
    let mut at = 0;
    while let Some(header) = tar.get_mut(at..at + BLOCK) {
        at += BLOCK;
        if header.iter().any(|&byte| byte != 0) {
            set_checksum(header);
            at = at.saturating_add(content_of(header).next_multiple_of(BLOCK));
        }
        if at > tar.len() {
            break;
        }
    }
    tar
}

fn set_checksum(header: &mut [u8]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
}

/// How much content follows a header.
fn content_of(header: &[u8]) -> usize {
    // Links, devices and directories have none, whatever they state.
    if (b'1'..=b'6').contains(&header[156]) {
        return 0;
    }
    let size = String::from_utf8_lossy(&header[124..135]);
    usize::from_str_radix(size.trim_matches(['\0', ' ']), 8).unwrap_or(0)
}

/// Mutates a tar of `size` bytes in `data`, and returns its new size, at most `max_size`. Three
/// times in four it leaves each block at its place, or moves whole blocks: a byte that is put in
/// before them makes the rest of a tar into rubbish.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let blocks = size / BLOCK;
    let pick = (seed / 4) as usize;
    match seed % 4 {
        _ if blocks == 0 => fuzzer_mutate(data, size, max_size),
        0 => fuzzer_mutate(data, size, max_size),
        1 if size + BLOCK <= max_size => {
            let (from, to) = (pick % blocks * BLOCK, pick / blocks % (blocks + 1) * BLOCK);
            let mut copy = [0; BLOCK];
            copy.copy_from_slice(&data[from..from + BLOCK]);
            data.copy_within(to..size, to + BLOCK);
            data[to..to + BLOCK].copy_from_slice(&copy);
            size + BLOCK
        }
        2 if blocks > 1 => {
            let at = pick % blocks * BLOCK;
            data.copy_within(at + BLOCK..size, at);
            size - BLOCK
        }
        _ => {
            let at = pick % blocks * BLOCK;
            let block = &mut data[at..at + BLOCK];
            let used = block.iter().rposition(|&byte| byte != 0).map_or(1, |last| last + 1);
            let filled = fuzzer_mutate(block, used, BLOCK);
            block[filled..].fill(0);
            size
        }
    }
}
