//! The lines of which reports are made, for people.

use std::fmt::{self, Formatter};

use crate::{ledger::Check, measure::Percentiles};

/// All checks, one a line.
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

/// A line of percentiles, where anything was measured.
pub fn percentiles(f: &mut Formatter<'_>, what: &str, found: Option<&Percentiles>) -> fmt::Result {
    match found {
        Some(found) => writeln!(f, "  {what:<22} {found}"),
        None => Ok(()),
    }
}

/// Figures one after another.
pub fn list(figures: &[f64]) -> String {
    figures.iter().map(|figure| format!("{figure:.2}")).collect::<Vec<_>>().join(", ")
}

/// Bytes for people.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
