//! Which groups of people results may be split by.
//!
//! A **view** splits those who answered an activity by what they answered to another one. What it
//! shows must not tell of fewer people than [`MIN_GROUP`], nor may what two views show, if it is
//! added up and subtracted: sums over the groups of one view less sums over the groups of another
//! are counts of people too, where one sum has everybody of the other.

use std::collections::{BTreeSet, VecDeque};

/// The fewest people whose answers are shown together.
pub const MIN_GROUP: u32 = 5;

/// Who is in which group that is shown, person by person; none for all others.
pub type View = Vec<Option<usize>>;

/// Hides the groups that are too small and, where the hidden ones and those in no group are too few
/// together, which the difference to all would tell, the next larger ones too.
pub fn suppressed(mut view: View, groups: usize) -> View {
    let mut hidden = BTreeSet::new();
    let mut sizes: Vec<u32> = vec![0; groups];
    view.iter().flatten().for_each(|group| sizes[*group] += 1);
    let mut rest = view.iter().filter(|group| group.is_none()).count() as u32;
    let mut order: Vec<_> = (0..groups).collect();
    order.sort_by_key(|group| (sizes[*group], *group));
    for group in order {
        if sizes[group] < MIN_GROUP || (1..MIN_GROUP).contains(&rest) {
            hidden.insert(group);
            rest += sizes[group];
        }
    }
    view.iter_mut().for_each(|group| *group = group.filter(|group| !hidden.contains(group)));
    view
}

/// Which of these views of the same people may be shown: each with all that come before it.
pub fn shown(views: &[View]) -> Vec<bool> {
    let (mut admitted, mut verdicts) = (Vec::<&View>::new(), Vec::with_capacity(views.len()));
    for view in views {
        let has_groups = view.iter().any(Option::is_some);
        let is_shown = has_groups && !admitted.iter().any(|other| tell(view, other) || tell(other, view));
        admitted.extend(is_shown.then_some(view));
        verdicts.push(is_shown);
    }
    verdicts
}

/// Whether there are groups of one view that have everybody of some groups of the other, and only a
/// few more. Those in no group are one too: the difference to all tells of them.
///
/// Say that somebody in group `p` of the one is in group `q` of the other, and that the former is
/// taken and the latter is not. The fewest that are in a taken group of the one and in no taken
/// group of the other are the least cut from `p` to `q`, where who is in both of two groups may be
/// cut, and a taken group of the other takes all groups of the one that it has anybody of.
fn tell(one: &View, other: &View) -> bool {
    let index = |group: Option<usize>| group.map_or(0, |group| group + 1);
    let size = |view: &View| view.iter().map(|group| index(*group) + 1).max().unwrap_or(1);
    let mut both = vec![vec![0_u32; size(other)]; size(one)];
    one.iter().zip(other).for_each(|(p, q)| both[index(*p)][index(*q)] += 1);
    let cells = both.iter().enumerate().flat_map(|(p, row)| row.iter().enumerate().map(move |(q, n)| (p, q, *n)));
    cells.filter(|(_, _, n)| (1..MIN_GROUP).contains(n)).any(|(p, q, _)| least_cut(&both, p, q) < MIN_GROUP)
}

/// The least cut between a row and a column, or any number from [`MIN_GROUP`] on.
fn least_cut(both: &[Vec<u32>], source: usize, sink: usize) -> u32 {
    let (rows, columns) = (both.len(), both[0].len());
    // What may still flow from a row to a column; back it may flow without limit where anybody is
    // in both.
    let mut left = both.to_vec();
    let mut flow = 0;
    while flow < MIN_GROUP {
        let mut came: Vec<Option<usize>> = vec![None; rows + columns];
        let mut waiting = VecDeque::from([source]);
        while let Some(at) = waiting.pop_front() {
            let next: Vec<_> = match at.checked_sub(rows) {
                None => (0..columns).filter(|q| left[at][*q] > 0).map(|q| rows + q).collect(),
                Some(q) => (0..rows).filter(|p| both[*p][q] > 0).collect(),
            };
            for next in next.into_iter().filter(|next| *next != source) {
                if came[next].is_none() {
                    came[next] = Some(at);
                    waiting.push_back(next);
                }
            }
        }
        if came[rows + sink].is_none() {
            return flow;
        }
        let mut at = rows + sink;
        while let Some(from) = came[at] {
            match at.checked_sub(rows) {
                Some(q) => left[from][q] -= 1,
                None => left[at][from - rows] += 1,
            }
            at = from;
        }
        flow += 1;
    }
    flow
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    type People = BTreeSet<usize>;

    /// Everybody that a view tells apart by sums over its groups and differences to all.
    fn sums(view: &View) -> BTreeSet<People> {
        let groups: BTreeSet<_> = view.iter().copied().collect();
        let groups: Vec<People> =
            groups.into_iter().map(|group| (0..view.len()).filter(|person| view[*person] == group).collect()).collect();
        let chosen = |sum: u32| groups.iter().enumerate().filter(move |(place, _)| sum >> place & 1 == 1);
        (0..1 << groups.len()).map(|sum| chosen(sum).flat_map(|(_, group)| group.iter().copied()).collect()).collect()
    }

    fn views() -> impl Strategy<Value = Vec<View>> {
        let group = || prop::option::weighted(0.9, 0..4_usize);
        let by_chance = move |people| prop::collection::vec(prop::collection::vec(group(), people), 1..5);
        // Nearly the same once more: a few have changed their mind.
        let alike = (5..40_usize, 1..4_usize).prop_flat_map(move |(people, changes)| {
            let changed = prop::collection::vec((0..people, group()), changes);
            (prop::collection::vec(group(), people), prop::collection::vec(changed, 1..4)).prop_map(|(view, others)| {
                let other = |changes: Vec<(usize, Option<usize>)>| {
                    let mut other = view.clone();
                    changes.into_iter().for_each(|(person, group)| other[person] = group);
                    other
                };
                std::iter::once(view.clone()).chain(others.into_iter().map(other)).collect()
            })
        });
        prop_oneof![(5..60_usize).prop_flat_map(by_chance), alike]
    }

    proptest! {
        #[test]
        fn no_two_views_tell_of_a_few_people(views in views()) {
            let views: Vec<_> = views.into_iter().map(|view| suppressed(view, 4)).collect();
            let shown = shown(&views);
            let known: Vec<_> = views.iter().zip(shown).filter(|(_, shown)| *shown).map(|(view, _)| sums(view)).collect();
            for one in &known {
                for other in &known {
                    for (more, fewer) in one.iter().flat_map(|more| other.iter().map(move |fewer| (more, fewer))) {
                        if fewer.is_subset(more) {
                            let few = more.len() - fewer.len();
                            prop_assert!(few == 0 || few >= MIN_GROUP as usize, "{more:?} less {fewer:?}");
                        }
                    }
                }
            }
        }
    }

    fn view(sizes: &[(Option<usize>, usize)]) -> View {
        sizes.iter().flat_map(|(group, size)| std::iter::repeat_n(*group, *size)).collect()
    }

    fn groups(view: &View) -> Vec<usize> {
        view.iter().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    #[test]
    fn a_small_group_is_hidden_with_the_next_larger_one() {
        let all_large = view(&[(Some(0), 74), (Some(1), 157)]);
        assert_eq!(groups(&suppressed(all_large, 2)), [0, 1]);
        let one_small = view(&[(Some(0), 20), (Some(1), 6), (Some(2), 2), (Some(3), 9)]);
        assert_eq!(groups(&suppressed(one_small, 4)), [0, 3]);
        let enough_small = view(&[(Some(0), 20), (Some(1), 3), (Some(2), 2)]);
        assert_eq!(groups(&suppressed(enough_small, 3)), [0]);
        let one_without = view(&[(Some(0), 20), (Some(1), 6), (None, 1)]);
        assert_eq!(groups(&suppressed(one_without, 2)), [0], "who answered nothing is told by the difference too");
        assert_eq!(groups(&suppressed(view(&[(Some(0), 20), (Some(1), 1)]), 2)), [0_usize; 0]);
    }

    #[test]
    fn a_view_that_differs_from_another_by_one_person_is_not_shown() {
        let first = view(&[(Some(0), 10), (Some(1), 10)]);
        let mut second = first.clone();
        second[0] = Some(1);
        let across: View = (0..20).map(|person| Some(person % 2)).collect();
        assert_eq!(shown(&[first.clone(), second, across, first]), [true, false, true, true]);
    }
}
