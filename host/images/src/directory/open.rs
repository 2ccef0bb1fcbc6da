//! Opens what lies below a directory, and nothing else: a path is walked part by part, and no part may be a
//! symbolic link.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat, fstat, fstatfs, openat, statat};
use rustix::io::Errno;

/// File systems that are windows to the kernel, by their numbers in `linux/magic.h`.
const PSEUDO: [u64; 22] = [
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x1cd1,      // devpts
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup2
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0xcafe_4a11, // bpf
    0x6165_676c, // pstore
    0x6265_6570, // configfs
    0x9584_58f6, // hugetlbfs
    0x1980_0202, // mqueue
    0x0187,      // autofs
    0x4249_4e4d, // binfmt_misc
    0x6573_5543, // fusectl
    0xde5e_81e4, // efivarfs
    0x6759_6969, // rpc_pipefs
    0x6e73_6673, // nsfs
    0xf97c_ff8c, // selinuxfs
    0x4341_5d53, // smackfs
    0x0bad_1dea, // futexfs
];

/// `tmpfs`, and `devtmpfs` by the same number.
const TMPFS: u64 = 0x0102_1994;

const PART: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Reading never waits for the other end of a pipe, and never makes a terminal ours.
const READING: OFlags = OFlags::RDONLY
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// The directory that everything is below of. Links that lead to it are followed.
pub(super) fn root(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
    Ok(openat(CWD, path, flags, Mode::empty())?)
}

/// A directory below another, to be read.
pub(super) fn directory(root: &OwnedFd, path: &[u8]) -> io::Result<OwnedFd> {
    let mut at: Option<OwnedFd> = None;
    let names: Vec<&[u8]> = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()).collect();
    let Some((last, above)) = names.split_last() else {
        return Ok(openat(root, c".", READING.union(OFlags::DIRECTORY), Mode::empty())?);
    };
    for name in above {
        at = Some(openat(at.as_ref().unwrap_or(root), *name, PART, Mode::empty())?);
    }
    Ok(openat(at.as_ref().unwrap_or(root), *last, READING.union(OFlags::DIRECTORY), Mode::empty())?)
}

/// What a name in a directory is. Nothing is mounted for it.
pub(super) fn look(directory: &OwnedFd, name: &[u8]) -> io::Result<Stat> {
    Ok(statat(directory, name, AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT))?)
}

/// Whether a directory, which is on another file system than the one that it is in, is a window to the
/// kernel.
pub(super) fn is_pseudo(directory: &OwnedFd, name: &[u8], path: &str) -> io::Result<bool> {
    let mounted = openat(directory, name, PART, Mode::empty())?;
    // The number has as many bits as a word, and a sign on some machines.
    let number = u64::from(fstatfs(&mounted)?.f_type as u32);
    Ok(PSEUDO.contains(&number) || number == TMPFS && path == "dev")
}

/// A regular file in a directory, to be read; none where something else is there by now.
pub(super) fn file(directory: &OwnedFd, name: &[u8]) -> io::Result<Option<(File, Stat)>> {
    let opened = match openat(directory, name, READING, Mode::empty()) {
        Err(Errno::LOOP | Errno::NXIO | Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        opened => opened?,
    };
    let stat = fstat(opened.as_fd())?;
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    Ok(is_file.then(|| (File::from(opened), stat)))
}

/// Whether something was there that is gone, or is another thing by now.
pub(super) fn is_gone(error: &io::Error) -> bool {
    let number = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(number, Some(Errno::LOOP | Errno::NOENT | Errno::NOTDIR))
}
