//! Archives of events: one is written from what the database holds at one moment, and becomes an
//! event again. `docs/archive.md` describes the format.

mod import;
mod numbers;
mod section;
pub mod settings;
pub mod unpack;
mod write;

use std::{fs::File, io, path::Path};

use crate::process;

pub use self::{
    import::{ImportError, import},
    section::Section,
    write::{WriteError, write},
};

/// A file that is on its way to somebody, an archive or results: nobody else can open it, and it is
/// gone with its last handle, also after a crash.
pub fn passing_file(folder: &Path) -> io::Result<File> {
    process::make_private_folder(folder)?;
    tempfile::tempfile_in(folder)
}
