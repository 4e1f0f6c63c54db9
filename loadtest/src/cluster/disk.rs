//! A disk of our own that can be filled: a tmpfs, which only root may mount. Gone with its owner.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use rustix::process::getuid;

/// Its size: far more than a run's tables, and little of the machine's memory while it is full.
const SIZE: &str = "size=96m,mode=0755";

/// A disk.
pub struct Disk {
    folder: PathBuf,
}

impl Disk {
    /// Whether there can be one.
    pub fn can_be_mounted() -> bool {
        getuid().is_root()
    }

    /// Mounts it at this folder.
    pub fn mount(folder: PathBuf) -> Result<Self> {
        fs::create_dir(&folder)?;
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "parterre-loadtest"]).arg(&folder).output();
        let mounted = mounted.context("starting mount")?;
        ensure!(mounted.status.success(), "mounting a tmpfs: {}", String::from_utf8_lossy(&mounted.stderr));
        Ok(Self { folder })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Leaves no byte on it.
    pub fn fill(&self) -> Result<()> {
        let mut filler = OpenOptions::new().create(true).append(true).open(self.filler())?;
        for piece in [1 << 20, 1 << 12, 1] {
            while filler.write_all(&vec![0; piece]).is_ok() {}
        }
        Ok(())
    }

    /// Gives its space free again.
    pub fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever was killed may not have gone yet.
        drop(Command::new("umount").arg("-l").arg(&self.folder).status());
    }
}
