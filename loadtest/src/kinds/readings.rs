//! Room tests: they have their own scenario, and the server itself creates the answers.

use parterre_protocol::{Readings, RoomTest, kinds::readings::Board};

use super::{Counts, Sample};

/// The room test.
pub(super) enum Kind {}

impl Sample for Kind {
    type Answer = Readings;
    type Settings = RoomTest;
    type Tally = Board;

    fn answer(_: &mut fastrand::Rng, _: &RoomTest) -> Readings {
        unreachable!("readings are made by the server")
    }

    fn parts(readings: &Readings) -> Vec<String> {
        readings.readings.keys().cloned().collect()
    }

    fn tally(_: &RoomTest, _: Counts) -> Board {
        Board::default()
    }

    fn counts(board: &Board) -> Counts {
        board.places.iter().map(|(place, group)| (place.clone(), group.verdicts.total())).collect()
    }
}
