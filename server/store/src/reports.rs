//! Reports of the network test, and the key that signs them.

use parterre_protocol::Millis;

use super::{
    JobStep, Progress, Store, StoreError,
    jobs::settle,
    retry::Idempotency,
    sql::{Tx, query},
};

/// A report as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its secret name.
    pub id: String,
    /// When it was made.
    pub made_at: Millis,
    /// What was signed, byte for byte.
    pub document: String,
    /// The signature, in base64.
    pub signature: String,
    /// What speaks for keeping it.
    pub standing: ReportStanding,
    /// What tells its maker from others; `None` if that is not known.
    pub maker: Option<String>,
}

/// What speaks for keeping a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportStanding {
    /// Nothing: anybody makes any number of them.
    Anonymous,
    /// Somebody else than its maker has opened it.
    Opened,
    /// A facilitator has made it.
    Facilitator,
}

impl ReportStanding {
    const fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Opened => "opened",
            Self::Facilitator => "facilitator",
        }
    }
}

/// Which reports are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptReports {
    /// Those that were made since then.
    pub since: Millis,
    /// The maximum number; half of them for anonymous reports, half for others.
    pub most: u32,
    /// The maximum total size in bytes; split likewise.
    pub bytes: u64,
}

row! {
    struct ReportRow {
        id: String,
        made_at: Millis,
        document: String,
        signature: String,
        standing: String,
        maker: Option<String>,
    }
}

impl TryFrom<ReportRow> for Report {
    type Error = StoreError;

    fn try_from(row: ReportRow) -> Result<Self, StoreError> {
        let known = [ReportStanding::Anonymous, ReportStanding::Opened, ReportStanding::Facilitator];
        let standing = known.into_iter().find(|standing| standing.name() == row.standing);
        let standing = standing.ok_or(StoreError::Unreadable("the measurements of a report"))?;
        let ReportRow { id, made_at, document, signature, maker, .. } = row;
        Ok(Self { id, made_at, document, signature, standing, maker })
    }
}

impl Store {
    /// The key for this purpose: the one that is kept, or else this one from now on. All who ask
    /// get the same.
    pub async fn signing_key(&self, purpose: &str, made: &str, now: Millis) -> Result<String, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "INSERT INTO signing_keys (purpose, secret, made_at) VALUES ($1, $2, $3) ON CONFLICT (purpose) DO NOTHING",
                purpose,
                made,
                now,
            ))?;
            let (secret,) =
                query!(tx.fetch_one::<(String,)>("SELECT secret FROM signing_keys WHERE purpose = $1", purpose))?;
            tx.commit().await?;
            Ok(secret)
        })
        .await
    }

    /// Stores a report and deletes those beyond the limits. Storing the same report again changes
    /// nothing.
    pub async fn add_report(&self, report: &Report, kept: KeptReports) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "INSERT INTO netcheck_reports (id, made_at, document, signature, standing, maker, bytes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (id) DO NOTHING",
                &report.id,
                report.made_at,
                &report.document,
                &report.signature,
                report.standing.name(),
                report.maker.as_deref(),
                report.document.len() as i64,
            ))?;
            prune(&mut tx, kept).await?;
            tx.commit().await
        })
        .await
    }

    /// Deletes expired reports. The limit on their number is small enough for one batch.
    pub async fn forget_reports(&self, kept: KeptReports, step: &JobStep) -> Result<Progress, StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            prune(&mut tx, kept).await?;
            settle(tx, step, false).await
        })
        .await
    }

    /// Notes that somebody else than its maker has opened a report.
    pub async fn note_report_opened(&self, id: &str) -> Result<(), StoreError> {
        self.with_retry(Idempotency::Safe, || async {
            let mut tx = self.begin().await?;
            query!(tx.execute(
                "UPDATE netcheck_reports SET standing = 'opened' WHERE id = $1 AND standing = 'anonymous'",
                id,
            ))?;
            tx.commit().await
        })
        .await
    }

    /// The report with this name, if it was made since then.
    pub async fn report(&self, id: &str, since: Millis) -> Result<Option<Report>, StoreError> {
        let mut db = self.reader().await?;
        let found = query!(db.fetch_optional::<ReportRow>(
            "SELECT id, made_at, document, signature, standing, maker FROM netcheck_reports
             WHERE id = $1 AND made_at >= $2",
            id,
            since,
        ))?;
        found.map(Report::try_from).transpose()
    }
}

/// Deletes what is too old, and of each half what is beyond it: the oldest first, and of those that
/// are not anonymous what was only opened before what facilitators have made, since anybody can
/// open from elsewhere what they have made.
async fn prune(tx: &mut Tx, kept: KeptReports) -> Result<(), StoreError> {
    query!(tx.execute(
        "DELETE FROM netcheck_reports WHERE made_at < $1 OR id IN
         (SELECT id FROM
             (SELECT id, ROW_NUMBER() OVER newest AS place, SUM(bytes) OVER newest AS bytes_so_far
              FROM netcheck_reports WHERE made_at >= $1
              WINDOW newest AS (PARTITION BY CASE standing WHEN 'anonymous' THEN 0 ELSE 1 END
                                ORDER BY CASE standing WHEN 'facilitator' THEN 0 ELSE 1 END, made_at DESC, id))
             AS ranked
          WHERE place > $2 OR bytes_so_far > $3)",
        kept.since,
        i64::from(kept.most.div_ceil(2)),
        i64::try_from(kept.bytes / 2).unwrap_or(i64::MAX),
    ))?;
    Ok(())
}
