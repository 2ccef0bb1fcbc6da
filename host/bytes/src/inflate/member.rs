//! One member of a gzip: by ISA-L where it is built, and by zlib-ng elsewhere. Both check checksum and
//! length, so bytes pass only once.

/// What a decoder did in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    /// Whether the member has ended; of what follows it, nothing was read.
    pub(super) is_end: bool,
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(super) use isal::Member;
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub(super) type Member = zlib::Member;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod isal {
    use std::ptr;

    use isal_sys::igzip_lib::{
        ISAL_DECOMP_OK, ISAL_GZIP_NO_HDR_VER, ISAL_INCORRECT_CHECKSUM, ISAL_INVALID_BLOCK,
        ISAL_INVALID_LOOKBACK, ISAL_INVALID_SYMBOL, inflate_state, isal_block_state_ISAL_BLOCK_FINISH,
        isal_inflate, isal_inflate_init,
    };

    use super::Step;
    use crate::Error;
    use crate::inflate::header;
    use crate::stored::Stored;

    /// The decoder of [ISA-L](https://github.com/intel/isa-l), which takes two thirds of the time of
    /// zlib-ng.
    pub(in crate::inflate) struct Member(Box<inflate_state>);

    // Its pointers are null but for the time of a call.
    #[allow(unsafe_code, reason = "the library has no interface in Rust that gives steps")]
    unsafe impl Send for Member {}

    impl Member {
        #[allow(unsafe_code, reason = "as above")]
        pub(in crate::inflate) fn new() -> Self {
            // SAFETY: it is a struct of C, of numbers, arrays of numbers and pointers, for each of which all
            // zeros is a value.
            let mut state: Box<inflate_state> = unsafe { Box::new_zeroed().assume_init() };
            // SAFETY: it is there, and the library's alone until this returns.
            unsafe { isal_inflate_init(&raw mut *state) };
            state.crc_flag = ISAL_GZIP_NO_HDR_VER;
            Self(state)
        }

        /// Passes over the header: the library forgets which fields are left where its input ends within one.
        pub(in crate::inflate) fn begin(&self, stored: &mut Stored, what: &str) -> Result<(), Error> {
            header::pass(stored, what)
        }

        #[allow(unsafe_code, reason = "as above")]
        pub(in crate::inflate) fn step(
            &mut self,
            input: &[u8],
            out: &mut [u8],
        ) -> Result<Step, &'static str> {
            let state = &mut *self.0;
            // What is longer than it can count comes with the next step.
            let (given, room) = (length(input.len()), length(out.len()));
            state.next_in = input.as_ptr().cast_mut();
            state.avail_in = given;
            state.next_out = out.as_mut_ptr();
            state.avail_out = room;
            // SAFETY: it reads `avail_in` bytes from `next_in` on, which it does not write to, and writes
            // `avail_out` bytes from `next_out` on, at most; both are there until this returns.
            let code = unsafe { isal_inflate(&raw mut *state) };
            // Where it fails, it may have been about to write to a buffer of its own.
            let (left, free) = (state.avail_in, state.avail_out);
            state.next_in = ptr::null_mut();
            state.avail_in = 0;
            state.next_out = ptr::null_mut();
            state.avail_out = 0;
            if code != ISAL_DECOMP_OK as i32 {
                return Err(name(code));
            }
            let (read, written) = (given.saturating_sub(left), room.saturating_sub(free));
            let is_end = state.block_state == isal_block_state_ISAL_BLOCK_FINISH;
            Ok(Step { read: read as usize, written: written as usize, is_end })
        }
    }

    fn length(length: usize) -> u32 {
        u32::try_from(length).unwrap_or(u32::MAX)
    }

    const fn name(code: i32) -> &'static str {
        match code {
            ISAL_INVALID_BLOCK => "invalid block",
            ISAL_INVALID_SYMBOL => "invalid symbol",
            ISAL_INVALID_LOOKBACK => "invalid distance too far back",
            ISAL_INCORRECT_CHECKSUM => "incorrect checksum or length",
            _ => "invalid stream",
        }
    }
}

#[cfg(any(test, not(all(target_os = "linux", target_arch = "x86_64"))))]
mod zlib {
    use flate2::{Decompress, FlushDecompress, Status};

    use super::Step;
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    use crate::{Error, stored::Stored};

    /// The decoder of zlib-ng.
    pub(in crate::inflate) struct Member(Decompress);

    impl Member {
        pub(in crate::inflate) fn new() -> Self {
            Self(Decompress::new_gzip(15))
        }

        /// The decoder reads the header itself.
        #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
        pub(in crate::inflate) fn begin(&self, _: &mut Stored, _: &str) -> Result<(), Error> {
            Ok(())
        }

        pub(in crate::inflate) fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, String> {
            let (read, written) = (self.0.total_in(), self.0.total_out());
            let status = self.0.decompress(input, out, FlushDecompress::None);
            let (read, written) = (self.0.total_in() - read, self.0.total_out() - written);
            let status = status.map_err(|error| error.to_string())?;
            Ok(Step { read: read as usize, written: written as usize, is_end: status == Status::StreamEnd })
        }
    }
}

#[cfg(test)]
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};
    use proptest::prelude::*;

    use limpid_test_archives::file;

    use super::*;
    use crate::Part;
    use crate::stored::Stored;

    /// What decoding in steps gives: the bytes, and how many were read, or that it fails or ends early.
    fn decoded<E>(
        input: &[u8],
        (pieces, room): (usize, usize),
        mut step: impl FnMut(&[u8], &mut [u8]) -> Result<Step, E>,
    ) -> Option<(Vec<u8>, usize)> {
        let (mut bytes, mut at, mut out) = (Vec::new(), 0, vec![0; room]);
        loop {
            let piece = &input[at..input.len().min(at + pieces)];
            let done = step(piece, &mut out).ok()?;
            bytes.extend_from_slice(&out[..done.written]);
            at += done.read;
            if done.is_end {
                return Some((bytes, at));
            }
            if done.read == 0 && done.written == 0 {
                return None;
            }
        }
    }

    fn both(input: &[u8], sizes: (usize, usize)) -> [Option<(Vec<u8>, usize)>; 2] {
        let (mut isal, mut zlib) = (isal::Member::new(), zlib::Member::new());
        let part = Part::whole(file(input)).unwrap();
        let mut stored = Stored::new(&part, "x");
        let begun = isal.begin(&mut stored, "x").ok().map(|()| stored.position() as usize);
        let behind = |at: usize| {
            let (bytes, read) = decoded(&input[at..], sizes, |input, out| isal.step(input, out))?;
            Some((bytes, at + read))
        };
        [begun.and_then(behind), decoded(input, sizes, |input, out| zlib.step(input, out))]
    }

    fn packed(bytes: &[u8], level: u32, name: &str) -> Vec<u8> {
        let mut builder = GzBuilder::new();
        if !name.is_empty() {
            builder = builder.filename(name).comment("x").extra(vec![1, 2, 0, 0]);
        }
        let mut encoder = builder.write(Vec::new(), Compression::new(level));
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn contents() -> impl Strategy<Value = Vec<u8>> {
        let repeated = (prop::collection::vec(any::<u8>(), 1..40), 1_usize..6_000)
            .prop_map(|(bytes, times)| bytes.repeat(times));
        prop_oneof![prop::collection::vec(any::<u8>(), 0..100_000), repeated]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn both_decoders_give_the_same_of_what_is_whole_whatever_the_pieces(
            bytes in contents(), level in 0_u32..10, name in "[a-z]{0,5}",
            pieces in 1_usize..70_000, room in 1_usize..70_000, after in prop::collection::vec(any::<u8>(), 0..20),
        ) {
            let mut input = packed(&bytes, level, &name);
            let length = input.len();
            input.extend(after);
            let [isal, zlib] = both(&input, (pieces.max(length / 500), room.max(bytes.len() / 500)));
            prop_assert_eq!(&isal, &Some((bytes, length)));
            prop_assert_eq!(isal, zlib);
        }

        #[test]
        fn neither_decoder_takes_what_was_changed_for_the_same(
            bytes in contents(), at in any::<prop::sample::Index>(), bit in 0_u32..8, cut in any::<prop::sample::Index>(),
        ) {
            let mut input = packed(&bytes, 6, "");
            let whole = input.clone();
            let place = at.index(input.len());
            input[place] ^= 1 << bit;
            let [isal, zlib] = both(&input, (1 << 16, 1 << 16));
            // Of the header, time, flags and system say nothing of the content.
            if place >= 10 {
                prop_assert!(isal.is_none_or(|(found, _)| found == bytes));
                prop_assert!(zlib.is_none_or(|(found, _)| found == bytes));
            }
            let cut = cut.index(whole.len());
            prop_assert_eq!(both(&whole[..cut], (1 << 16, 1 << 16)), [None, None]);
        }
    }
}
