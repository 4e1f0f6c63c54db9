//! What the room has: bandwidth for all, and devices that keep time and remember.

use crate::{
    change::Change,
    code::Code,
    finding::Finding,
    measure::{Clock, Figures, Measurement, Measures, Storage, Transfer},
    plan::Plan,
    step::{Step, Verdict},
};

/// Certificates are good from a moment on, and members' codes by the clock for half a minute.
/// Countdowns go by the server's clock and need none.
const CLOCK_MS: f64 = 30_000.0;
/// A line below this many bits a second is what delays whatever is tried on it.
const NARROW: f64 = 500_000.0;
const MINUTE_MS: f64 = 60_000.0;
const HOUR_MS: f64 = 60.0 * MINUTE_MS;
const DAY_MS: f64 = 24.0 * HOUR_MS;

/// Bits a second, as this transfer had them.
pub(crate) fn rate(it: &Transfer) -> f64 {
    // What is faster than the clock is as fast as it can tell.
    it.bytes as f64 * 8.0 / (it.ms.max(1.0) / 1000.0)
}

/// Whether the line was measured to be narrow, either way.
pub(super) fn is_narrow(all: &Measures) -> bool {
    let narrow = |got: &Figures<_>| matches!(got, Some(Measurement::Figures(took)) if rate(took) < NARROW);
    narrow(&all.download) || narrow(&all.upload)
}

pub(super) fn download(plan: &Plan, it: &Transfer, participants: u32) -> Finding {
    let codes = [Code::DownloadFine, Code::DownloadShort, Code::DownloadLow];
    here(plan, bandwidth(Step::Download, rate(it), plan.participant.needs(participants).down, codes))
}

pub(super) fn upload(plan: &Plan, it: &Transfer, participants: u32) -> Finding {
    let codes = [Code::UploadFine, Code::UploadShort, Code::UploadLow];
    here(plan, bandwidth(Step::Upload, rate(it), plan.participant.needs(participants).up, codes))
}

/// What goes through the server's own machine alone is fast whatever the room's line is.
fn here(plan: &Plan, finding: Finding) -> Finding {
    let praises = plan.this_machine && finding.verdict == Verdict::Success;
    if praises { Finding::skipped(finding.step, Code::TransferHere) } else { finding }
}

/// One device alone on the network should see twice what the room needs: the room's devices also do
/// other things.
fn bandwidth(step: Step, seen: f64, needed: u64, [fine, short, low]: [Code; 3]) -> Finding {
    let needed = needed as f64;
    let (verdict, code) = if seen >= 2.0 * needed {
        (Verdict::Success, fine)
    } else if seen >= needed {
        (Verdict::Warning, short)
    } else {
        (Verdict::Failed, low)
    };
    let finding = Finding::new(step, verdict, code);
    let finding = if verdict == Verdict::Success { finding } else { finding.ask(Change::Bandwidth) };
    finding.number("seen", seen / 1e6).number("needed", needed / 1e6)
}

pub(super) fn clock(it: &Clock) -> Finding {
    let step = Step::Clock;
    // The difference is known to half of the way only.
    let off = (it.ahead_ms.abs() - it.round_trip_ms / 2.0).max(0.0);
    let [minutes, hours, days] = [MINUTE_MS, HOUR_MS, DAY_MS].map(|unit| off / unit);
    let code = match () {
        () if days >= 2.0 => Code::ClockOffDays,
        () if hours >= 2.0 => Code::ClockOffHours,
        () if minutes >= 2.0 => Code::ClockOffMinutes,
        () if off > CLOCK_MS => Code::ClockOff,
        () => Code::ClockFine,
    };
    let finding = match code {
        Code::ClockFine => Finding::fine(step, code),
        _ => Finding::warning(step, code).ask(Change::Clock),
    };
    finding.number("seconds", off / 1000.0).number("minutes", minutes).number("hours", hours).number("days", days)
}

pub(super) fn storage(it: &Storage) -> Finding {
    let step = Step::Storage;
    if !it.cookies {
        Finding::failed(step, Code::StorageNoCookies).ask(Change::Storage)
    } else if !it.works {
        Finding::warning(step, Code::StorageNone).ask(Change::Storage)
    } else if it.private {
        Finding::fine(step, Code::StoragePrivate)
    } else {
        Finding::fine(step, Code::StorageFine)
    }
}
