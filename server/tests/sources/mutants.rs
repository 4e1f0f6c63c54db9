//! Every deliberate fault of the server is one that the fault checker is tried on.

use parterre_system::mutants::Mutant;

use super::sources;

#[test]
fn every_mutant_has_its_trial() {
    let trials = sources("loadtest/src/faults", &["mutants.rs"]);
    let is_tried = |mutant: &Mutant| trials.iter().any(|file| file.text.contains(&format!("(\"{}\"", mutant.name())));
    let untried: Vec<_> = Mutant::ALL.into_iter().filter(|mutant| !is_tried(mutant)).collect();
    assert!(untried.is_empty(), "{untried:?}");
}
