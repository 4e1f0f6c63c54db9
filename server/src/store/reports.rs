//! Reports of the network test, and the key that signs them.

use parterre_protocol::Millis;

use super::{Store, StoreError, retry::Repeat, sql::on};

/// A report as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Report {
    /// Its secret name.
    pub id: String,
    /// When it was made.
    pub made_at: Millis,
    /// What was signed, byte for byte.
    pub document: String,
    /// The signature, in base64.
    pub signature: String,
}

impl Store {
    /// The key for this purpose: the one that is kept, or else this one from now on. All who ask get the same.
    pub async fn signing_key(&self, purpose: &str, made: &str, now: Millis) -> Result<String, StoreError> {
        self.insist(Repeat::Safe, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute(
                "INSERT INTO signing_keys (purpose, secret, made_at) VALUES ($1, $2, $3) ON CONFLICT (purpose) DO NOTHING",
                purpose,
                made,
                now,
            ))?;
            let (secret,) =
                on!(tx.fetch_one::<(String,)>("SELECT secret FROM signing_keys WHERE purpose = $1", purpose))?;
            tx.commit().await?;
            Ok(secret)
        })
        .await
    }

    /// Keeps a report, and of all reports the newest `most` that were made since `since`.
    pub async fn add_report(&self, report: &Report, since: Millis, most: u32) -> Result<(), StoreError> {
        self.insist(Repeat::Safe, || async {
            let mut tx = self.begin().await?;
            on!(tx.execute(
                "INSERT INTO netcheck_reports (id, made_at, document, signature) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (id) DO NOTHING",
                &report.id,
                report.made_at,
                &report.document,
                &report.signature,
            ))?;
            on!(tx.execute(
                "DELETE FROM netcheck_reports WHERE made_at < $1 OR id NOT IN
                 (SELECT id FROM netcheck_reports ORDER BY made_at DESC, id LIMIT $2)",
                since,
                i64::from(most),
            ))?;
            tx.commit().await
        })
        .await
    }

    /// The report with this name, if it was made since then.
    pub async fn report(&self, id: &str, since: Millis) -> Result<Option<Report>, StoreError> {
        let mut db = self.reader().await?;
        Ok(on!(db.fetch_optional::<Report>(
            "SELECT id, made_at, document, signature FROM netcheck_reports WHERE id = $1 AND made_at >= $2",
            id,
            since,
        ))?)
    }
}
