//! Which published posts ask about the same as a text, without asking anybody outside.
//!
//! A text is compared by its words, folded, and by the trigrams of these, which see through endings
//! and slips of the finger. Each counts by how seldom it is among the posts. No language is known
//! here but for the words that every question is made of, which say nothing about what it asks.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use parterre_protocol::{PostId, Rev};

use super::{forum::Forum, post::Post, text};

/// How many are offered.
const MAX_SIMILAR: usize = 3;
/// How alike two texts must be to be taken for the same question, from 0 to 1.
const ALIKE: f32 = 0.42;
/// What a trigram counts for, as part of a whole word's weight.
const TRIGRAMS: f32 = 0.8;
/// Among few posts nothing is rare: as many more are thought to be there.
const IMAGINED: f32 = 20.0;
/// A feature of more than this part of the posts finds nothing; it only makes a match better or
/// worse.
const COMMON: f32 = 0.2;

/// Words that questions are made of, in the languages of the pages and their neighbours.
static EMPTY_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    "a about again all also am an and any are as at be been but by can could did do does doing for from get had has have
     he her here his how i if in into is it its just like may me might more most much my no not of on one only or other
     our out over own please she should so some such than that the their them then there these they this those to too
     under up us very was we were what when where which while who whom why will with would you your
     ai alors as au aucun aura aurait aussi autre aux avec avez avoir avons c ca car ce cela ces cet cette ceux chez
     combien comment d dans de depuis des dit donc dont du elle elles en encore entre es est et etaient etait ete etes
     etre eu fait faire faut ils j je l la le les leur leurs lui m ma mais me meme mes moi mon n ne ni nos notre nous on
     ont ou par parce pas peu peut peuvent peux plus pour pourquoi pourquoi pouvez quand que quel quelle quelles quels
     qu qui quoi s sa sans se sera serait ses si son sont sous sur t ta te tes toi ton tous tout toute toutes tres tu un
     une va vais vers voir vont vos votre vous y il
     der die das den dem des ein eine einen einem einer und oder aber ist sind war wird werden wie was wer wo wann warum
     welche welcher kann konnen man nicht auch auf fur mit von zu zum zur im es sie wir ihr ich hat haben
     el los las un una unos unas y o pero es son ser estar esta como que quien cuando donde por para con sin del al se su
     il lo gli i uno di da in con su per tra fra e o ma che chi cosa come quando dove perche sono essere ha hanno
     os as um uma do da dos das no na nos nas com sem por para mas sao ser ter tem quem quando onde"
        .split_whitespace()
        .collect()
});

/// How many meaningful words of a text are considered: the longest question has some 50 words, half
/// of them stop words.
const MAX_WORDS: usize = 32;

/// A word or trigram, as its hash.
type Feature = u64;
/// What a text is compared by, and how much of it there is.
type Features = HashMap<Feature, f32>;

/// An index of the published posts that are no parts of others.
#[derive(Debug, Default)]
pub struct Similar {
    posts: BTreeMap<PostId, Indexed>,
    /// In which posts a feature is, and how much of it.
    places: HashMap<Feature, Vec<(PostId, f32)>>,
    /// How many posts there were when all lengths were last measured.
    measured: usize,
    /// Those that are still to be measured.
    unmeasured: Vec<PostId>,
}

#[derive(Debug)]
struct Indexed {
    version: Rev,
    features: Features,
    /// The length of the features as a vector, as it was when it was last measured.
    length: f32,
}

impl Similar {
    /// The posts of which the index knows something else than the forum.
    pub fn stale(&self, forum: &Forum) -> Vec<PostId> {
        let gone = self.posts.keys().copied().filter(|id| !is_wanted(forum, *id));
        let shown = forum.questions().filter(|post| post.fields.is_shown());
        let is_other = |post: &Post| self.posts.get(&post.id).is_none_or(|indexed| indexed.version != post.version);
        gone.chain(shown.filter(|post| is_other(post)).map(|post| post.id)).collect()
    }

    /// Adds these posts. They must be measured afterwards.
    pub fn update(&mut self, forum: &Forum, posts: &[PostId]) {
        for id in posts {
            self.remove(*id);
            if let Some(post) = forum.post(*id).filter(|post| post.is_shown_question()) {
                self.insert(*id, post.version, features(&post.fields.text));
                self.unmeasured.push(*id);
            }
        }
    }

    /// Measures at most this many posts, and returns whether there are more. Every post changes the
    /// weights of all others a little, so they are measured again after many have been added or
    /// removed.
    pub fn measure(&mut self, most: usize) -> bool {
        if self.posts.len().abs_diff(self.measured) * 8 > self.measured {
            self.measured = self.posts.len();
            self.unmeasured = self.posts.keys().copied().collect();
        }
        for post in self.unmeasured.split_off(self.unmeasured.len().saturating_sub(most)) {
            let length = self.posts.get(&post).map(|indexed| self.length(&indexed.features));
            if let (Some(length), Some(indexed)) = (length, self.posts.get_mut(&post)) {
                indexed.length = length;
            }
        }
        !self.unmeasured.is_empty()
    }

    /// Up to three posts that ask about the same as the text, the most similar first; empty if none
    /// is similar.
    pub fn to(&self, text: &str) -> Vec<PostId> {
        let asked = features(text);
        let mut shared: HashMap<PostId, f32> = HashMap::new();
        let mut common = Vec::new();
        for (feature, amount) in &asked {
            let Some(places) = self.places.get(feature) else { continue };
            let weight = amount * self.rarity(places.len()).powi(2);
            if places.len() as f32 > 10.0 + COMMON * self.posts.len() as f32 {
                common.push((feature, weight));
                continue;
            }
            for (post, there) in places {
                *shared.entry(*post).or_default() += weight * there;
            }
        }
        let length = self.length(&asked);
        let alike = shared.into_iter().filter_map(|(post, shared)| {
            let there = self.posts.get(&post)?;
            let also = common.iter().filter_map(|(feature, weight)| Some(weight * there.features.get(*feature)?));
            Some((post, (shared + also.sum::<f32>()) / (length * there.length)))
        });
        let mut alike: Vec<_> = alike.filter(|(_, score)| *score >= ALIKE).collect();
        alike.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        alike.into_iter().take(MAX_SIMILAR).map(|(post, _)| post).collect()
    }

    fn insert(&mut self, post: PostId, version: Rev, features: Features) {
        for (feature, amount) in &features {
            self.places.entry(*feature).or_default().push((post, *amount));
        }
        self.posts.insert(post, Indexed { version, features, length: 1.0 });
    }

    fn remove(&mut self, post: PostId) {
        let Some(indexed) = self.posts.remove(&post) else { return };
        for feature in indexed.features.keys() {
            if let Some(places) = self.places.get_mut(feature) {
                places.retain(|(other, _)| *other != post);
                if places.is_empty() {
                    self.places.remove(feature);
                }
            }
        }
    }

    /// The weight of a feature that this many posts have.
    fn rarity(&self, posts: usize) -> f32 {
        ((self.posts.len() as f32 + IMAGINED) / (posts as f32 + 1.0)).ln_1p()
    }

    /// The length of a text as a vector of its features.
    fn length(&self, features: &Features) -> f32 {
        let square = |(feature, amount): (&Feature, &f32)| {
            (amount * self.rarity(self.places.get(feature).map_or(0, Vec::len))).powi(2)
        };
        features.iter().map(square).sum::<f32>().sqrt().max(f32::MIN_POSITIVE)
    }
}

fn is_wanted(forum: &Forum, post: PostId) -> bool {
    forum.post(post).is_some_and(Post::is_shown_question)
}

/// The words of a text that say something, and their trigrams. All trigrams of a word together
/// count as much as [`TRIGRAMS`] says; a short word counts less than a long one.
fn features(text: &str) -> Features {
    let mut features = Features::new();
    let folded = text::fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    for word in words.filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(word)).take(MAX_WORDS) {
        let letters: Vec<char> = [' '].into_iter().chain(word.chars()).chain([' ']).collect();
        let weight = (letters.len() as f32 / 8.0).clamp(0.4, 1.0);
        features.insert(feature(word), weight);
        let trigrams = letters.windows(3);
        let share = weight * TRIGRAMS / (trigrams.len() as f32).sqrt();
        for trigram in trigrams {
            *features.entry(feature(trigram)).or_default() += share;
        }
    }
    features
}

fn feature(of: impl Hash) -> Feature {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parterre_protocol::{ParticipantId, posts::Queue};
    use uuid::Uuid;

    use super::*;
    use crate::{
        forum::ForumChange,
        post::{PostFields, VoteCount},
    };

    const ENGLISH: [&str; 24] = [
        "Will travel be paid for members who come from overseas?",
        "When will the new parking garage be finished?",
        "Why was the budget for training cut this year?",
        "Can we work from home on more than two days a week?",
        "What is the plan if the merger does not go through?",
        "How many people left the company last year?",
        "Is there going to be a vegetarian option in the canteen?",
        "What do you do about the gender pay gap?",
        "Will the slides of this talk be shared afterwards?",
        "Who decides which projects get funding next year?",
        "How do we reduce our carbon emissions by 2030?",
        "Why is the membership fee going up again?",
        "Are there plans to open an office in Berlin?",
        "What is the biggest risk that you see for next year?",
        "Will artificial intelligence replace our customer support?",
        "When do we get new laptops?",
        "Could the annual meeting be held in another city next time?",
        "How are bonuses calculated?",
        "What happened to the data after the security breach in March?",
        "Is the choir going to perform with an orchestra in spring?",
        "Why does the lift in building C break down so often?",
        "What is being done for parents who need childcare?",
        "How can young members get a seat on the board?",
        "Will you publish the results of the staff survey?",
    ];

    const FRENCH: [&str; 16] = [
        "Les frais de déplacement seront-ils remboursés aux adhérents d'outre-mer ?",
        "Quand le nouveau parking sera-t-il terminé ?",
        "Pourquoi le budget de la formation a-t-il été réduit cette année ?",
        "Pourra-t-on télétravailler plus de deux jours par semaine ?",
        "Combien de personnes ont quitté l'entreprise l'an dernier ?",
        "Y aura-t-il un menu végétarien à la cantine ?",
        "Que faites-vous pour l'égalité salariale entre femmes et hommes ?",
        "Les diapositives de la conférence seront-elles partagées ?",
        "Qui décide des projets qui seront financés l'an prochain ?",
        "Comment comptez-vous réduire nos émissions de carbone d'ici 2030 ?",
        "Pourquoi la cotisation augmente-t-elle encore ?",
        "Est-il prévu d'ouvrir un bureau à Berlin ?",
        "L'intelligence artificielle va-t-elle remplacer le service client ?",
        "Comment les primes sont-elles calculées ?",
        "Le chœur chantera-t-il avec un orchestre au printemps ?",
        "Allez-vous publier les résultats de l'enquête auprès du personnel ?",
    ];

    fn post(number: u32, text: &str) -> Arc<Post> {
        Arc::new(Post {
            id: PostId::new(number),
            to: None,
            author: ParticipantId::new(Uuid::nil()),
            name: None,
            at: 0,
            flagged: false,
            version: number.into(),
            fields: PostFields::new(text.to_owned(), Queue::Published, 0),
            votes: VoteCount::default(),
        })
    }

    fn refresh(similar: &mut Similar, forum: &Forum) {
        let stale = similar.stale(forum);
        similar.update(forum, &stale);
        while similar.measure(3) {}
        assert!(similar.stale(forum).is_empty());
    }

    fn index(texts: &[&str]) -> Similar {
        let posts = texts.iter().zip(0..).map(|(text, number)| post(number, text));
        let mut similar = Similar::default();
        refresh(&mut similar, &Forum::new(Arc::default(), posts));
        similar
    }

    /// The place of what is found in its list.
    fn found(similar: &Similar, text: &str) -> Vec<usize> {
        similar.to(text).into_iter().map(|post| post.number() as usize).collect()
    }

    /// Questions, and which of the lists each asks in other words.
    const REPHRASED: [(&str, &str); 24] = [
        ("Do you pay the travel of overseas members?", ENGLISH[0]),
        ("will the parking garage be finished soon", ENGLISH[1]),
        ("Why did you cut the training budget?", ENGLISH[2]),
        ("may I work from home three days a week??", ENGLISH[3]),
        ("vegetarian options in our canteen?", ENGLISH[6]),
        ("Do we close the gender pay gap?", ENGLISH[7]),
        ("Could you share your slides?", ENGLISH[8]),
        ("how will we reduce carbon emission", ENGLISH[10]),
        ("Why do membership fees go up?", ENGLISH[11]),
        ("Will there be an office in berlin?", ENGLISH[12]),
        ("is artifical inteligence going to replace customer suport", ENGLISH[14]),
        ("New laptops?", ENGLISH[15]),
        ("How is the bonus calculated?", ENGLISH[17]),
        ("Will the survey results be published?", ENGLISH[23]),
        ("Remboursez-vous les frais de déplacement ?", FRENCH[0]),
        ("le nouveau PARKING, c'est terminé quand ?", FRENCH[1]),
        ("Pourquoi avoir réduit le budget formation ?", FRENCH[2]),
        ("combien de jours de teletravail par semaine", FRENCH[3]),
        ("Un menu vegetarien a la cantine, c'est possible ?", FRENCH[5]),
        ("Et l'égalité des salaires hommes-femmes ?", FRENCH[6]),
        ("pourquoi augmenter la cotisation", FRENCH[10]),
        ("Un bureau à Berlin est-il prévu ?", FRENCH[11]),
        ("Comment calculez-vous les primes ?", FRENCH[13]),
        ("publierez vous les resultats de l enquete", FRENCH[15]),
    ];

    #[test]
    fn the_same_question_in_other_words_is_found() {
        let both = [&ENGLISH[..], &FRENCH[..]].concat();
        for texts in [&ENGLISH[..], &FRENCH[..], &both[..]] {
            let similar = index(texts);
            for (asked, meant) in REPHRASED {
                if let Some(place) = texts.iter().position(|text| *text == meant) {
                    assert_eq!(found(&similar, asked).first(), Some(&place), "{asked}");
                }
            }
        }
    }

    #[test]
    fn what_asks_about_something_else_is_not() {
        let similar = index(&[&ENGLISH[..], &FRENCH[..]].concat());
        for asked in [
            "What is your favourite book?",
            "When is the next break?",
            "Why is there no coffee this year?",
            "Will there be a recording?",
            "How do you see the future of the company?",
            "What do you think about the new law?",
            "Is it going to rain?",
            "Can you speak louder?",
            "Quelle est votre position sur la guerre ?",
            "Quand aura lieu la prochaine pause ?",
            "Pourquoi n'y a-t-il pas de café ?",
            "Est-ce que vous pouvez parler plus fort ?",
            "Que pensez-vous de la nouvelle loi ?",
            "Wie geht es weiter?",
            "why?",
            "?",
            "",
        ] {
            let found: Vec<_> = found(&similar, asked);
            assert_eq!(found, Vec::<usize>::new(), "{asked}");
        }
    }

    #[test]
    fn the_most_alike_comes_first_and_no_more_than_three_come() {
        let texts = [
            "When will the garage be open?",
            "When will the parking garage be finished?",
            "Is the parking garage finished?",
            "Parking garage: finished when?",
            "Will the parking garage be finished by May?",
        ];
        let similar = index(&texts);
        let found = found(&similar, "When will the parking garage be finished?");
        assert_eq!(found.len(), MAX_SIMILAR);
        assert!(!found.contains(&0), "{found:?}");
    }

    #[test]
    fn the_index_follows_the_forum() {
        let mut forum = Forum::new(Arc::default(), [post(1, ENGLISH[1])]);
        let mut similar = Similar::default();
        let mut asked = |forum: &Forum, text: &str| {
            refresh(&mut similar, forum);
            found(&similar, text)
        };
        assert_eq!(asked(&forum, ENGLISH[1]), [1]);
        forum.apply(&ForumChange::Post(post(2, ENGLISH[12])));
        assert_eq!(asked(&forum, ENGLISH[12]), [2]);
        // Reworded, merged and hidden ones.
        forum.apply(&ForumChange::Post(Arc::new(Post { version: 3, ..(*post(1, ENGLISH[15])).clone() })));
        assert_eq!((asked(&forum, ENGLISH[1]), asked(&forum, ENGLISH[15])), (vec![], vec![1]));
        let fields =
            PostFields { merged_into: Some(PostId::new(1)), ..forum.post(PostId::new(2)).unwrap().fields.clone() };
        forum.apply(&ForumChange::Post(Arc::new(Post { version: 4, fields, ..(*post(2, "")).clone() })));
        assert_eq!(asked(&forum, ENGLISH[12]), Vec::<usize>::new());
        forum.apply(&ForumChange::Post(Arc::new(Post {
            version: 5,
            fields: PostFields::new(ENGLISH[15].to_owned(), Queue::Review, 0),
            ..(*post(1, "")).clone()
        })));
        assert_eq!(asked(&forum, ENGLISH[15]), Vec::<usize>::new());
        assert!(similar.places.is_empty() && similar.posts.is_empty());
    }
}
