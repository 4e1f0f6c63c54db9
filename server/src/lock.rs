//! One server to a folder: two that worked on the same file would each believe to be alone, and
//! show their people different things. The system holds the lock and lets go of it with the
//! process, however that ends.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use parterre_protocol::Millis;
use parterre_system::utc;

/// Why a folder cannot be this server's.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another server has it.
    #[error("{path} is in use by another Parterre ({holder}). Stop that one first, or use another folder with --data")]
    Held {
        /// What both want.
        path: String,
        /// The holder, in words.
        holder: String,
    },
    /// The lock cannot be made.
    #[error("{path} cannot be locked: {error}")]
    Failed {
        /// The file of the lock.
        path: String,
        /// Why.
        error: io::Error,
    },
}

/// A lock that is held for as long as this is kept.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Locks what `guarded` names (a folder, or a database file) for this process, and writes down
    /// the holder and the time. The lock file is beside a database or within a folder, and stays
    /// there: it means nothing when nobody holds the lock.
    pub fn take(guarded: &Path, now: Millis) -> Result<Self, LockError> {
        let path = file_of(guarded);
        let failed = |error| LockError::Failed { path: path.display().to_string(), error };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut written = String::new();
                // The process that has just taken it may not have written its details yet.
                let _ = file.read_to_string(&mut written);
                let holder = match written.trim() {
                    "" => "it has not said which".to_owned(),
                    who => who.to_owned(),
                };
                return Err(LockError::Held { path: guarded.display().to_string(), holder });
            }
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                let path = path.display();
                tracing::warn!(%path, "this file system does not support locks: make sure that no other Parterre uses the folder");
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut lock = Self { file };
        // The lock works even on a full disk.
        let _ = lock.sign(now);
        Ok(lock)
    }

    fn sign(&mut self, now: Millis) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        writeln!(self.file, "process {}, since {}", std::process::id(), utc::minute(now))
    }
}

/// Where the lock lies: two names of one thing have one lock.
fn file_of(guarded: &Path) -> PathBuf {
    let real = fs::canonicalize(guarded).unwrap_or_else(|_| {
        // A database that is yet to be made: its folder is there.
        let folder = guarded.parent().and_then(|folder| fs::canonicalize(folder).ok());
        folder.zip(guarded.file_name()).map_or_else(|| guarded.to_owned(), |(folder, name)| folder.join(name))
    });
    if real.is_dir() { real.join("parterre.lock") } else { real.with_added_extension("lock") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_or_another_of_a_folder_or_file_has_one_lock() {
        let place = tempfile::tempdir().unwrap();
        let (folder, other) = (place.path().join("data"), place.path().join("link"));
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::symlink(&folder, &other).unwrap();
        for name in ["", "parterre.db"] {
            let [one, same] = [&folder, &other].map(|within| within.join(name));
            let held = Lock::take(&one, 0).unwrap();
            let told = Lock::take(&same, 0).unwrap_err().to_string();
            let who = format!("process {}, since 1970-01-01", std::process::id());
            assert!(told.contains(&who) && told.contains("--data"), "{told}");
            drop(held);
            drop(Lock::take(&same, 0).unwrap());
        }
    }
}
