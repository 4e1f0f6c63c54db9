//! What the process asks of the system before anything else: that nobody but its user reads what it
//! writes.

use std::{fs, io, os::unix::fs::DirBuilderExt, os::unix::fs::PermissionsExt, path::Path};

use rustix::{fs::Mode, process::umask};

/// Permissions of other accounts.
const OTHERS: u32 = 0o077;

/// Has every file and folder that is made from now on be its owner's alone: the database, its
/// journals, keys.
pub fn keep_files_private() {
    umask(Mode::from_raw_mode(OTHERS));
}

/// Makes a folder for its owner alone, where there is none.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Warns where others than its owner may look into a folder, or read what this program keeps there.
pub fn warn_of_open_folder(path: &Path) {
    let Ok(found) = fs::metadata(path) else { return };
    let mode = found.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        let folder = path.display();
        tracing::warn!(
            %folder,
            mode = format!("{mode:04o}"),
            "other accounts on this machine can read the data folder, which holds every answer; run `chmod 700` on it"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_for_its_owner_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("a/b");
        make_private_folder(&folder).unwrap();
        make_private_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
