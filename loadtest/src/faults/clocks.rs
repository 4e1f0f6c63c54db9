//! Separate clocks for nodes and for Postgres, by libfaketime.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// The library that gives a program another clock, where Debian installs it.
const FAKETIME: &str = "faketime/libfaketime.so.1";

/// The clocks of the nodes and, last, of Postgres: files with the offset of each.
pub struct Clocks {
    folder: TempDir,
    library: PathBuf,
    nodes: usize,
}

impl Clocks {
    /// Correct clocks for this many nodes and for Postgres.
    pub fn new(nodes: usize) -> Result<Self> {
        let folders = fs::read_dir("/usr/lib")?.flatten().map(|entry| entry.path());
        let library = folders.map(|folder| folder.join(FAKETIME)).find(|file| file.is_file());
        let library =
            library.context("this needs libfaketime: install it, for example with `apt-get install faketime`")?;
        // Postgres runs as another user and must be able to read its file.
        let permissions = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("parterre-clocks-").permissions(permissions).tempdir()?;
        let clocks = Self { folder, library, nodes };
        (0..=nodes).try_for_each(|node| clocks.set(node, "+0"))?;
        Ok(clocks)
    }

    /// The environment with which a node uses its clock.
    pub fn environment(&self, node: usize) -> Vec<(String, String)> {
        let file = self.file(node).display().to_string();
        let library = self.library.display().to_string();
        let variables = [
            ("LD_PRELOAD", library.as_str()),
            ("FAKETIME_TIMESTAMP_FILE", file.as_str()),
            ("FAKETIME_CACHE_DURATION", "1"),
            // The monotonic clock stays correct: only the time of day changes.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("FAKETIME_DISABLE_SHM", "1"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }

    /// The environment with which Postgres uses its clock. All its processes see a jump at once, as
    /// on a real machine.
    pub fn of_postgres(&self) -> Vec<(String, String)> {
        let mut environment = self.environment(self.nodes);
        environment.push(("FAKETIME_NO_CACHE".to_owned(), "1".to_owned()));
        environment
    }

    fn file(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("clock-{node}"))
    }

    /// Sets the clock of Postgres, like [`Self::set`].
    pub(super) fn set_postgres(&self, offset: &str) -> Result<()> {
        self.set(self.nodes, offset)
    }

    /// Sets a clock, in the syntax of libfaketime: `+0`, `-3600`, `+5 x1.1`.
    pub(super) fn set(&self, node: usize, offset: &str) -> Result<()> {
        // Atomically, because a half-written file could be read.
        let written = self.folder.path().join(format!("written-{node}"));
        fs::write(&written, format!("{offset}\n"))?;
        Ok(fs::rename(written, self.file(node))?)
    }
}
