//! An archive is read, whoever wrote it: nothing in it is trusted, and what reading it costs has a
//! bound. Nothing is ever unpacked to the disk, so the names in it lead nowhere.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
};

use parterre_domain::archive::{self, ArchiveLine, Checker, MANIFEST, MEDIA, Manifest, ManifestFault, Part};
use parterre_protocol::PostId;
use zip::{ZipArchive, result::ZipError};

/// How many times as much as is uploaded an archive may be unpacked: ten times is usual.
const UNPACKED: u64 = 32;
/// Bytes of the longest line, and of the manifest.
const MAX_LINE: u64 = 4 * 1024 * 1024;
/// What every entry of a zip file's directory begins with.
const ENTRY: [u8; 4] = *b"PK\x01\x02";
/// The most entries: without a bound, those of a small file would fill the memory before any of it
/// is read. By chance the sign is in packed bytes once in four thousand million.
const MAX_ENTRIES: usize = 100;
/// How much of a name is told.
const TOLD_CHARS: usize = 80;

/// Why an archive cannot be imported. The texts are for programs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no archive, or not all of it.
    #[error("This is not an archive of an event, or it is incomplete or damaged. Download it again.")]
    Unreadable,
    /// It is of another version of the format.
    #[error("This archive has version {0} of the format; this server reads version 1. Update the server.")]
    Version(u64),
    /// A file that is not part of an archive.
    #[error("The archive contains {0:?}, which does not belong in one.")]
    Unexpected(String),
    /// Two files have the same name.
    #[error("The archive contains two files with the same name.")]
    Twice,
    /// A file is missing.
    #[error("The archive lacks {0}.")]
    Missing(&'static str),
    /// It would be too large.
    #[error("Unpacked, this archive takes more than {0} MB. That is more than any event needs.")]
    TooLarge(u64),
    /// A line, or the manifest (line 0), is refused.
    #[error("{file}, line {line}: {why}")]
    Line {
        /// The file.
        file: &'static str,
        /// The line, from 1.
        line: u64,
        /// Why.
        why: String,
    },
    /// Lines are missing, or there are too many.
    #[error("{file} should have {said} lines and has {found}.")]
    Lines {
        /// The file.
        file: &'static str,
        /// How many the manifest says.
        said: u64,
        /// How many there are.
        found: u64,
    },
}

impl From<ZipError> for Fault {
    fn from(_: ZipError) -> Self {
        Self::Unreadable
    }
}

impl From<io::Error> for Fault {
    fn from(_: io::Error) -> Self {
        Self::Unreadable
    }
}

/// An archive that was checked from its first line to its last.
pub struct Unpacked<R> {
    zip: ZipArchive<R>,
    most: u64,
    /// Its manifest.
    pub manifest: Manifest,
    /// For each post the one at the end of the chain of those that it is a part of.
    pub roots: HashMap<PostId, PostId>,
}

/// Reads an archive of so many bytes, and checks all of it.
pub fn check<R: Read + Seek>(mut file: R, bytes: u64) -> Result<Unpacked<R>, Fault> {
    check_entries(&mut file)?;
    let mut zip = ZipArchive::new(file)?;
    check_names(&zip)?;
    let most = bytes.saturating_mul(UNPACKED).max(MAX_LINE);
    let manifest = manifest(&mut zip)?;
    let mut unpacked = Unpacked { zip, most, manifest, roots: HashMap::new() };
    let mut checker = Checker::new(unpacked.manifest.clone());
    unpacked.lines(&mut checker, |_, _| true)?;
    let whole = |wrong: archive::Wrong| Fault::Line { file: MANIFEST, line: 0, why: wrong.0 };
    unpacked.roots = checker.finish().map_err(whole)?;
    Ok(unpacked)
}

impl<R: Read + Seek> Unpacked<R> {
    /// Gives every line to `each`, for as long as that takes more, and after the last of a file
    /// `None`.
    pub fn each(&mut self, each: impl FnMut(Part, Option<ArchiveLine>) -> bool) -> Result<(), Fault> {
        let mut checker = Checker::new(self.manifest.clone());
        self.lines(&mut checker, each)
    }

    fn lines(
        &mut self,
        checker: &mut Checker,
        mut each: impl FnMut(Part, Option<ArchiveLine>) -> bool,
    ) -> Result<(), Fault> {
        let mut left = self.most;
        for part in Part::ALL {
            let file = part.file();
            let mut lines = BufReader::new(entry(&mut self.zip, file)?);
            let (mut found, mut line) = (0, Vec::new());
            loop {
                line.clear();
                let read = lines.by_ref().take(left.min(MAX_LINE) + 1).read_until(b'\n', &mut line)? as u64;
                if read == 0 {
                    break;
                }
                if read > left || read > MAX_LINE {
                    return Err(Fault::TooLarge(self.most.div_ceil(1_000_000)));
                }
                (left, found) = (left - read, found + 1);
                let checked = checker.line(part, &line);
                let checked = checked.map_err(|wrong| Fault::Line { file, line: found, why: wrong.0 })?;
                if !each(part, Some(checked)) {
                    return Ok(());
                }
            }
            let said = self.manifest.lines.get(&part).copied().unwrap_or_default();
            if said != found {
                return Err(Fault::Lines { file, said, found });
            }
            if !each(part, None) {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Refuses a file whose directory may be long, before it is read.
fn check_entries<R: Read + Seek>(file: &mut R) -> Result<(), Fault> {
    file.rewind()?;
    let (mut piece, mut kept, mut entries) = (vec![0; 64 * 1024], 0, 0);
    loop {
        let read = file.read(&mut piece[kept..])?;
        if read == 0 {
            break;
        }
        let held = &piece[..kept + read];
        entries += held.windows(ENTRY.len()).filter(|bytes| *bytes == ENTRY).count();
        // A sign may begin in this piece and end in the next.
        let start = held.len() - held.len().min(ENTRY.len() - 1);
        let end = held.len();
        piece.copy_within(start..end, 0);
        kept = end - start;
    }
    file.seek(SeekFrom::Start(0))?;
    match entries {
        0 => Err(Fault::Unreadable),
        1..=MAX_ENTRIES => Ok(()),
        _ => Err(Fault::Unexpected(format!("{entries} files"))),
    }
}

fn check_names<R: Read + Seek>(zip: &ZipArchive<R>) -> Result<(), Fault> {
    if zip.has_duplicate_names() {
        return Err(Fault::Twice);
    }
    for name in zip.file_names() {
        let name = name?;
        let known = name == MANIFEST || name == MEDIA || Part::ALL.iter().any(|part| part.file() == name);
        if !known {
            return Err(Fault::Unexpected(name.chars().take(TOLD_CHARS).collect()));
        }
    }
    Ok(())
}

fn entry<'a, R: Read + Seek>(zip: &'a mut ZipArchive<R>, name: &'static str) -> Result<impl Read + 'a, Fault> {
    match zip.by_name(name) {
        Ok(file) => Ok(file),
        Err(ZipError::FileNotFound) => Err(Fault::Missing(name)),
        Err(_) => Err(Fault::Unreadable),
    }
}

fn manifest<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<Manifest, Fault> {
    let mut json = Vec::new();
    entry(zip, MANIFEST)?.take(MAX_LINE).read_to_end(&mut json)?;
    archive::manifest(&json).map_err(|fault| match fault {
        ManifestFault::Format => Fault::Unreadable,
        ManifestFault::Version(version) => Fault::Version(version),
        ManifestFault::Wrong(wrong) => Fault::Line { file: MANIFEST, line: 0, why: wrong.0 },
    })
}
