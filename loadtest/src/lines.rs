//! The lines of reports for people, and of messages between the load test's own processes.

use std::{
    fmt::{self, Formatter},
    io::{self, Write, stdout},
};

use crate::{ledger::Check, measure::Percentiles};

/// All checks, one per line.
pub fn checks(f: &mut Formatter<'_>, checks: &[Check]) -> fmt::Result {
    writeln!(f, "Checks")?;
    for Check { what, wrong } in checks {
        match wrong {
            None => writeln!(f, "  ok     {what}")?,
            Some(wrong) => writeln!(f, "  WRONG  {what}: {wrong}")?,
        }
    }
    Ok(())
}

/// A line of percentiles, if anything was measured.
pub fn percentiles(f: &mut Formatter<'_>, what: &str, found: Option<&Percentiles>) -> fmt::Result {
    match found {
        Some(found) => writeln!(f, "  {what:<22} {found}"),
        None => Ok(()),
    }
}

/// Figures, separated by commas.
pub fn list(figures: &[f64]) -> String {
    figures.iter().map(|figure| format!("{figure:.2}")).collect::<Vec<_>>().join(", ")
}

/// Bytes as megabytes.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Prints a line at once, for the process that started this one.
pub fn print(line: &str) -> io::Result<()> {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()
}
