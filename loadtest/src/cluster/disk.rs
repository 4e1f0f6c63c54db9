//! A disk that can be filled: a tmpfs, which only root may mount. Unmounted when dropped.

use std::{fs::Permissions, os::unix::fs::PermissionsExt, path::Path, process};

use anyhow::{Context, Result, bail, ensure};
use rustix::fs::statvfs;
use tempfile::TempDir;
use tokio::process::Command;

/// Its size: more than the tables of any run. Only stored data uses memory.
const SIZE: &str = "size=4g";

/// How often filling is tried: it fails if something is stored between measuring and remounting.
const ATTEMPTS: usize = 20;

/// A disk.
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Mounts one. The error says why it cannot be mounted.
    pub fn mount() -> Result<Self> {
        // Postgres, another user, keeps its tables here.
        let permissions = Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("parterre-disk-").permissions(permissions).tempdir()?;
        let options = format!("{SIZE},mode=0755");
        let mut mount = process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "parterre-loadtest"]).arg(folder.path());
        let mounted = mount.output().context("starting mount")?;
        ensure!(mounted.status.success(), "{}", String::from_utf8_lossy(&mounted.stderr).trim());
        Ok(Self { folder })
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Fills it to the last byte, by shrinking it to the size of its content.
    pub async fn fill(&self) -> Result<()> {
        let mut refusal = String::new();
        for _ in 0..ATTEMPTS {
            let disk = statvfs(self.path())?;
            // A size of nothing would be none.
            let used = ((disk.f_blocks - disk.f_bfree) * disk.f_frsize).max(disk.f_frsize);
            match self.resize(&format!("size={used}")).await {
                Ok(()) => return Ok(()),
                Err(error) => refusal = error.to_string(),
            }
        }
        bail!("the disk cannot be filled: {refusal}")
    }

    /// Gives it all its space again.
    pub async fn free(&self) -> Result<()> {
        self.resize(SIZE).await
    }

    async fn resize(&self, size: &str) -> Result<()> {
        let options = format!("remount,{size}");
        let mounted = Command::new("mount").args(["-o", &options]).arg(self.path()).output().await?;
        ensure!(mounted.status.success(), "{}", String::from_utf8_lossy(&mounted.stderr).trim());
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a killed process may still be exiting.
        drop(process::Command::new("umount").arg("-l").arg(self.path()).status());
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{read, remove_file, write};

    use super::*;

    #[tokio::test]
    async fn a_full_disk_takes_nothing_until_it_is_free_again() {
        let disk = match Disk::mount() {
            Ok(disk) => disk,
            Err(why) => return eprintln!("No tmpfs can be mounted here: a full disk is not tried. {why}"),
        };
        let [kept, refused] = ["kept", "refused"].map(|name| disk.path().join(name));
        write(&kept, vec![7; 100_000]).unwrap();
        for _ in 0..2 {
            disk.fill().await.unwrap();
            assert!(write(&refused, "more").is_err());
            assert_eq!(read(&kept).unwrap().len(), 100_000);
            disk.free().await.unwrap();
            write(&refused, "more").unwrap();
            remove_file(&refused).unwrap();
        }
    }
}
