//! A rating on a phone.

use askama::Template;
use parterre_domain::kinds::rating::Rules;
use parterre_protocol::{
    OptionId, Rating, RatingTally, Ratings,
    kinds::{ByKind, rating::Scale},
};

use super::{AnswerForm, FormContext, KindPage, Unreadable};
use crate::i18n::Locale;

impl KindPage for Rules {
    fn hint(t: Locale, rating: &Rating) -> String {
        hint(t, rating)
    }

    fn form(context: &FormContext<'_, Self>) -> String {
        RatingView::new(context).render().expect("text is written to memory")
    }

    fn from_form(form: AnswerForm<'_>) -> Result<Ratings, Unreadable> {
        Ok(Ratings { ratings: form.by_id("rating").collect::<Result<_, _>>()? })
    }
}

/// A rating as one participant sees it.
#[derive(Template)]
#[template(path = "rating/phone.html")]
struct RatingView<'a> {
    title: &'a str,
    hint: &'a str,
    open: bool,
    /// The class of its scale.
    style: &'static str,
    statements: Vec<StatementView<'a>>,
    /// What the lowest and the highest value mean, where that is said.
    ends: Option<(String, String)>,
}

/// One statement.
#[derive(Debug)]
struct StatementView<'a> {
    id: OptionId,
    /// Nothing where the title is what is rated.
    text: &'a str,
    values: Vec<ValueView>,
    /// Its counts, where results are visible.
    result: Option<ResultView>,
}

/// One value that it can be given.
#[derive(Debug)]
struct ValueView {
    value: u8,
    /// As it is read aloud.
    name: String,
    chosen: bool,
}

/// The counts of a statement as they are shown.
#[derive(Debug)]
struct ResultView {
    /// The mean or the Net Promoter Score.
    figure: String,
    /// What it is, and of how many.
    what: String,
    /// The share of each value, in words.
    shares: String,
    /// How high the bar of each value is, of 100, and whether it is the own one.
    bars: Vec<(u64, bool)>,
}

impl<'a> RatingView<'a> {
    fn new(context: &FormContext<'a, Rules>) -> Self {
        let FormContext { t, prompt: rating, hint, open, own, tally, .. } = *context;
        let scale = &rating.scale;
        let values = || scale.lowest()..=scale.highest();
        let statements = rating.statements.iter().map(|statement| {
            let given = own.and_then(|own| own.ratings.get(&statement.id).copied());
            let value = |value| ValueView { value, name: value_name(t, scale, value), chosen: given == Some(value) };
            let counts = tally.and_then(RatingTally::of).and_then(|tally| tally.counts.get(&statement.id));
            StatementView {
                id: statement.id,
                text: &statement.text,
                values: values().map(value).collect(),
                result: counts.map(|counts| ResultView::new(t, scale, counts, given)),
            }
        });
        Self {
            title: &rating.title,
            hint,
            open,
            style: style(scale),
            statements: statements.collect(),
            ends: ends(t, scale),
        }
    }
}

impl ResultView {
    fn new(t: Locale, scale: &Scale, counts: &[u32], own: Option<u8>) -> Self {
        let most = counts.iter().copied().max().unwrap_or_default().max(1);
        let all: u64 = counts.iter().copied().map(u64::from).sum();
        let shares = (scale.lowest()..).zip(counts).map(|(value, &count)| {
            let percent = (200 * u64::from(count) + all).checked_div(2 * all).unwrap_or_default();
            let share = t.format("common.percent", &[("n", &percent)]);
            t.format("phone.rating.share", &[("value", &value), ("share", &share)])
        });
        let what = match scale {
            _ if all == 0 => t.text("phone.rating.none"),
            Scale::Nps => t.count("phone.rating.nps_of", u32::try_from(all).unwrap_or(u32::MAX)),
            Scale::Stars { .. } | Scale::Labels { .. } => {
                t.count("phone.rating.mean_of", u32::try_from(all).unwrap_or(u32::MAX))
            }
        };
        Self {
            figure: if all == 0 { String::new() } else { figure(t, scale, counts) },
            what,
            shares: shares.collect::<Vec<_>>().join(", "),
            bars: (scale.lowest()..)
                .zip(counts)
                .map(|(value, &count)| (100 * u64::from(count) / u64::from(most), own == Some(value)))
                .collect(),
        }
    }
}

/// The mean with one decimal, or the Net Promoter Score with its sign; a dash of nothing.
fn figure(t: Locale, scale: &Scale, counts: &[u32]) -> String {
    let all: u64 = counts.iter().copied().map(u64::from).sum();
    if all == 0 {
        return "–".to_owned();
    }
    if matches!(scale, Scale::Nps) {
        let of = |counts: &[u32]| counts.iter().copied().map(i64::from).sum::<i64>();
        let (detractors, promoters) = (of(&counts[..counts.len().min(7)]), of(counts.get(9..).unwrap_or_default()));
        // Rounded half up, as scripts do.
        let all = i64::try_from(all).unwrap_or(i64::MAX / 400);
        let score = (200 * (promoters - detractors) + all).div_euclid(2 * all);
        return if score == 0 { "0".to_owned() } else { format!("{score:+}") };
    }
    let sum: u64 = (u64::from(scale.lowest())..).zip(counts).map(|(value, &count)| value * u64::from(count)).sum();
    t.tenths((20 * sum + all) / (2 * all))
}

/// The class of a scale.
const fn style(scale: &Scale) -> &'static str {
    match scale {
        Scale::Stars { .. } => "stars",
        Scale::Labels { .. } | Scale::Nps => "numbers",
    }
}

/// What the ends of a scale mean, where that is said.
fn ends(t: Locale, scale: &Scale) -> Option<(String, String)> {
    match scale {
        Scale::Stars { .. } => None,
        Scale::Labels { low, high, .. } => (!low.is_empty() || !high.is_empty()).then(|| (low.clone(), high.clone())),
        Scale::Nps => Some((t.text("phone.rating.nps_low"), t.text("phone.rating.nps_high"))),
    }
}

/// A value as it is read aloud: the ends with what they mean.
fn value_name(t: Locale, scale: &Scale, value: u8) -> String {
    if let Scale::Stars { points } = scale {
        return t.format("phone.rating.stars", &[("n", &value), ("of", points)]);
    }
    let meaning = ends(t, scale).and_then(|(low, high)| match value {
        value if value == scale.lowest() => Some(low),
        value if value == scale.highest() => Some(high),
        _ => None,
    });
    match meaning.filter(|meaning| !meaning.is_empty()) {
        Some(meaning) => format!("{value}, {meaning}"),
        None => value.to_string(),
    }
}

/// What to do, whether statements may be left out, and whether one may change one's mind.
fn hint(t: Locale, rating: &Rating) -> String {
    let scale = &rating.scale;
    let (low, high) = (scale.lowest(), scale.highest());
    let how = match scale {
        Scale::Stars { points } => t.count("phone.rating.how_stars", (*points).into()),
        Scale::Labels { .. } | Scale::Nps => t.format("phone.rating.how", &[("low", &low), ("high", &high)]),
    };
    let change = if rating.changeable { "phone.changeable" } else { "phone.unchangeable" };
    format!("{how} {}", t.text(change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::LOCALES;

    #[test]
    fn figures_are_rounded_half_up_and_say_nothing_of_nobody() {
        let [en, fr] = LOCALES;
        let stars = Scale::Stars { points: 5 };
        assert_eq!(figure(en, &stars, &[0, 0, 1, 2, 1]), "4.0");
        assert_eq!(figure(fr, &stars, &[0, 0, 0, 7, 1]), "4,1", "4.125");
        assert_eq!(figure(en, &stars, &[3, 1, 0, 0, 0]), "1.3", "1.25");
        assert_eq!(figure(en, &stars, &[0; 5]), "–");
        let nps = |low: u32, middle: u32, high: u32| {
            let mut counts = [0; 11];
            (counts[6], counts[8], counts[9]) = (low, middle, high);
            figure(en, &Scale::Nps, &counts)
        };
        assert_eq!([nps(1, 0, 0), nps(0, 1, 0), nps(0, 0, 1)], ["-100", "0", "+100"]);
        assert_eq!([nps(1, 1, 2), nps(2, 1, 0), nps(0, 7, 1)], ["+25", "-67", "+13"]);
    }
}
