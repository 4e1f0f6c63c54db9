//! Password guesses. They are counted here, so that all nodes count together, and each guess is
//! counted before its password is checked.

use parterre_domain::{
    guessing::{self, Brake, Counter},
    ids::MemberId,
    member::Email,
};
use parterre_protocol::Millis;

use super::{
    Store, StoreError, columns,
    retry::Idempotency,
    sql::{Tx, query},
};

/// Under which keys a guess is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guess {
    /// The guesser's own, which is held back as [`guessing::OWN`].
    pub own: String,
    /// Those that it shares with others, in the order of the alphabet, and how they hold back. All
    /// come before the own one.
    pub shared: Vec<(String, Brake)>,
    /// The member whose account is guessed, if the account exists. The member is told about failed
    /// attempts.
    pub email: Option<Email>,
}

impl Guess {
    fn brakes(&self) -> impl DoubleEndedIterator<Item = (&str, Brake)> {
        self.shared.iter().map(|(key, brake)| (key.as_str(), *brake)).chain([(self.own.as_str(), guessing::OWN)])
    }

    /// The counters after the guess, or for how long it is held back.
    fn judge(&self, mut counters: Vec<Counter>, now: Millis) -> Result<Vec<Counter>, Millis> {
        let own = counters.pop().unwrap_or_default();
        let shared: Vec<_> = self.shared.iter().map(|(_, brake)| *brake).zip(counters).collect();
        guessing::count(&shared, (guessing::OWN, own), now)
    }
}

row! {
    struct CounterRow {
        failures: i64,
        last_at: Millis,
        until_at: Millis,
    }
}

impl From<CounterRow> for Counter {
    fn from(row: CounterRow) -> Self {
        Self { failures: columns::count(row.failures), last_at: row.last_at, until_at: row.until_at }
    }
}

impl Store {
    /// What is counted under this key.
    pub async fn guesses(&self, key: &str) -> Result<Counter, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<CounterRow>(
            "SELECT failures, last_at, until_at FROM login_failures WHERE key = $1",
            key,
        ))?;
        Ok(found.map_or_else(Counter::default, Counter::from))
    }

    /// For how long a guess is held back just now, without counting it: a look that costs no lock,
    /// for the many who come while there is a wait.
    pub async fn held_back(&self, guess: &Guess, now: Millis) -> Result<Option<Millis>, StoreError> {
        let mut counters = Vec::new();
        for (key, _) in guess.brakes() {
            counters.push(self.guesses(key).await?);
        }
        Ok(guess.judge(counters, now).err())
    }

    /// Counts a guess before its password is checked, or returns how long it must wait, in which
    /// case nothing is counted. Concurrent guesses cannot exceed the limit, on any number of nodes,
    /// because each holds the rows of its counters until it is done.
    pub async fn count_guess(&self, guess: &Guess, now: Millis) -> Result<Result<(), Millis>, StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let mut counters = Vec::new();
            for (key, _) in guess.brakes() {
                counters.push(locked(&mut tx, key).await?);
            }
            let counted = match guess.judge(counters, now) {
                Ok(counted) => counted,
                Err(wait) => return Ok(Err(wait)),
            };
            for ((key, _), counter) in guess.brakes().zip(counted) {
                keep(&mut tx, key, counter).await?;
            }
            if let Some(email) = &guess.email {
                query!(tx.execute(
                    "INSERT INTO failed_sign_ins (member_id, attempts, since_at)
                     SELECT id, 1, $2 FROM members WHERE email = $1
                     ON CONFLICT (member_id) DO UPDATE SET attempts = failed_sign_ins.attempts + 1",
                    email.as_str(),
                    now,
                ))?;
            }
            tx.commit().await?;
            Ok(Ok(()))
        })
        .await
    }

    /// The guess was right: the guesser's own failures are forgotten, and it is as if this one had
    /// not been counted.
    pub async fn take_back_guess(&self, guess: &Guess) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            for (key, brake) in &guess.shared {
                let counter = locked(&mut tx, key).await?;
                keep(&mut tx, key, brake.take_back(counter)).await?;
            }
            query!(tx.execute("DELETE FROM login_failures WHERE key = $1", &guess.own))?;
            if let Some(email) = &guess.email {
                query!(tx.execute(
                    "UPDATE failed_sign_ins SET attempts = attempts - 1
                     WHERE attempts > 0 AND member_id = (SELECT id FROM members WHERE email = $1)",
                    email.as_str(),
                ))?;
            }
            tx.commit().await
        })
        .await
    }

    /// How many attempts to sign in to a member's account have failed that the member has not
    /// dismissed, and since when.
    pub async fn failed_sign_ins(&self, member: MemberId) -> Result<Option<(u32, Millis)>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<(i64, Millis)>(
            "SELECT attempts, since_at FROM failed_sign_ins WHERE member_id = $1 AND attempts > 0",
            member.uuid(),
        ))?;
        Ok(found.map(|(attempts, since)| (columns::count(attempts), since)))
    }

    /// The member has been shown this many failed attempts. Attempts made meanwhile are shown next
    /// time.
    pub async fn dismiss_failed_sign_ins(
        &self,
        member: MemberId,
        attempts: u32,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Unsure, || async {
            let mut tx = self.begin().await?;
            let more = query!(tx.execute(
                "UPDATE failed_sign_ins SET attempts = attempts - $2, since_at = $3
                 WHERE member_id = $1 AND attempts > $2",
                member.uuid(),
                i64::from(attempts),
                now,
            ))?;
            if more == 0 {
                query!(tx.execute("DELETE FROM failed_sign_ins WHERE member_id = $1", member.uuid()))?;
            }
            tx.commit().await
        })
        .await
    }
}

/// A counter, whose row nobody else has until the transaction is over.
async fn locked(tx: &mut Tx, key: &str) -> Result<Counter, StoreError> {
    let row = query!(tx.fetch_one::<CounterRow>(
        "INSERT INTO login_failures (key, failures, last_at, until_at) VALUES ($1, 0, 0, 0)
         ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING failures, last_at, until_at",
        key,
    ))?;
    Ok(row.into())
}

async fn keep(tx: &mut Tx, key: &str, counter: Counter) -> Result<(), StoreError> {
    query!(tx.execute(
        "UPDATE login_failures SET failures = $2, last_at = $3, until_at = $4 WHERE key = $1",
        key,
        i64::from(counter.failures),
        counter.last_at,
        counter.until_at,
    ))?;
    Ok(())
}
