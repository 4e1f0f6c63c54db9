//! A disk of a few megabytes that can be filled: a tmpfs of the test's own, gone with it.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// The disk.
pub(crate) struct SmallDisk {
    folder: TempDir,
    /// Before the command that mounts, where it needs somebody else's rights.
    by: Option<&'static str>,
}

impl SmallDisk {
    /// Mounts it. None, with the reason printed, where this user may not; but where all is tested,
    /// that is a failure.
    pub(crate) fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("parterre-disk-").tempdir().expect("a temporary folder");
        let size = format!("size={megabytes}m,mode=0755");
        for by in [None, Some("sudo")] {
            let mut command = by.map_or_else(|| Command::new("mount"), |by| with(by, "mount"));
            let mounted = command.args(["-t", "tmpfs", "-o", &size, "parterre-test"]).arg(folder.path()).output();
            if mounted.is_ok_and(|done| done.status.success()) {
                let disk = Self { folder, by };
                if by.is_some() {
                    // Root's, until now.
                    let me = fs::metadata(env::current_exe().expect("this test")).expect("it runs");
                    let owner = format!("{}:{}", me.uid(), me.gid());
                    assert!(with("sudo", "chown").arg(owner).arg(disk.path()).status().expect("sudo").success());
                }
                return Some(disk);
            }
        }
        assert!(
            env::var_os("CI").is_none(),
            "no tmpfs can be mounted here, which tests of a full disk need: run them as root"
        );
        eprintln!("No tmpfs can be mounted by this user: a full disk is not tried.");
        None
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves no byte on it.
    pub(crate) fn fill(&self) {
        let mut filler = fs::OpenOptions::new().create(true).append(true).open(self.filler()).expect("a file");
        for piece in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    /// Gives its space free again.
    pub(crate) fn free(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server of the test may not be gone yet.
        let mut command = self.by.map_or_else(|| Command::new("umount"), |by| with(by, "umount"));
        drop(command.arg("-l").arg(self.path()).status());
    }
}

fn with(by: &str, program: &str) -> Command {
    let mut command = Command::new(by);
    command.args(["-n", program]);
    command
}
