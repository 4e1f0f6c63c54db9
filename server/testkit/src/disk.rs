//! A disk of a few megabytes that can be filled: a tmpfs, removed with the test.

use std::{
    env, fs,
    io::Write,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A mounted tmpfs.
pub struct SmallDisk {
    folder: TempDir,
    /// The program that gave us the rights to mount it, if we needed one.
    by: Option<&'static str>,
}

impl SmallDisk {
    /// Mounts it. Returns `None` and prints the reason if this user is not allowed to. With `CI` set,
    /// where everything has to be tested, it panics.
    pub fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("parterre-disk-").tempdir().expect("a temporary folder");
        let size = format!("size={megabytes}m,mode=0755");
        for by in [None, Some("sudo")] {
            let mut command = by.map_or_else(|| Command::new("mount"), |by| with(by, "mount"));
            let mounted = command.args(["-t", "tmpfs", "-o", &size, "parterre-test"]).arg(folder.path()).output();
            if mounted.is_ok_and(|done| done.status.success()) {
                let disk = Self { folder, by };
                if by.is_some() {
                    // Until now it belongs to root.
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
        eprintln!("This user cannot mount a tmpfs: a full disk is not tested.");
        None
    }

    /// The folder on which it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let mut filler = fs::OpenOptions::new().create(true).append(true).open(self.filler()).expect("a file");
        for piece in [1 << 16, 1 << 12, 1] {
            while filler.write_all(&vec![0; piece]).is_ok() {}
        }
    }

    /// Frees the space that was filled.
    pub fn free(&self) {
        fs::remove_file(self.filler()).expect("it was filled");
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server of the test may still be running.
        let mut command = self.by.map_or_else(|| Command::new("umount"), |by| with(by, "umount"));
        drop(command.arg("-l").arg(self.path()).status());
    }
}

fn with(by: &str, program: &str) -> Command {
    let mut command = Command::new(by);
    command.args(["-n", program]);
    command
}
