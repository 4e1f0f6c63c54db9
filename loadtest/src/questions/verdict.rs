//! Waits until everything has settled and runs the checks.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Result;
use parterre_protocol::{
    PostId,
    limits::{WINDOW_PHONE, WINDOW_SCREEN},
    topics::{Posts, Topic},
};

use super::{
    judge,
    model::{Model, Own},
    notes::Notes,
    stored::Stored,
};
use crate::{bench::Bench, client::Client, crowd::CrowdTotals};

/// Whatever has not settled within this time counts as wrong.
const SETTLE_LIMIT: Duration = Duration::from_secs(20);

/// The checked state, to be compared with after a restart.
pub struct Verdict {
    model: Model,
    stored: Stored,
}

/// Checks everything that is stored and shown.
pub async fn judge(bench: &Bench, notes: &Notes) -> Result<Verdict> {
    let asked = notes.record.borrow().asked();
    let knows = |phone: &Client| own(phone).map(|own| own.len()) == Some(*asked.get(&phone.number).unwrap_or(&0));
    // Clients that do not are found below.
    let _ = bench.phones.every(SETTLE_LIMIT, knows).await;
    let stored = Stored::read(&bench.facilitator).await?;
    let model = judge_stored(bench, notes, &stored);
    check_windows(bench, &stored, model.highlight).await;
    bench.check_final_state().await?;
    check_own(bench, &model, "every author is told what became of each question").await;
    Ok(Verdict { model, stored })
}

impl Verdict {
    /// The number of questions with several possible counts, because the order of an act and a vote
    /// is unknown.
    pub fn uncertain(&self) -> usize {
        self.model.posts.values().filter(|it| it.votes.0 != it.votes.1).count()
    }

    /// Restarts the server, if it is ours, waits until everybody has reconnected, and compares the
    /// state. Returns the seconds from the restart command until the last phone was back.
    pub async fn holds_after_restart(&self, bench: &mut Bench, notes: &Notes) -> Result<Option<f64>> {
        let restart_seconds = bench.restart().await?;
        if restart_seconds.is_none() {
            bench.all_come_back().await?;
        }
        let again = Stored::read(&bench.facilitator).await?;
        bench.checks.note("when all came back, the same was stored", judge::changed(&self.stored, &again));
        check_own(bench, &self.model, "every author who came back is told the same").await;
        check_votes(bench, notes, &self.model).await;
        Ok(restart_seconds)
    }
}

/// Compares what was confirmed with what is stored.
fn judge_stored(bench: &Bench, notes: &Notes, stored: &Stored) -> Model {
    let (record, checks) = (notes.record.borrow(), &bench.checks);
    let me: Vec<_> = bench.phones.all.iter().filter_map(|phone| phone.topics().me()).collect();
    let model = Model::of(&record, &judge::numbers(&record, me.iter()));
    checks.note("every command has its receipt", record.unsettled());
    checks.note("nothing was refused without reason", record.wrongly_refused());
    checks.note("no vote was refused but on one’s own question", model.wrongly_refused(&record));
    checks.note("every confirmed question is stored, and no other", judge::lost(&record, &model, stored));
    checks.note("every question is where the confirmed acts put it", judge::misplaced(&model, stored));
    checks.note("every question counts those who were told so, each once", judge::miscounted(&model, stored));
    checks.note("the whole list is in order, page by page", judge::disordered(stored));
    model
}

/// The window must equal what is stored, and be the same on every phone.
async fn check_windows(bench: &Bench, stored: &Stored, highlight: Option<PostId>) {
    let on_phones = stored.window(WINDOW_PHONE, highlight);
    let same = |phone: &Client| phone.topics().posts().as_ref() == Some(&on_phones);
    let wrong = bench.phones.every(SETTLE_LIMIT, same).await.err().map(|phone| {
        let held = phone.topics().posts();
        format!("phone {} holds {}; stored is {}", phone.number, told(held.as_ref()), judge::in_short(&on_phones))
    });
    bench.checks.note("every phone ended on the order and the counts that are stored", wrong);
    let revs: BTreeMap<_, usize> = bench.phones.all.iter().fold(BTreeMap::new(), |mut revs, phone| {
        *revs.entry(phone.topics().rev(Topic::Posts)).or_default() += 1;
        revs
    });
    let wrong = (revs.len() > 1).then(|| format!("versions and how many hold them: {revs:?}"));
    bench.checks.note("every phone ended on the same version", wrong);

    let on_screen = stored.window(WINDOW_SCREEN, highlight);
    let screen = || bench.screen.topics().posts();
    let same = |_: &CrowdTotals| screen().as_ref() == Some(&on_screen);
    let wrong = bench.screen.crowd().until("the screen", SETTLE_LIMIT, same).await.err();
    let wrong =
        wrong.map(|_| format!("it holds {}; stored is {}", told(screen().as_ref()), judge::in_short(&on_screen)));
    bench.checks.note("the screen ended on the order and the counts that are stored", wrong);
}

fn told(posts: Option<&Posts>) -> String {
    posts.map_or_else(|| "nothing".to_owned(), judge::in_short)
}

async fn check_own(bench: &Bench, model: &Model, what: &str) {
    let (expected, none) = (model.own(), Own::new());
    let expected = |phone: &Client| expected.get(&phone.number).unwrap_or(&none);
    let same = |phone: &Client| own(phone).as_ref() == Some(expected(phone));
    let wrong = bench.phones.every(SETTLE_LIMIT, same).await.err();
    let wrong = wrong.map(|phone| format!("phone {} holds {:?}, not {:?}", phone.number, own(phone), expected(phone)));
    bench.checks.note(what, wrong);
}

fn own(phone: &Client) -> Option<Own> {
    phone.topics().me().as_ref().map(judge::own)
}

/// The `me` of every phone that reconnected must contain the confirmed votes. Votes on merged
/// questions are checked by the counts.
async fn check_votes(bench: &Bench, notes: &Notes, model: &Model) {
    let (votes, merged) = {
        let record = notes.record.borrow();
        (model.votes_of(&record), record.merged())
    };
    let none = BTreeMap::new();
    let expected = |phone: &Client| votes.get(&phone.number).unwrap_or(&none);
    let held = |phone: &Client| {
        let me = phone.topics().me()?;
        Some(me.votes.into_iter().filter(|(post, _)| !merged.contains(post)).collect::<BTreeMap<_, _>>())
    };
    let wrong = bench.phones.every(SETTLE_LIMIT, |phone| held(phone).as_ref() == Some(expected(phone))).await.err();
    let wrong = wrong.map(|phone| format!("phone {} holds {:?}, not {:?}", phone.number, held(phone), expected(phone)));
    bench.checks.note("of every phone that came back, `me` holds exactly the confirmed votes", wrong);
}
