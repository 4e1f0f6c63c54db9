//! What each audience sees of a room: which topics, and what is in them.

use std::{collections::BTreeMap, iter, sync::Arc};

use parterre_domain::{
    activity::Activity,
    forum::{Forum, Places, Viewer},
    kinds::{self, ResultLimits, Reveal},
    tally::RunningTally,
};
use parterre_protocol::{
    LabelId, Tally,
    limits::{WINDOW_TEXTS, WINDOW_TEXTS_PHONE, WINDOW_WRITTEN},
    posts::{ActivityRound, QaState},
    topics::{Audience, EventState, ModeratedActivity, Moderation, Posts, Qa, Results, Stage, Topic},
};
use parterre_store::RoomState;

use crate::room::topic::Frame;

/// The audiences, in the order in which rooms and workers keep them.
pub const AUDIENCES: [Audience; 5] =
    [Audience::Phone, Audience::Screen, Audience::Studio, Audience::Moderator, Audience::Speaker];

/// The topics that are the same for a whole audience, in the order in which a connection keeps its
/// revs.
pub const TOPICS: [Topic; 5] = [Topic::Stage, Topic::Results, Topic::Posts, Topic::Moderation, Topic::Presence];

/// An audience's place among [`AUDIENCES`].
pub const fn audience_index(audience: Audience) -> usize {
    match audience {
        Audience::Phone => 0,
        Audience::Screen => 1,
        Audience::Studio => 2,
        Audience::Moderator => 3,
        Audience::Speaker => 4,
    }
}

/// Whether an audience is told of a topic.
pub const fn sees(audience: Audience, topic: Topic) -> bool {
    match topic {
        Topic::Stage => true,
        Topic::Results => !matches!(audience, Audience::Speaker),
        Topic::Posts => matches!(audience, Audience::Phone | Audience::Screen | Audience::Speaker),
        Topic::Moderation => moderates(audience),
        Topic::Presence => matches!(audience, Audience::Screen | Audience::Studio | Audience::Moderator),
        Topic::Me => matches!(audience, Audience::Phone),
    }
}

/// Whether an audience sees what is not published.
pub const fn moderates(audience: Audience) -> bool {
    matches!(audience, Audience::Studio | Audience::Moderator)
}

/// The newest frame of each topic for one audience.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// By the order of [`TOPICS`].
    pub frames: [Option<Arc<Frame>>; TOPICS.len()],
    /// For speakers: `posts` by the label that they see, in place of the one above.
    pub labelled: BTreeMap<Option<LabelId>, Arc<Frame>>,
}

/// The topic `stage` for an audience.
pub fn stage(state: &RoomState, audience: Audience) -> Stage {
    let of = state.activities.len() as u32;
    let staged = state.activities.iter().zip(1..).find(|(activity, _)| Some(activity.id) == state.staged);
    // Of the staged one the results tell it. Nodes would publish different numbers with the same
    // stage.
    let respondents = |id| (Some(id) != state.staged).then(|| state.respondents.get(&id).copied().unwrap_or(0));
    let rundown = || state.activities.iter().map(|activity| activity.listed(respondents(activity.id))).collect();
    Stage {
        event: state.event.public(),
        activity: staged
            .filter(|_| state.event.state == EventState::Live && audience != Audience::Speaker)
            .map(|(activity, place)| activity.staged(place, of)),
        qa: qa(state, audience),
        rundown: (audience == Audience::Studio).then(rundown),
    }
}

/// How an event takes questions, for an audience.
fn qa(state: &RoomState, audience: Audience) -> Qa {
    let settings = &state.forum.settings;
    let over = state.event.state == EventState::Ended && settings.state == QaState::Open;
    let outside = matches!(audience, Audience::Phone | Audience::Screen);
    Qa {
        state: if over { QaState::Closed } else { settings.state },
        review: settings.review,
        names: settings.names,
        downvotes: settings.downvotes,
        labels: settings.labels.iter().filter(|label| label.public || !outside).cloned().collect(),
        on_screen: state.forum.on_screen,
    }
}

/// The topic `results` for an audience.
pub fn results(state: &RoomState, audience: Audience) -> Results {
    let staged = state.activities.iter().find(|activity| Some(activity.id) == state.staged);
    let (Some(activity), Some(tally)) = (staged, &state.tally) else { return Results::default() };
    let respondents = match activity.texts() {
        Some(_) => state.respondents.get(&activity.id).copied().unwrap_or_default(),
        None => tally.respondents,
    };
    results_of(Answered { activity, respondents, tally, forum: &state.forum }, audience)
}

/// What the results of one round are made of.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The activity, in that round.
    pub activity: &'a Activity,
    /// How many participants have answered.
    pub respondents: u32,
    /// What they have answered.
    pub tally: &'a RunningTally,
    /// Where the texts are that they have sent, if they send such.
    pub forum: &'a Forum,
}

/// What an audience sees of the results of one round, as the topic `results` has it.
pub fn results_of(answered: Answered<'_>, audience: Audience) -> Results {
    let Answered { activity, respondents, tally, forum } = answered;
    let shown = match audience {
        Audience::Phone | Audience::Moderator | Audience::Speaker => ResultLimits { words: 30, others: 0 },
        Audience::Screen => ResultLimits { words: 80, others: 0 },
        Audience::Studio => ResultLimits { words: 80, others: 20 },
    };
    let visible = activity.shows_results() || audience == Audience::Studio;
    // Facilitators wrote it.
    let reveal = if audience == Audience::Studio { Reveal::Shown } else { activity.reveal() };
    Results {
        activity: Some(activity.id),
        round: activity.round,
        respondents: (visible || audience != Audience::Phone).then_some(respondents),
        tally: visible
            .then(|| match activity.texts() {
                Some(to) => texts_shown(forum, activity, to, audience),
                None => Some(tally.view(shown, reveal)),
            })
            .flatten(),
        // Whoever moderates sees to it before all others see it.
        written: moderates(audience).then(|| tally.written(WINDOW_WRITTEN)).flatten(),
    }
}

/// What there is to see of the texts that were sent to an activity.
fn texts_shown(forum: &Forum, activity: &Activity, to: ActivityRound, audience: Audience) -> Option<Tally> {
    let most = match audience {
        Audience::Phone | Audience::Moderator | Audience::Speaker => WINDOW_TEXTS_PHONE,
        Audience::Screen | Audience::Studio => WINDOW_TEXTS,
    };
    kinds::tally_of(&activity.settings, forum.shown_texts(to, most))
}

/// The topic `moderation` of these posts.
pub fn moderation(state: &RoomState, forum: &Forum) -> Moderation {
    let staged = state.staged;
    let activities = iter::zip(1.., &state.activities).filter_map(|(place, activity)| {
        let to = activity.texts()?;
        let told = ModeratedActivity {
            title: kinds::title(&activity.settings).to_owned(),
            place,
            round: to.round,
            staged: staged == Some(activity.id),
            counts: forum.counts(Places::Activity(to)),
        };
        Some((activity.id, told))
    });
    forum.moderation(activities.collect())
}

/// The places of the posts that moderators may look at beside the questions: the activities whose
/// answers are posts.
pub fn activities_with_texts(activities: &[Activity]) -> Vec<ActivityRound> {
    activities.iter().filter_map(Activity::texts).collect()
}

/// The topic `posts` for those who watch.
pub fn posts(state: &RoomState, watcher: Viewer) -> Posts {
    state.forum.window(watcher, state.event.state == EventState::Ended)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use parterre_protocol::{Answer, Settings, WordCloud, Words};

    use super::*;
    use crate::room::reuse::tests::before;

    #[test]
    fn answers_to_what_is_on_stage_change_no_stage() {
        let (state, mut later) = (before(), before());
        later.respondents.insert(state.activities[0].id, 99);
        let studio = stage(&state, Audience::Studio);
        assert_eq!(studio, stage(&later, Audience::Studio));
        let respondents: Vec<_> = studio.rundown.unwrap().iter().map(|item| item.respondents).collect();
        assert_eq!(respondents, [None, Some(1)]);
    }

    /// `cargo test -p parterre --release --lib -- --ignored --nocapture fifty_thousand`
    #[test]
    #[ignore = "prints what it costs, and judges nothing"]
    fn fifty_thousand_different_words() {
        let cloud = Settings::Words(WordCloud { title: "?".to_owned(), words_per_person: 1 });
        let answers = |from: u32| (from..from + 50_000).map(|n| format!("Wörd {n}")).map(|word| vec![word]);
        let answers = |from| answers(from).map(|words| Answer::Words(Words { words })).collect::<Vec<_>>();
        let (first, more) = (answers(0), answers(50_000));
        let began = Instant::now();
        let mut tally = RunningTally::count(&cloud, &first);
        println!("{:?} an answer", began.elapsed() / 50_000);
        let began = Instant::now();
        for _ in 0..100 {
            assert_ne!(
                tally.view(ResultLimits { words: 80, others: 20 }, Reveal::Hidden),
                RunningTally::empty(&cloud).view(ResultLimits { words: 0, others: 0 }, Reveal::Hidden)
            );
        }
        println!("{:?} a view", began.elapsed() / 100);
        let began = Instant::now();
        more.iter().for_each(|answer| tally.add(answer));
        println!("{:?} an answer once no more are held", began.elapsed() / 50_000);
    }
}
