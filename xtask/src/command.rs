//! Running programs in the repository's root.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::Result;

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the root")
}

/// Runs a command line of words without quotes, and shows it.
pub(crate) fn run(line: &str) -> Result {
    let words: Vec<&str> = line.split_whitespace().collect();
    run_with(&words, &[])
}

/// Runs a program with its arguments and additional environment variables, and shows it.
pub(crate) fn run_with(words: &[&str], variables: &[(&str, &str)]) -> Result {
    let line = words.join(" ");
    println!("\n$ {line}");
    let (program, arguments) = words.split_first().expect("a command line has a program");
    let mut command = Command::new(program);
    command.args(arguments).envs(variables.iter().copied()).current_dir(root());
    let status = command.status().map_err(|error| format!("`{line}` did not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed: {line}")) }
}

/// What a program prints, if it is there and succeeds.
pub(crate) fn output(words: &[&str]) -> Option<String> {
    let (program, arguments) = words.split_first()?;
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).current_dir(root()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where a program is, by the search path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

/// Whether a program can be found.
pub(crate) fn is_there(program: &str) -> bool {
    find(program).is_some()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from))
}
