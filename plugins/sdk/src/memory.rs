//! What hands out a plugin's memory, in place of what comes with the target.
//!
//! A plugin lives for one call. A parser takes many small pieces of memory, gives most of them back in
//! a moment, and leaves the others to the host. So a piece is of one of few sizes; a new one is cut
//! from the end of what was taken so far, and one that is given back is the next of its size to be
//! handed out. That is a few instructions for each, where the target's own allocator (dlmalloc) took a
//! fifth of what a parser takes, and talc a tenth. Memory never goes back to the system, and what was
//! of one size is never of another: a call is too short for that to matter, and its memory is bounded.
//!
//! The memory that an instance has from the start (`--initial-heap`, which `limpid plugin build` sets) comes
//! first: what is grown is taken away from it again when it has ended, and that is work for the system.

#![allow(unsafe_code, reason = "an allocator deals in raw memory")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr;

/// Every piece is aligned to that, and small ones are a multiple of it.
const GRAIN: usize = 16;
/// Pieces up to that are of every multiple; larger ones of four sizes for each doubling.
const SMALL: usize = 512;
/// Sizes: the small ones, and those of each doubling up to the end of the address space.
const SIZES: usize = SMALL / GRAIN + 4 * 23;
/// A page of WebAssembly, in bytes.
const PAGE: usize = 64 << 10;

#[global_allocator]
static PIECES: Pieces = Pieces(UnsafeCell::new(State { end: 0, limit: 0, free: [ptr::null_mut(); SIZES] }));

unsafe extern "C" {
    /// Where the linker says that memory is free; its value means nothing.
    static __heap_base: u8;
}

struct Pieces(UnsafeCell<State>);

struct State {
    /// Where the next piece begins that nobody has had before.
    end: usize,
    /// Where the memory ends that may be handed out.
    limit: usize,
    /// The first free piece of each size; it holds where the next one is.
    free: [*mut u8; SIZES],
}

// SAFETY: a plugin has one thread.
unsafe impl Sync for Pieces {}

/// A size of pieces: its place among them, and how many bytes such a piece has.
#[derive(Clone, Copy)]
struct Size {
    place: usize,
    bytes: usize,
}

impl Size {
    /// The least that holds so many bytes.
    #[inline(always)]
    const fn of(bytes: usize) -> Self {
        if bytes <= SMALL {
            let grains = if bytes == 0 { 1 } else { bytes.div_ceil(GRAIN) };
            return Self { place: grains - 1, bytes: grains * GRAIN };
        }
        // The two bits after the highest one say which quarter of the doubling.
        let doubling = (bytes - 1).ilog2();
        let quarter = (bytes - 1 - (1 << doubling)) >> (doubling - 2);
        Self {
            place: SMALL / GRAIN + 4 * (doubling as usize - SMALL.ilog2() as usize) + quarter,
            bytes: (1 << doubling) + ((quarter + 1) << (doubling - 2)),
        }
    }
}

impl State {
    /// A piece that nobody has had before; null where there is no more memory.
    #[inline(always)]
    fn cut(&mut self, bytes: usize) -> *mut u8 {
        if bytes > self.limit - self.end && !self.grow(bytes) {
            return ptr::null_mut();
        }
        let piece = self.end as *mut u8;
        self.end += bytes;
        piece
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, bytes: usize) -> bool {
        let kept = memory_size::<0>() * PAGE;
        if self.limit == 0 {
            // What there is from the start, after the stack and what the program itself holds.
            self.end = (&raw const __heap_base).addr().next_multiple_of(GRAIN);
            self.limit = kept;
            if bytes <= self.limit - self.end {
                return true;
            }
        }
        // More than is needed now, so that it is rarely needed; where that is too much, only what is.
        for wanted in [bytes.max(kept / 4), bytes] {
            let pages = wanted.div_ceil(PAGE);
            let before = memory_grow::<0>(pages);
            if before == usize::MAX {
                continue;
            }
            let start = before * PAGE;
            // What is new goes on where the last ended, unless somebody else took memory in between.
            if start != self.limit {
                self.end = start;
            }
            self.limit = start + pages * PAGE;
            return true;
        }
        false
    }
}

// SAFETY: pieces that are handed out do not overlap, and are as large and as aligned as asked for.
unsafe impl GlobalAlloc for Pieces {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: there is one thread, and nothing in here allocates.
        let state = unsafe { &mut *self.0.get() };
        if layout.align() > GRAIN {
            // Rare, and never used again. Whole grains, so that what is cut next is aligned, too.
            let grains = layout.size().saturating_add(layout.align()).div_ceil(GRAIN);
            let piece = state.cut(grains.saturating_mul(GRAIN));
            return if piece.is_null() {
                piece
            } else {
                piece.wrapping_add(piece.align_offset(layout.align()))
            };
        }
        let size = Size::of(layout.size());
        let piece = state.free[size.place];
        if piece.is_null() {
            return state.cut(size.bytes);
        }
        // SAFETY: a free piece holds where the next one is.
        state.free[size.place] = unsafe { piece.cast::<*mut u8>().read() };
        piece
    }

    #[inline]
    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        if layout.align() > GRAIN {
            return;
        }
        let size = Size::of(layout.size());
        // SAFETY: there is one thread; the piece is nobody's any more, and has room for an address.
        unsafe {
            let state = &mut *self.0.get();
            piece.cast::<*mut u8>().write(state.free[size.place]);
            state.free[size.place] = piece;
        }
    }

    #[inline]
    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        if layout.align() <= GRAIN {
            let (before, after) = (Size::of(layout.size()), Size::of(bytes));
            // A small piece that becomes smaller goes on as one of that size.
            if before.place == after.place || (bytes <= layout.size() && layout.size() <= SMALL) {
                return piece;
            }
        }
        // SAFETY: the caller promises that the layout is the piece's, and that the new one is valid.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(bytes, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(piece, moved, layout.size().min(bytes));
                self.dealloc(piece, layout);
            }
            moved
        }
    }
}
